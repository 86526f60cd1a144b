"""Looks up, for `ti` and `dag_run`, the run's page in Prefect's UI, its logger, its task instances and its XComs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import TaskInstance
from .._airflow.version import AirflowVersion
from .._prefect.airflow_objects import known_task_instances
from .._prefect.run_logger import logger_of
from .._prefect.runs import run_url
from ..xcom import TaskInstanceAddress, pull, push

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, TaskRun


@dataclass(frozen=True)
class RunServices:
    """What `ti` and `dag_run` look up for one task run or flow run.

    Attributes:
        run: The task run or flow run that `ti` or `dag_run` describes.
        flow_run: The flow run; None if the task was called outside a flow.
        flow: The `Flow` object, if known.
    """

    run: TaskRun | FlowRun
    flow_run: FlowRun | None
    dag_id: str
    run_id: str
    version: AirflowVersion
    flow: Flow[..., Any] | None = None

    def log_url(self) -> str:
        return run_url(self.run)

    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        return logger_of(self.run)

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """Return the flow run's task instances that the server has recorded."""
        if self.flow_run is None:
            return []
        return known_task_instances(self.flow_run.id, dag_id=self.dag_id, run_id=self.run_id, states=states)

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        return pull(self._where(ti), **arguments, airflow_version=self.version)

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        push(self._where(ti), key, value, airflow_version=self.version)

    def _where(self, ti: TaskInstance) -> TaskInstanceAddress:
        return TaskInstanceAddress(
            self.flow_run.id if self.flow_run else None,
            self.dag_id,
            ti.task_id,
            ti.map_index,
            self.run_id or None,
            self.flow,
        )
