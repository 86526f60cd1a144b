"""What tests beside a real Airflow need: a home for it that is thrown away, and quiet.

Airflow is imported by name, so that nothing of ours imports it where it isn't installed.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Airflow writes to its home when it is imported.
_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = _HOME.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

# They are few, and run seldom.
settings.load_profile("full")


def pytest_configure(config: pytest.Config) -> None:
    # 2.11 warns when a module of its own is imported first, in whichever test that is.
    config.addinivalue_line("filterwarnings", "ignore:Timer and timing metrics publish in seconds")


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> Iterator[None]:
    """Airflow logs each extra that is not JSON, with a traceback."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pytest_unconfigure() -> None:
    _HOME.cleanup()
