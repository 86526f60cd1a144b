"""Answers the requests that a task in an Airflow host sends to its DAG run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..._airflow.graph import UNMAPPED, InstanceKey
from ..._prefect.run_logger import logger_of
from ...operators._hosted.steps import fields_of_previous
from ...xcom import push
from ...xcom._values import KEEPS_HOSTED
from .._task_state import TaskStateStore
from .._xcoms import clear_xcoms

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, TaskRun

    from .._context import InstanceServices
    from .._run import DagRunState

_GROUPS = "::group::", "::endgroup::"


@dataclass(eq=False)
class RunServices:
    """Answers the requests of one task instance.

    Attributes:
        fields: The rendered template fields of the task instance.
    """

    run: DagRunState
    key: InstanceKey
    task_run: TaskRun | FlowRun
    of_instance: InstanceServices
    task_instance: Callable[[], Any]
    fields: dict[str, Any] = field(default_factory=dict)

    def log(self, level: int, logger: str, text: str) -> None:  # noqa: ARG002 - the run's log has no names
        if not text.startswith(_GROUPS):
            logger_of(self.task_run).log(level or logging.INFO, "%s", text)

    def rendered(self, fields: Mapping[str, Any]) -> None:
        self.fields.update(fields)

    def xcom_pull(self, *, dag_id: str | None, run_id: str | None, **arguments: Any) -> Any:
        others = {
            "dag_id": None if dag_id == self.run.dag.dag_id else dag_id,
            "run_id": None if run_id == self.run.run_id else run_id,
        }
        key, version = self.key, self.run.version
        token = KEEPS_HOSTED.set(True)
        try:
            return self.of_instance.pull(key.task_id, key.map_index, {**arguments, **others}, airflow_version=version)
        finally:
            KEEPS_HOSTED.reset(token)

    def xcom_push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        if (task_id, map_index) == self.key:
            self.of_instance.xcom_push(self.task_instance(), key, value)
            return
        where = self.of_instance.address(task_id, map_index)
        push(where, key, value, airflow_version=self.run.version)
        self.run.xcoms.pushed(InstanceKey(task_id, map_index), key)

    def xcom_delete(self, task_id: str, map_index: int, key: str) -> None:
        clear_xcoms(self.run, InstanceKey(task_id, map_index), [key], time.time())

    def length(self, task_id: str) -> int | None:
        return len(self._all_indexes(task_id))

    def map_indexes(self, task_id: str) -> int | list[int] | None:
        found = self.run.progress.map_indexes_for(self.key, task_id)
        if isinstance(found, int):
            return None if found == UNMAPPED else found
        return None if found == self._all_indexes(task_id) else list(found)

    def previous_run(self, state: str | None) -> dict[str, Any] | None:
        return fields_of_previous(self.run.flow_run, state, self.run.version)

    def task_states(self) -> dict[str, str]:
        return {
            key.task_id if key.map_index == UNMAPPED else f"{key.task_id}_{key.map_index}": str(state)
            for key, state in self.run.progress.states.items()
        }

    def keep_state(self, action: str, key: str | None, value: Any, seconds: float | None) -> Any:
        store = TaskStateStore(self.run.records.objects, self.key)
        match action, key:
            case "get", str():
                return store.get(key)
            case "set", str():
                store.set(key, value, retention=None if seconds is None else timedelta(seconds=seconds))
            case "delete", str():
                store.delete(key)
            case "clear", _:
                store.clear()
        return None

    def _all_indexes(self, task_id: str) -> tuple[int, ...]:
        found = self.run.progress.map_indexes_for(InstanceKey(self.key.task_id), task_id)
        return () if isinstance(found, int) else tuple(found)
