"""The context of a task run: one for each try, as in Airflow, from its first callback to its last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import RunDates
from ..errors import UnsupportedFeatureError
from .common import common_values
from .mapping import Context
from .services import RunServices
from .shared import shared
from .version_keys import Values

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from .._airflow.run_objects import DagRun, TaskInstance
    from .._airflow.version import AirflowVersion


def context_for_task(
    task: Task[..., Any],
    task_run: TaskRun,
    state: State[Any],
    version: AirflowVersion,
    *,
    airflow_state: str = "",
    has_exception: bool = True,
    has_begun: bool = True,
) -> Context:
    """The context of a task run, which its callbacks and its function share while a try goes on.

    Args:
        task: The task.
        task_run: Its run.
        state: The state that the context is about.
        version: The Airflow to be faithful to.
        airflow_state: `ti.state`, where the state doesn't tell.
        has_exception: Whether there is a key `exception`, as in the callbacks at a task's end.
        has_begun: Whether there is a key `templates_dict`, which Airflow adds when the function is called.
    """
    from .._prefect.runs import exception_of

    attempt = shared(task_run, version, task_run.run_count, lambda: TaskAttempt(task, task_run, state, version))
    attempt.tell(state, airflow_state)
    if has_begun:
        attempt.begin()
    if has_exception:
        attempt.context["exception"] = exception_of(state)
    return attempt.context


@dataclass(eq=False)
class TaskAttempt:
    """One try of a task run.

    Attributes:
        task: The task.
        task_run: Its run.
        state: The latest state that a context was asked for.
        version: The Airflow to be faithful to.
        airflow_state: `ti.state`, where the state doesn't tell.
    """

    task: Task[..., Any]
    task_run: TaskRun
    state: State[Any]
    version: AirflowVersion
    airflow_state: str = ""
    _has_begun: bool = False

    @cached_property
    def context(self) -> Context:
        """The context."""
        return Context(self._values, self.version)

    def tell(self, state: State[Any], airflow_state: str) -> None:
        """Have `ti` tell of a state."""
        if (state.id, airflow_state) != (self.state.id, self.airflow_state):
            self.state, self.airflow_state = state, airflow_state
            self.context.find_again({"task_instance": self._task_instance, "ti": lambda: self.context["task_instance"]})

    def begin(self) -> None:
        """The function is called, or was."""
        if not self._has_begun:
            self._has_begun = True
            self.context.find_again({"templates_dict": self._templates_dict})

    def _values(self) -> Values:
        from .._prefect import runs

        values = {
            **common_values(self.context, lambda: self._dates, lambda: self._flow[1], self.version),
            "task_instance": self._task_instance,
            "dag_run": self._dag_run,
            "dag": lambda: runs.dag(*self._flow, task=self.task),
            "task": lambda: runs.airflow_task(self.task, self.context["dag"]),
            "params": self._params,
        }
        if self._has_begun:
            values["templates_dict"] = self._templates_dict
        # Outside a flow it can't be told, as the flow run can't.
        return values if self.task_run.flow_run_id else {**values, "run_id": self._dag_run}

    @cached_property
    def _flow(self) -> tuple[str, FlowRun | None]:
        from .._prefect.runs import flow_of

        return flow_of(self.task_run)

    @cached_property
    def _dates(self) -> RunDates:
        from .._prefect.moments import in_pendulum
        from .._prefect.run_dates import run_dates

        flow_run = self._flow[1]
        if flow_run is not None:
            return run_dates(flow_run, airflow_version=self.version)
        moment = in_pendulum(self.task_run.expected_start_time or self.state.timestamp)
        return RunDates("manual", moment, moment, moment, moment)

    def _dag_run(self) -> DagRun:
        from .._prefect import runs

        name, flow_run = self._flow
        if flow_run is None:
            raise UnsupportedFeatureError(
                f"task {self.task.name!r} ran outside a flow, so there is no dag_run and no run_id; call it in a flow"
            )
        services = RunServices(flow_run, flow_run, name, self.context["run_id"], self.version)
        return runs.dag_run(name, flow_run, self._dates, state=None, version=self.version, services=services)

    def _task_instance(self) -> TaskInstance:
        from .._prefect import map_indexes, runs

        name, flow_run = self._flow
        run_id = self.context["run_id"] if flow_run else ""
        return runs.task_instance(
            self.task_run,
            self.state,
            task=self.context["task"],
            run_id=run_id,
            airflow_state=self.airflow_state,
            map_index=lambda: map_indexes.index_of(self.task_run, self.task),
            dag_run=self.context["dag_run"] if flow_run else None,
            services=RunServices(self.task_run, flow_run, name, run_id, self.version),
        )

    def _params(self) -> dict[str, Any]:
        flow_run = self._flow[1]
        return dict(flow_run.parameters) if flow_run else {}

    def _templates_dict(self) -> None:
        """None, as for a task without the argument, which `airflow_compat.task` refuses."""
