"""The names of flows that metrics of tasks show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from airflow_compat.metrics import _tasks

if TYPE_CHECKING:
    import pytest


class _Cleared(dict[UUID, str]):
    """Names that another thread clears as soon as a name is stored."""

    def __setitem__(self, key: UUID, value: str) -> None:
        self.clear()


def test_another_thread_may_clear_the_stored_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tasks, "_dag_ids", _Cleared())
    monkeypatch.setattr(_tasks, "flow_of", lambda _: ("etl", None))
    task_run = cast("Any", SimpleNamespace(flow_run_id=uuid4()))
    assert _tasks._dag_id(task_run) == "etl"
