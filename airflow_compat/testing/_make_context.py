"""Make a context without a run, with every key of a real context."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any, Literal

from .._airflow.context_keys import EXTRA_KEYS, KEYS
from .._airflow.data_interval import RUN_TYPES, RunDates
from .._airflow.run_objects import Dag, DagRun, Task, TaskInstance
from .._airflow.version import DEFAULT_VERSION, AirflowVersion, check_version
from .._prefect.datetimes import in_pendulum, plain
from ..context._common_values import common_values
from ..context._lazy_dict import Context
from ..context._version_keys import Values
from ..errors import FakeError
from ._memory_xcom import MemoryServices, MemoryXComs

_DEFAULT_DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class FakeTaskInstance(TaskInstance):
    """The object `context["ti"]` in a test.

    Attributes:
        pushed: The values that the code pushed, by key.
    """

    pushed: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


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
    """Make a context for calling a callback, with all of Airflow's keys.

    The context's `ti` stores XComs in memory; `context["ti"].pushed` has the values that the code pushed. `conn` and
    `var` use `fake_connections` and `fake_variables`.

    Args:
        task_id: The task's id.
        dag_id: The DAG's id.
        logical_date: All dates of the run are this date; without a time zone, the date is in UTC. Defaults to
            2026-01-01.
        state: `ti.state`. Defaults to "failed" if `exception` is given, else "running".
        exception: `context["exception"]`.
        params: The run's parameters.
        xcom: Return values of other tasks, `{"extract": [1, 2]}`, and pushed values, `{("extract", "rows"): 2}`. A
            third element of such a key is the map index.
        try_number: The number of the try, starting at 1.
        max_tries: The number of retries.
        map_index: The index of a mapped task's run.
        run_type: `dag_run.run_type`.
        airflow_version: The context's Airflow version.
        overrides: Values of context keys: `run_id="scheduled__1"`, `reason="timed_out"`.

    Raises:
        FakeError: The given Airflow version has no such context key.
        XComValueError: XCom can't store a value.

    Example:
        ```python
        from airflow_compat.testing import make_context


        def alert(context):
            return f"{context['ti'].task_id} failed: {context['exception']}"


        assert alert(make_context(exception=ValueError("no rows"))) == "load failed: no rows"
        ```
    """
    _check(overrides, run_type, logical_date, airflow_version)
    shown = state or ("running" if exception is None else "failed")
    xcoms = MemoryXComs(xcom or {}, airflow_version)

    @cache
    def dates() -> RunDates:
        given = _DEFAULT_DATE if logical_date is None else logical_date
        # In Airflow, dates without a time zone are in UTC.
        moment = in_pendulum(given if given.tzinfo else given.replace(tzinfo=timezone.utc))
        return RunDates(run_type, moment, moment, moment, moment)

    def dag_run() -> DagRun:
        return DagRun(
            dag_id=dag_id,
            run_id=context["run_id"],
            run_type=run_type,
            logical_date=context["logical_date"],
            start_date=plain(context["logical_date"]),
            conf=dict(context["params"]),
            state=shown if shown in ("success", "failed") else "running",
            data_interval_start=context["data_interval_start"],
            data_interval_end=context["data_interval_end"],
            run_after=context["logical_date"],
            services=MemoryServices(context, xcoms),
        )

    def task_instance() -> FakeTaskInstance:
        return FakeTaskInstance(
            task_id=task_id,
            dag_id=dag_id,
            run_id=context["run_id"],
            try_number=try_number,
            max_tries=max_tries,
            state=shown,
            start_date=plain(context["logical_date"]),
            end_date=None if shown == "running" else plain(context["logical_date"]),
            numbered=map_index,
            hostname="localhost",
            task=context["task"],
            dag_run=context["dag_run"],
            services=MemoryServices(context, xcoms),
            pushed=xcoms.pushed,
        )

    def values() -> Values:
        return {
            **common_values(context, dates, lambda: None, airflow_version),
            "task_instance": task_instance,
            "dag_run": dag_run,
            "dag": lambda: Dag(dag_id, params=dict(context["params"])),
            "task": lambda: Task(task_id, dag_id, max_tries),
            "params": lambda: dict(params or {}),
            "templates_dict": lambda: None,
        }

    context = Context(values, airflow_version)
    context["exception"] = exception
    # In Airflow, `ti` and `task_instance` are the same object.
    for one, other in (("ti", "task_instance"), ("task_instance", "ti")):
        if one in overrides:
            context[other] = overrides[one]
    context.update(overrides)
    return context


def _check(overrides: Mapping[str, Any], run_type: str, logical_date: object, version: AirflowVersion) -> None:
    check_version(version)
    known = KEYS[version] | EXTRA_KEYS
    for key in overrides:
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), n=3)
            raise FakeError(
                f"make_context(): {key!r} is neither an argument nor a key of Airflow {version}'s context"
                + (f" (nearest: {', '.join(near)})" if near else "")
                + '. Set a key of your own on the result: `context["mine"] = 1`.'
            )
    if run_type not in RUN_TYPES:
        raise FakeError(f"make_context(): run_type is {run_type!r}. Use one of: {', '.join(RUN_TYPES)}.")
    if logical_date is not None and not isinstance(logical_date, datetime):
        raise FakeError(
            f"make_context(): logical_date is {type(logical_date).__name__}. Use a datetime with a time zone."
        )
