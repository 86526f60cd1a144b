"""The context of a flow run: that of the task that it failed of, ended with, or is told of.

Where no task failed, the flow's own body did: `ti` and `task` then stand for the flow, so that no alert is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import Task as AirflowTask
from .common import common_values
from .mapping import Context
from .services import RunServices
from .version_keys import Values

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from .._airflow.data_interval import RunDates
    from .._airflow.run_objects import Dag, DagRun, TaskInstance
    from .._airflow.version import AirflowVersion
    from .._prefect.failed_tasks import EndedTask


@dataclass(frozen=True)
class DistantFlow:
    """A flow whose code is not at hand."""

    name: str
    retries: int = 0
    description: str | None = None


@dataclass(eq=False)
class FlowEvent:
    """What happened to a flow run.

    Attributes:
        flow: The flow, or what is known of it where its code is not at hand.
        flow_run: Its run.
        state: The state that it is in.
        version: The Airflow to be faithful to.
        reason: Airflow's word for how the run ended; empty where it goes on.
        airflow_state: `ti.state`, where the state doesn't tell.
        raised: What was raised, where the state doesn't tell.
        has_exception: Whether there is a key `exception`, which Airflow's own has for tasks only.
        try_number: Which try this is, where the run doesn't tell.
        ended: The task that is told of, where that is known.
    """

    flow: Flow[..., Any] | DistantFlow
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
        """The context."""
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
            "params": lambda: dict(self.flow_run.parameters),
        }

    @property
    def _flow(self) -> Flow[..., Any] | None:
        return None if isinstance(self.flow, DistantFlow) else self.flow

    @cached_property
    def _dates(self) -> RunDates:
        from .._prefect.run_dates import run_dates

        return run_dates(self.flow_run, airflow_version=self.version)

    @cached_property
    def _raised(self) -> BaseException | None:
        from .._prefect.runs import exception_of

        return self.raised or exception_of(self.state)

    @cached_property
    def _exception(self) -> BaseException | None:
        """What was raised; where that only follows from a task that failed, the task's own."""
        from .._prefect.failed_tasks import failed_upstream, is_consequence
        from .._prefect.runs import exception_of

        if not is_consequence(self._raised):
            return self._raised
        cause = failed_upstream(self._raised) or self._ended_task
        return (exception_of(cause.state) if cause else None) or self._raised

    @cached_property
    def _ended_task(self) -> EndedTask | None:
        from .._prefect.failed_tasks import failed_task, last_task

        if self.ended or not self.reason:
            return self.ended
        if self.reason == "success":
            return last_task(self.flow_run.id)
        return failed_task(self._raised, self.flow_run.id, crashed=self.state.is_crashed())

    def _services(self, run: TaskRun | FlowRun) -> RunServices:
        return RunServices(run, self.flow_run, self.flow.name, self.context["run_id"], self.version, self._flow)

    def _dag_run(self) -> DagRun:
        from .._prefect import runs

        services = self._services(self.flow_run)
        return runs.dag_run(
            self.flow.name, self.flow_run, self._dates, state=self.state, version=self.version, services=services
        )

    def _dag(self) -> Dag:
        from .._prefect import runs
        from .._prefect.failed_tasks import task_in_traceback

        # Without asking the server for the task: most who read the DAG want its name.
        ended = self.ended or task_in_traceback(self._raised)
        return runs.dag(self.flow.name, self.flow_run, self._flow, ended.task if ended else None)

    def _task(self) -> AirflowTask:
        from .._prefect import runs

        ended = self._ended_task
        if ended is not None and ended.task is not None:
            return runs.airflow_task(ended.task, self.context["dag"])
        owner = self.context["dag"].owner
        if ended is None:
            name, retries = self.flow.name, self.flow.retries or 0
            return AirflowTask(name, name, retries, doc_md=self.flow.description, owner=owner)
        return AirflowTask(ended.name, self.flow.name, ended.run.empirical_policy.retries or 0, owner=owner)

    def _task_instance(self) -> TaskInstance:
        from .._prefect import map_indexes, runs

        ended = self._ended_task
        run: TaskRun | FlowRun = ended.run if ended else self.flow_run
        # A task that still runs on the server was lost with its process.
        state = ended.state if ended and ended.state.is_final() else self.state
        return runs.task_instance(
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
