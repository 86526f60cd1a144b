"""Data classes for the objects of a task's context: `ti`, `dag_run`, `dag` and `task`.

Attributes that don't apply to a Prefect run raise an error. `Services` looks up values that need a server or take time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from .author_arguments import DEFAULT_OWNER
from .context_keys import StrictAttributes, missing_attribute

# `map_indexes=None` means "all" in Airflow, so another value marks an omitted argument.
_NOT_GIVEN: Final[Any] = object()


class Services(Protocol):
    """Looks up values of the task's context when they are read."""

    def log_url(self) -> str:
        """Return the URL of the run's page in Prefect's UI."""

    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]: ...

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """Return the flow run's task runs, optionally only those in the given states."""

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        """Return a value that another task pushed."""

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        """Store a value for other tasks."""


class TaskInstanceKey(NamedTuple):
    """`ti.key`."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1


class _Told(StrictAttributes):
    """Base class of objects whose attributes include the arguments that the DAG's author wrote.

    Attributes:
        told: The arguments that the DAG's author wrote, by name.
    """

    told: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        # `self.told` would recurse while a copy is being created.
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
        """The DAG's own `doc_md`, or the flow's description."""
        found: str | None = self.told.get("doc_md", self.description)
        return found

    @property
    def dag_display_name(self) -> str:
        return str(self.told.get("dag_display_name") or self.dag_id)


@dataclass(frozen=True)
class Task(_Told):
    """`context["task"]`: the Prefect task, as an operator. `retry_delay` is None if the retries' delays differ."""

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
        return str(self.told.get("task_display_name") or self.task_id)


@dataclass(frozen=True)
class DagRun(StrictAttributes):
    """`context["dag_run"]`: the flow run. `conf` contains the run's parameters.

    Attributes:
        is_test: Whether `dag.test()` made the run. Airflow does not mark a run of `dag.test()` as externally triggered,
            although its type is "manual".
    """

    dag_id: str
    run_id: str
    run_type: str
    logical_date: datetime | None
    start_date: datetime | None = None
    conf: Mapping[str, Any] = field(default_factory=dict, repr=False)
    end_date: datetime | None = None
    state: str = "running"
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: datetime | None = None
    partition_key: str | None = None
    partition_date: datetime | None = None
    is_test: bool = field(default=False, repr=False)
    services: Services | None = field(default=None, repr=False, compare=False)

    @property
    def execution_date(self) -> datetime | None:
        """The logical date, by its Airflow 2 name."""
        return self.logical_date

    @property
    def external_trigger(self) -> bool:
        """Whether the run was triggered manually."""
        return self.run_type == "manual" and not self.is_test

    def get_state(self) -> str:
        return self.state

    def get_task_instances(self, state: str | Iterable[str] | None = None) -> list[TaskInstance]:
        """Return the run's task instances on the server, optionally only those in some states."""
        states = [state] if isinstance(state, str) else state
        return self.services.task_instances(states) if self.services else []

    def get_task_instance(self, task_id: str, *, map_index: int = -1) -> TaskInstance | None:
        """Return the latest task instance with this id, or None."""
        found = [ti for ti in self.get_task_instances() if ti.task_id == task_id and map_index in (-1, ti.map_index)]
        return found[-1] if found else None


@dataclass(frozen=True)
class TaskInstance(StrictAttributes):
    """`context["ti"]`: the task run.

    Attributes:
        try_number: The number of this try, from 1.
        max_tries: The maximum number of retries, as in Airflow: one less than the tries.
        numbered: The `map_index`, or a function that returns it.
        hostname: The machine that the task runs on.
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
        """The seconds between start and end; None if either is unknown."""
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()

    @property
    def map_index(self) -> int:
        """The run's index in its `task.map` call, from 0; -1 for a run that `task.map` did not create."""
        return self.numbered() if callable(self.numbered) else self.numbered

    @property
    def key(self) -> TaskInstanceKey:
        """The unique key of the task instance."""
        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def log_url(self) -> str:
        """The run's page in Prefect's UI."""
        return self._served_by().log_url()

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        return self._served_by().log()

    @property
    def logical_date(self) -> datetime | None:
        return self.get_dagrun().logical_date

    @property
    def execution_date(self) -> datetime | None:
        """The logical date, by its Airflow 2 name."""
        return self.get_dagrun().logical_date

    def current_state(self) -> str:
        return self.state

    def get_dagrun(self) -> DagRun:
        """Return the flow run of this task run."""
        return self.dag_run or missing_attribute(self, "dag_run")

    def xcom_push(self, key: str, value: Any) -> None:
        """Store a value for other tasks of this flow run; see `airflow_compat.xcom`.

        Args:
            key: The key to pass to `xcom_pull`.
            value: A value that Airflow's XCom accepts.
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
        """Return values that tasks of this flow run pushed or returned; see `airflow_compat.xcom`.

        Args:
            task_ids: One or several task ids.
            dag_id: The flow whose tasks' values are read; by default, this flow.
            key: The value's key.
            include_prior_dates: Whether to search earlier runs too.
            map_indexes: The map indexes of those instances of a mapped task whose values are read.
            default: The result if no value was pushed.
            run_id: The flow run whose tasks' values are read; by default, this run.
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
