"""Run Apache Airflow DAG code inside Prefect 3 flows, piece by piece.

Names are loaded on first use (PEP 562), because `import prefect` takes about a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .blocks import AirflowConnection
    from .callbacks import on_execute, on_failure, on_retry, on_skipped, on_success, state_hook
    from .connections import BaseHook, Connection, aget_connection, aload_block, get_connection, load_block
    from .context import get_current_context
    from .errors import AirflowCompatError, UnsupportedFeatureWarning
    from .notifiers import BaseNotifier
    from .options import task
    from .pools import pool
    from .variables import Variable

__version__ = "0.1.0"

__all__ = [
    "AirflowCompatError", "AirflowConnection", "BaseHook", "BaseNotifier", "Connection", "UnsupportedFeatureWarning",
    "Variable", "aget_connection", "aload_block", "get_connection", "get_current_context", "load_block", "on_execute",
    "on_failure", "on_retry", "on_skipped", "on_success", "pool", "state_hook", "task",
]  # fmt: skip

_NAMES = {
    "blocks": "AirflowConnection",
    "callbacks": "on_execute on_failure on_retry on_skipped on_success state_hook",
    "connections": "BaseHook Connection aget_connection aload_block get_connection load_block",
    "context": "get_current_context",
    "errors": "AirflowCompatError UnsupportedFeatureWarning",
    "notifiers": "BaseNotifier",
    "options": "task",
    "pools": "pool",
    "variables": "Variable",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
