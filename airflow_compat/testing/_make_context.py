"""A context without a run: every key that the context of a real one has, made of what the test says."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any, Literal

from .._airflow.context import EXTRA_KEYS, KEYS
from .._airflow.data_interval import RUN_TYPES, RunDates
from .._airflow.run_objects import Dag, DagRun, Task, TaskInstance
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._context.common import common_values
from .._context.mapping import Context
from .._context.version_keys import Values
from .._prefect.moments import in_pendulum, plain
from ..errors import FakeError
from .xcoms import MemoryServices, MemoryXComs

_DEFAULT_DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class FakeTaskInstance(TaskInstance):
    """`context["ti"]` of a test.

    Attributes:
        pushed: What the code has pushed, by its key.
    """

    pushed: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class _Said:
    """What a test says of the run; see `make_context`."""

    task_id: str
    dag_id: str
    logical_date: datetime
    state: str
    exception: BaseException | str | None
    params: Mapping[str, Any]
    xcom: Mapping[Any, Any]
    try_number: int
    max_tries: int
    map_index: int
    run_type: str
    version: AirflowVersion


def make_context(
    task_id: str = "load",
    dag_id: str = "etl",
    *,
    logical_date: datetime | None = None,
    state: str | None = None,
    exception: BaseException | str | None = None,
    params: Mapping[str, Any] | None = None,
    xcom: Mapping[str | tuple[str, str] | tuple[str, str, int], Any] | None = None,
    try_number: int = 1,
    max_tries: int = 0,
    map_index: int = -1,
    run_type: Literal["scheduled", "manual", "backfill"] = "scheduled",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **overrides: Any,
) -> Context:
    """A context to call a callback with: every key of Airflow's, and a `ti` that pulls and pushes in memory.

    `context["ti"].pushed` tells what the code has pushed. `conn` and `var` are those of `fake_connections` and
    `fake_variables`.

    Args:
        task_id: The task that is told of.
        dag_id: Its DAG.
        logical_date: The run's logical date, in UTC if it has no zone; all its dates are this moment. The first of
            January 2026, if it isn't given.
        state: `ti.state`; "failed" with an exception and "running" without, if it isn't given.
        exception: What `context["exception"]` is.
        params: The run's parameters.
        xcom: What other tasks have returned, by their ids: `{"extract": [1, 2]}`; what they have pushed:
            `{("extract", "rows"): 2}`; and of a mapped task, with the map index as third.
        try_number: Which try it is, from 1 on.
        max_tries: How many retries there may be.
        map_index: Its number, if it is of a mapped task.
        run_type: How the run was made.
        airflow_version: Whose keys it has.
        overrides: Keys of the context, by their names: `run_id="scheduled__1"`, `reason="timed_out"`.

    Raises:
        FakeError: A key is none of this version's.
        XComValueError: XCom doesn't keep such a value.

    Example:
        ```python
        from airflow_compat.testing import make_context


        def alert(context):
            return f"{context['ti'].task_id} failed: {context['exception']}"


        assert alert(make_context(exception=ValueError("no rows"))) == "load failed: no rows"
        ```
    """
    said = _Said(
        task_id,
        dag_id,
        _DEFAULT_DATE if logical_date is None else logical_date,
        state or ("running" if exception is None else "failed"),
        exception,
        params or {},
        xcom or {},
        try_number,
        max_tries,
        map_index,
        run_type,
        airflow_version,
    )
    return _build(said, overrides)


def _build(said: _Said, overrides: Mapping[str, Any]) -> Context:
    _check(said, overrides)
    xcoms = MemoryXComs(said.xcom, said.version)
    context = Context(lambda: _values(context, said, xcoms), said.version)
    context["exception"] = said.exception
    # Both are one object in Airflow, whichever name the test gives it by.
    for one, other in (("ti", "task_instance"), ("task_instance", "ti")):
        if one in overrides:
            context[other] = overrides[one]
    context.update(overrides)
    return context


def _check(said: _Said, overrides: Mapping[str, Any]) -> None:
    known = KEYS[said.version] | EXTRA_KEYS
    for key in overrides:
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), n=3)
            raise FakeError(
                f"make_context(): {key!r} is neither an argument nor a key of Airflow {said.version}'s context"
                + (f"; nearest: {', '.join(near)}" if near else "")
                + '. A key of your own is set on what it gives: `context["mine"] = 1`'
            )
    if said.run_type not in RUN_TYPES:
        raise FakeError(f"make_context(): run_type is {said.run_type!r}; write one of {', '.join(RUN_TYPES)}")
    if not isinstance(said.logical_date, datetime):
        raise FakeError(
            f"make_context(): logical_date is {type(said.logical_date).__name__}; write a datetime with its time zone"
        )


def _values(context: Context, said: _Said, xcoms: MemoryXComs) -> Values:
    @cache
    def dates() -> RunDates:
        given = said.logical_date
        # As in Airflow, whose dates without a zone are in UTC.
        moment = in_pendulum(given if given.tzinfo else given.replace(tzinfo=timezone.utc))
        return RunDates(said.run_type, moment, moment, moment, moment)

    def services() -> MemoryServices:
        return MemoryServices(context, xcoms)

    def dag_run() -> DagRun:
        return DagRun(
            dag_id=said.dag_id,
            run_id=context["run_id"],
            run_type=said.run_type,
            logical_date=context["logical_date"],
            start_date=plain(context["logical_date"]),
            conf=dict(context["params"]),
            state=said.state if said.state in ("success", "failed") else "running",
            data_interval_start=context["data_interval_start"],
            data_interval_end=context["data_interval_end"],
            run_after=context["logical_date"],
            services=services(),
        )

    def task_instance() -> FakeTaskInstance:
        return FakeTaskInstance(
            task_id=said.task_id,
            dag_id=said.dag_id,
            run_id=context["run_id"],
            try_number=said.try_number,
            max_tries=said.max_tries,
            state=said.state,
            start_date=plain(context["logical_date"]),
            end_date=None if said.state == "running" else plain(context["logical_date"]),
            numbered=said.map_index,
            hostname="localhost",
            task=context["task"],
            dag_run=context["dag_run"],
            services=services(),
            pushed=xcoms.pushed,
        )

    return {
        **common_values(context, dates, lambda: None, said.version),
        "task_instance": task_instance,
        "dag_run": dag_run,
        "dag": lambda: Dag(said.dag_id, params=dict(context["params"])),
        "task": lambda: Task(said.task_id, said.dag_id, said.max_tries),
        "params": lambda: dict(said.params),
        "templates_dict": lambda: None,
    }
