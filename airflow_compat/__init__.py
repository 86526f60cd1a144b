"""Run Apache Airflow DAG code inside Prefect 3 flows, piece by piece. This file is the table of contents.

Names are loaded when they are first touched (PEP 562), because `import prefect` takes about a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .blocks import AirflowConnection
    from .callbacks import on_failure
    from .connections import BaseHook, Connection, aget_connection, aload_block, get_connection, load_block
    from .errors import AirflowCompatError, UnsupportedFeatureWarning
    from .pools import pool
    from .variables import Variable

__version__ = "0.1.0"

__all__ = [
    "AirflowCompatError",
    "AirflowConnection",
    "BaseHook",
    "Connection",
    "UnsupportedFeatureWarning",
    "Variable",
    "aget_connection",
    "aload_block",
    "get_connection",
    "load_block",
    "on_failure",
    "pool",
]

_HOMES = {
    "AirflowCompatError": "errors",
    "AirflowConnection": "blocks",
    "BaseHook": "connections",
    "Connection": "connections",
    "UnsupportedFeatureWarning": "errors",
    "Variable": "variables",
    "aget_connection": "connections",
    "aload_block": "connections",
    "get_connection": "connections",
    "load_block": "connections",
    "on_failure": "callbacks",
    "pool": "pools",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
