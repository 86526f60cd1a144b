"""The objects in a context as data: `ti`, `dag_run`, `dag` and `task`.

They have the attributes that are true of a Prefect run. Any other attribute is an error that says so, never None.
What needs a server, or costs something to find out, comes from the `Services` that they are given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from .context import Strict, missing_attribute
from .told_arguments import DEFAULT_OWNER

# None means all of them in Airflow, so that it can't stand for what was left out.
_NOT_GIVEN: Final[Any] = object()


class Services(Protocol):
    """What the objects ask for when it is read."""

    def log_url(self) -> str:
        """The run's page in Prefect's UI."""

    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """The run's logger."""

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """The flow run's task runs; only those in these states, if any are given."""

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        """What another task pushed."""

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        """Keep a value for other tasks."""


class TaskInstanceKey(NamedTuple):
    """`ti.key`."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1


class _Told(Strict):
    """Has the arguments that its author gave as attributes too.

    Attributes:
        told: The arguments, by name.
    """

    told: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        # Not by `self.told`, which isn't there yet in a copy that is being made.
        told = self.__dict__.get("told", {})
        return told[name] if name in told else super().__getattr__(name)


@dataclass(frozen=True)
class Dag(_Told):
    """`context["dag"]`: the flow, as a DAG."""

    dag_id: str
    description: str | None = None
    tags: tuple[str, ...] = ()
    fileloc: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    owner: str = DEFAULT_OWNER
    told: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def doc_md(self) -> str | None:
        """The DAG's own, or the flow's description."""
        found: str | None = self.told.get("doc_md", self.description)
        return found

    @property
    def dag_display_name(self) -> str:
        """The DAG's own, or the flow's name."""
        return str(self.told.get("dag_display_name") or self.dag_id)


@dataclass(frozen=True)
class Task(_Told):
    """`context["task"]`: the Prefect task, as an operator. `retry_delay` is None where each retry has its own."""

    task_id: str
    dag_id: str
    retries: int = 0
    retry_delay: timedelta | None = None
    execution_timeout: timedelta | None = None
    doc_md: str | None = None
    owner: str = DEFAULT_OWNER
    told: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def task_display_name(self) -> str:
        """The task's own, or its name."""
        return str(self.told.get("task_display_name") or self.task_id)


@dataclass(frozen=True)
class DagRun(Strict):
    """`context["dag_run"]`: the flow run. `conf` holds its parameters."""

    dag_id: str
    run_id: str
    run_type: str
    logical_date: datetime
    start_date: datetime | None = None
    conf: Mapping[str, Any] = field(default_factory=dict, repr=False)
    end_date: datetime | None = None
    state: str = "running"
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: datetime | None = None
    services: Services | None = field(default=None, repr=False, compare=False)

    @property
    def execution_date(self) -> datetime:
        """Airflow 2's name of the logical date."""
        return self.logical_date

    @property
    def external_trigger(self) -> bool:
        """Whether somebody triggered the run."""
        return self.run_type == "manual"

    def get_state(self) -> str:
        """The run's state."""
        return self.state

    def get_task_instances(self, state: str | Iterable[str] | None = None) -> list[TaskInstance]:
        """The run's task instances, as far as the server knows of them; only those in a state, or in one of several."""
        states = [state] if isinstance(state, str) else state
        return self.services.task_instances(states) if self.services else []

    def get_task_instance(self, task_id: str, *, map_index: int = -1) -> TaskInstance | None:
        """The task instance of this id, or None; of several, the latest."""
        found = [ti for ti in self.get_task_instances() if ti.task_id == task_id and map_index in (-1, ti.map_index)]
        return found[-1] if found else None


@dataclass(frozen=True)
class TaskInstance(Strict):
    """`context["ti"]`: the task run.

    Attributes:
        try_number: Which try this is, from 1 on.
        max_tries: How many retries there may be, as in Airflow: one less than the tries.
        numbered: The `map_index`, or what finds it.
        hostname: The machine that it ran on.
    """

    task_id: str
    dag_id: str
    run_id: str
    try_number: int
    max_tries: int
    state: str
    start_date: datetime | None
    end_date: datetime | None
    numbered: int | Callable[[], int] = -1
    hostname: str = ""
    task: Task | None = field(default=None, repr=False, compare=False)
    dag_run: DagRun | None = field(default=None, repr=False, compare=False)
    services: Services | None = field(default=None, repr=False, compare=False)

    @property
    def duration(self) -> float | None:
        """The seconds between start and end; None when either is unknown."""
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()

    @property
    def map_index(self) -> int:
        """Its number among those that one call of `task.map` made, from 0 on; -1 for one that was called by itself."""
        return self.numbered() if callable(self.numbered) else self.numbered

    @property
    def key(self) -> TaskInstanceKey:
        """What tells it from all others."""
        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def log_url(self) -> str:
        """The run's page in Prefect's UI."""
        return self._served_by().log_url()

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """The run's logger."""
        return self._served_by().log()

    @property
    def logical_date(self) -> datetime:
        """The flow run's logical date."""
        return self.get_dagrun().logical_date

    @property
    def execution_date(self) -> datetime:
        """Airflow 2's name of the logical date."""
        return self.get_dagrun().logical_date

    def current_state(self) -> str:
        """The state."""
        return self.state

    def get_dagrun(self) -> DagRun:
        """The flow run, by Airflow 2's name for it."""
        return self.dag_run or missing_attribute(self, "dag_run")

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep a value for other tasks of this flow run; see `airflow_compat.xcom`.

        Args:
            key: Its name, as `xcom_pull` asks for it.
            value: What Airflow's XCom takes.
        """
        self._served_by().xcom_push(self, key, value)

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str | None = "return_value",
        include_prior_dates: bool = False,
        *,
        map_indexes: int | Iterable[int] | None = _NOT_GIVEN,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """What tasks of this flow run pushed or returned; see `airflow_compat.xcom`.

        Args:
            task_ids: The task, or several.
            dag_id: Another flow.
            key: The value's name.
            include_prior_dates: Whether earlier runs are looked through too.
            map_indexes: Of a mapped task, which of its runs.
            default: What there is to be where nothing was pushed.
            run_id: Another run.
        """
        arguments = {
            "task_ids": task_ids,
            "dag_id": dag_id,
            "key": key,
            "include_prior_dates": include_prior_dates,
            "default": default,
            "run_id": run_id,
        }
        if map_indexes is not _NOT_GIVEN:
            arguments["map_indexes"] = map_indexes
        return self._served_by().xcom_pull(self, arguments)

    def _served_by(self) -> Services:
        return self.services or missing_attribute(self, "services")
