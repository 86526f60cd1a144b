"""An operator as teams write it, a context, and DAGs for the tests of the authoring classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

from airflow_compat.authoring import DAG, BaseOperator

DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)


class Op(BaseOperator):
    """Returns its command."""

    template_fields = ("cmd", "env")
    template_ext = (".sql",)

    def __init__(self, *, cmd: Any = None, env: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cmd, self.env = cmd, env

    def execute(self, context: Any) -> Any:
        return self.cmd


def dag(**arguments: Any) -> DAG:
    return DAG("d", **{"schedule": None, "start_date": DAY, **arguments})


def edges(graph: DAG) -> list[str]:
    return sorted(f"{task.task_id} > {below}" for task in graph.tasks for below in task.downstream_task_ids)


def context_of(task: Any, *, results: Mapping[str, Any] | None = None, map_index: int = -1) -> Any:
    """A context with a task instance that knows results and remembers what is pushed."""
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(
        task=task,
        map_index=map_index,
        pushed=pushed,
        xcom_push=lambda key, value: pushed.update({key: value}),
        xcom_pull=lambda task_ids, key: (results or {})[task_ids],
    )
    return {"ti": ti, "params": {}, "dag_run": SimpleNamespace(conf={}), "ds": "2024-01-01"}
