"""Stand-ins for constants with Airflow's version, and for names of `typing` that Airflow's modules re-export."""

from __future__ import annotations

from typing import Literal, ParamSpec, Protocol, TypeAlias, TypedDict, TypeGuard, runtime_checkable

from typing_extensions import Self, Unpack, assert_never

from ... import macros
from . import timezone

__all__ = [
    "Literal",
    "ParamSpec",
    "Protocol",
    "Self",
    "TypeAlias",
    "TypeGuard",
    "TypedDict",
    "Unpack",
    "assert_never",
    "macros",
    "runtime_checkable",
    "timezone",
]

VERSION_2 = "2.11.0"
VERSION_3 = "3.3.2"
SDK_VERSION = "1.3.2"
