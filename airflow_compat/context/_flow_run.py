"""The context of a flow run.

The keys `ti` and `task` describe the task that failed, the task that ended last, or the task that the event concerns.
If no task failed but the flow's own code did, these keys describe the flow, so that callbacks still work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._prefect import airflow_objects, map_indexes, runs
from .._prefect.failed_tasks import (
    EndedTask,
    failed_task,
    failed_upstream,
    is_consequence,
    last_task,
    task_in_traceback,
)
from .._prefect.raised_errors import raised_by
from .._prefect.run_dates import run_dates
from ._common_values import common_values
from ._lazy_dict import Context
from ._services import RunServices
from ._version_keys import Values

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from .._airflow.data_interval import RunDates
    from .._airflow.run_objects import Dag, DagRun, Task, TaskInstance
    from .._airflow.version import AirflowVersion


@dataclass(frozen=True)
class RemoteFlow:
    """Represents a flow whose code is not available in this process."""

    name: str
    retries: int = 0
    description: str | None = None


@dataclass(eq=False)
class FlowEvent:
    """An event of a flow run. The optional attributes contain facts that are neither in the state nor in the run.

    Attributes:
        reason: The value of the context's key `reason`: how the run ended, in Airflow's words; empty while the run
            continues.
        airflow_state: The value of `ti.state` in the context.
        raised: The run's exception.
        has_exception: Whether the context has a key `exception`; in Airflow, only contexts of tasks do.
        ended: The task that the event concerns.
    """

    flow: Flow[..., Any] | RemoteFlow
    flow_run: FlowRun
    state: State[Any]
    version: AirflowVersion
    reason: str = ""
    airflow_state: str = ""
    raised: BaseException | None = None
    has_exception: bool = False
    try_number: int | None = None
    ended: EndedTask | None = None

    @cached_property
    def context(self) -> Context:
        context = Context(self._values, self.version)
        if self.has_exception:
            context["exception"] = self._exception
        if self.reason:
            context["reason"] = self.reason
        return context

    def _values(self) -> Values:
        return {
            **common_values(self.context, lambda: self._dates, lambda: self.flow_run, self.version),
            "task_instance": self._task_instance,
            "dag_run": self._dag_run,
            "dag": self._dag,
            "task": self._task,
            "params": lambda: dict(self.context["dag"].params),
        }

    @property
    def _flow(self) -> Flow[..., Any] | None:
        return None if isinstance(self.flow, RemoteFlow) else self.flow

    @cached_property
    def _dates(self) -> RunDates:
        return run_dates(self.flow_run, airflow_version=self.version)

    @cached_property
    def _raised(self) -> BaseException | None:
        return self.raised or runs.exception_of(self.state)

    @cached_property
    def _exception(self) -> BaseException | None:
        """Return the run's exception or, if Prefect raised it only because a task failed, the task's exception."""
        if not is_consequence(self._raised):
            return self._raised
        cause = failed_upstream(self._raised) or self._ended_task
        if cause is None:
            return self._raised
        return raised_by(cause.run, self.flow_run) or runs.exception_of(cause.state) or self._raised

    @cached_property
    def _ended_task(self) -> EndedTask | None:
        if self.ended or not self.reason:
            return self.ended
        if self.reason == "success":
            return last_task(self.flow_run.id)
        return failed_task(self._raised, self.flow_run.id, crashed=self.state.is_crashed())

    def _services(self, run: TaskRun | FlowRun) -> RunServices:
        return RunServices(run, self.flow_run, self.flow.name, self.context["run_id"], self.version, self._flow)

    def _dag_run(self) -> DagRun:
        return airflow_objects.dag_run(
            self.flow.name,
            self.flow_run,
            self._dates,
            state=self.state,
            version=self.version,
            services=self._services(self.flow_run),
        )

    def _dag(self) -> Dag:
        # The server is not asked for the task yet, because most code only needs the DAG's name.
        ended = self.ended or task_in_traceback(self._raised)
        return airflow_objects.dag(self.flow.name, self.flow_run, self._flow, ended.task if ended else None)

    def _task(self) -> Task:
        ended = self._ended_task
        if ended is not None and ended.task is not None:
            return airflow_objects.airflow_task(ended.task, self.context["dag"])
        dag = self.context["dag"]
        if ended is None:
            return airflow_objects.task_of_dag(self.flow.name, dag, self.flow.retries or 0, self.flow.description)
        return airflow_objects.task_of_dag(ended.name, dag, ended.run.empirical_policy.retries or 0)

    def _task_instance(self) -> TaskInstance:
        ended = self._ended_task
        run: TaskRun | FlowRun = ended.run if ended else self.flow_run
        # If the server shows a task as running, the task ended when its process died.
        state = ended.state if ended and ended.state.is_final() else self.state
        return airflow_objects.task_instance(
            run,
            state,
            task=self.context["task"],
            run_id=self.context["run_id"],
            airflow_state=self.airflow_state,
            try_number=None if ended else self.try_number,
            map_index=map_indexes.known_index(ended.run) if ended else map_indexes.UNMAPPED,
            dag_run=self.context["dag_run"],
            services=self._services(run),
        )
