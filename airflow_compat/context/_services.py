"""What `ti` and `dag_run` ask for when it is read: the run's page, its log, its neighbours, and XCom."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import TaskInstance
from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, TaskRun

    from ..xcom import Where


@dataclass(frozen=True)
class RunServices:
    """Of one task run or flow run.

    Attributes:
        run: The run that is shown.
        flow_run: The flow run that it is part of, or is; None for a task that was called outside a flow.
        dag_id: The flow's name.
        run_id: Airflow's id of the flow run.
        flow: The flow itself, where it is at hand.
    """

    run: TaskRun | FlowRun
    flow_run: FlowRun | None
    dag_id: str
    run_id: str
    version: AirflowVersion
    flow: Flow[..., Any] | None = None

    def log_url(self) -> str:
        """The run's page in Prefect's UI."""
        from .._prefect.runs import run_url

        return run_url(self.run)

    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """The run's logger."""
        from .._prefect.logs import logger_of

        return logger_of(self.run)

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """The flow run's task runs that the server knows of."""
        from .._prefect.runs import known_task_instances

        if self.flow_run is None:
            return []
        return known_task_instances(self.flow_run.id, dag_id=self.dag_id, run_id=self.run_id, states=states)

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        """See `airflow_compat.xcom.pull`."""
        from ..xcom import pull

        return pull(self._where(ti), **arguments, airflow_version=self.version)

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        """See `airflow_compat.xcom.push`."""
        from ..xcom import push

        push(self._where(ti), key, value, airflow_version=self.version)

    def _where(self, ti: TaskInstance) -> Where:
        from ..xcom import Where

        flow_run_id = self.flow_run.id if self.flow_run else None
        return Where(flow_run_id, self.dag_id, ti.task_id, ti.map_index, self.run_id or None, self.flow)
