"""The context of a task run. Each try has its own context, as in Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import RunDates
from .._prefect import airflow_objects, runs
from .._prefect.datetimes import in_pendulum
from .._prefect.run_dates import run_dates
from ..errors import UnsupportedFeatureError
from ..xcom import _map_indexes as map_indexes
from ._common_values import common_values
from ._lazy_dict import Context
from ._services import RunServices
from ._shared import shared
from ._version_keys import Values

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
    """Return the context that a try's callbacks and function share.

    `airflow_state` is the value of `ti.state`, if it differs from `state`. `has_exception` sets the key `exception`,
    which the callbacks at the end of a task receive. `has_begun` sets the key `templates_dict`, which Airflow adds when
    it calls the function.
    """
    attempt = shared(task_run, version, task_run.run_count, lambda: TaskAttempt(task, task_run, state, version))
    attempt.tell(state, airflow_state)
    if has_begun:
        attempt.begin()
    if has_exception:
        attempt.context["exception"] = runs.exception_of(state)
    return attempt.context


@dataclass(eq=False)
class TaskAttempt:
    """One try of a task run. `state` is the latest state of the task run; `ti` describes it."""

    task: Task[..., Any]
    task_run: TaskRun
    state: State[Any]
    version: AirflowVersion
    airflow_state: str = ""
    _has_begun: bool = False

    @cached_property
    def context(self) -> Context:
        return Context(self._values, self.version)

    def tell(self, state: State[Any], airflow_state: str) -> None:
        """Make `ti` describe this state from now on."""
        if (state.id, airflow_state) != (self.state.id, self.airflow_state):
            self.state, self.airflow_state = state, airflow_state
            self.context.find_again({"task_instance": self._task_instance, "ti": lambda: self.context["task_instance"]})

    def begin(self) -> None:
        """Record that the task's function is called now, by adding the key `templates_dict`."""
        if not self._has_begun:
            self._has_begun = True
            self.context.find_again({"templates_dict": self._templates_dict})

    def _values(self) -> Values:
        values = {
            **common_values(self.context, lambda: self._dates, lambda: self._flow[1], self.version),
            "task_instance": self._task_instance,
            "dag_run": self._dag_run,
            "dag": lambda: airflow_objects.dag(*self._flow, task=self.task),
            "task": lambda: airflow_objects.airflow_task(self.task, self.context["dag"]),
            "params": lambda: dict(self.context["dag"].params),
        }
        if self._has_begun:
            values["templates_dict"] = self._templates_dict
        # If the task runs outside a flow, reading `run_id` raises an error.
        return values if self.task_run.flow_run_id else {**values, "run_id": self._dag_run}

    @cached_property
    def _flow(self) -> tuple[str, FlowRun | None]:
        return runs.flow_of(self.task_run)

    @cached_property
    def _dates(self) -> RunDates:
        flow_run = self._flow[1]
        if flow_run is not None:
            return run_dates(flow_run, airflow_version=self.version)
        moment = in_pendulum(self.task_run.expected_start_time or self.state.timestamp)
        return RunDates("manual", moment, moment, moment, moment)

    def _dag_run(self) -> DagRun:
        name, flow_run = self._flow
        if flow_run is None:
            raise UnsupportedFeatureError(
                f"Task {self.task.name!r} ran outside a flow, so it has no dag_run and no run_id. Call the task in a "
                "flow."
            )
        services = RunServices(flow_run, flow_run, name, self.context["run_id"], self.version)
        return airflow_objects.dag_run(name, flow_run, self._dates, state=None, version=self.version, services=services)

    def _task_instance(self) -> TaskInstance:
        name, flow_run = self._flow
        run_id = self.context["run_id"] if flow_run else ""
        return airflow_objects.task_instance(
            self.task_run,
            self.state,
            task=self.context["task"],
            run_id=run_id,
            airflow_state=self.airflow_state,
            map_index=lambda: map_indexes.index_of(self.task_run, self.task),
            dag_run=self.context["dag_run"] if flow_run else None,
            services=RunServices(self.task_run, flow_run, name, run_id, self.version),
        )

    def _templates_dict(self) -> None:
        """Return None, because `airflow_compat.task` refuses the argument `templates_dict`."""
