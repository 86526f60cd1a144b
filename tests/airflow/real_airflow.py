"""The real Airflow of this environment; where there is none, the tests that import this are skipped."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

try:
    VERSION = version("apache-airflow")
except PackageNotFoundError:
    pytest.skip("apache-airflow isn't installed", allow_module_level=True)

MAJOR = VERSION.split(".")[0]


def load(module: str) -> Any:
    """A module of Airflow's, which warns of its own past when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(module)
