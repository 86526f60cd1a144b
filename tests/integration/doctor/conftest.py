"""Prefect leaves the modules of the flows that it loads in `sys.modules`: other tests must not find them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def modules_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove the modules of the test's folder after the test."""
    yield
    folder = str(tmp_path_factory.getbasetemp())
    for name, module in sys.modules.copy().items():
        if str(getattr(module, "__file__", "")).startswith(folder):
            del sys.modules[name]
