"""Stores the context of the task instance of a DAG flow that runs in this thread or asyncio task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_running: ContextVar[Any] = ContextVar("airflow_compat_running", default=None)


@contextmanager
def running(context: Any) -> Iterator[None]:
    """Make `get_current_context()` return this context while the `with` block runs."""
    token = _running.set(context)
    try:
        yield
    finally:
        _running.reset(token)


def running_context() -> Any:
    """Return the context of the running task instance; None if no task instance is running."""
    return _running.get()
