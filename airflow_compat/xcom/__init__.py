"""XCom on Prefect's result storage: `ti.xcom_push` and `ti.xcom_pull` for a flow run.

Each value is one object in the flow's result storage, so all threads, processes, machines and callbacks can read it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import UnsupportedFeatureError, XComStorageError, XComValueError
from ._rules import (
    NOT_SET,
    RETURN_KEY,
    MapIndexes,
    TaskInstanceAddress,
    body_of,
    body_of_nothing,
    check_key,
    refusal,
    select,
)
from ._values import Unkeepable, pack

__all__ = [
    "NOT_SET",
    "RETURN_KEY",
    "TaskInstanceAddress",
    "pull",
    "push",
    "remember_return",
]


def push(
    where: TaskInstanceAddress, key: str, value: Any, *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> None:
    """Store a value for other tasks, as `ti.xcom_push` does. Returns when the value is in the storage.

    Args:
        where: The task instance that pushes.
        key: The value's name. Pushing a key again replaces the value.
        value: JSON data, or tuples, sets, dates, `timedelta`, `Decimal` and `UUID`. Dict keys become text.
        airflow_version: With "2", tuples in lists and dicts become lists, `nan` is stored, and a `UUID` is refused.

    Raises:
        XComError: The task runs outside a flow.
        XComValueError: The value has a type that Airflow refuses, too. The error is also a `TypeError`.
        XComStorageError: Writing to the flow's result storage fails.
        UnsupportedFeatureError: The key is not text.
    """
    from ._storage import keep, run_of

    run_of(where)
    key = check_key(key)
    try:
        body = body_of(pack(value, airflow_version), time.time())
    except Unkeepable as refused:
        message = refusal(where.task_id, key, str(refused), takes_arguments=not where.knows_all)
        raise XComValueError(message) from None
    keep(where, {key: body}, durable=True)


def pull(
    where: TaskInstanceAddress,
    task_ids: str | Iterable[str] | None = None,
    *,
    key: str | None = RETURN_KEY,
    map_indexes: MapIndexes = NOT_SET,
    default: Any = None,
    dag_id: str | None = None,
    include_prior_dates: bool = False,
    run_id: str | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> Any:
    """Return values that tasks pushed or returned, as `ti.xcom_pull` does.

    A task's return value is found if the task has a decorator of airflow_compat, or if Prefect persisted it.

    Args:
        where: The task instance that pulls.
        task_ids: A task id, or several ids to get a list of values. None means the pulling task; in Airflow 2, any
            task.
        key: The value's name.
        map_indexes: The indexes of a mapped task's runs. Defaults to all runs of the mapped task.
        default: Returned for a missing value; in Airflow 3, only with `map_indexes`.
        dag_id: The name of another flow, whose run with the same scheduled time is searched.
        include_prior_dates: Also search the flow's latest 100 earlier runs.
        run_id: The id of another run in Airflow's form, which contains the scheduled time. Only in Airflow 3.
        airflow_version: For several tasks, "3" returns None for a missing value, and "2" omits it.

    Raises:
        XComError: The task runs outside a flow.
        XComValueError: A task returned a value that XCom can't store.
        XComStorageError: Reading the flow's result storage fails.
        UnsupportedFeatureError: The key is not text, or the run id has no date.
        ServerError: A request to the server fails.
    """
    from ._server_lookup import finder, runs_meant

    if run_id is not None and airflow_version == "2":
        raise UnsupportedFeatureError(
            f"xcom_pull(run_id={run_id!r}): Airflow 2 has no such argument. Leave the argument out, or use Airflow 3's "
            "rules."
        )
    runs = runs_meant(where, dag_id, run_id, include_prior_dates=include_prior_dates)
    return select(
        finder(where, check_key(key), runs),
        own_task_id=where.task_id,
        task_ids=task_ids,
        map_indexes=map_indexes,
        default=default,
        version=airflow_version,
    )


def remember_return(
    where: TaskInstanceAddress,
    value: Any,
    multiple_outputs: bool = False,
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> None:
    """Store a task's return value, None included, as its `return_value`.

    A value that XCom can't store does not fail the task, because a flow written for Prefect may never pull it; `pull`
    raises the error. A failed write is logged as a warning.

    If the tasks run in threads of this process, two kinds of values stay in memory only: short values, if the storage
    is remote and the run doesn't persist results; and None, if the key has no value yet.

    Args:
        where: The task instance.
        value: The return value.
        multiple_outputs: Whether each item of the returned dict is also stored as an XCom.
        airflow_version: See `push`.

    Raises:
        XComValueError: With `multiple_outputs`: the value is not a dict with text keys. In Airflow, this error fails
            the task, too.
    """
    from .._prefect.run_logger import run_logger
    from ._storage import keep

    if where.flow_run_id is None:
        return
    outputs = {RETURN_KEY: value}
    if multiple_outputs and value is not None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise XComValueError(
                f"Task {where.task_id!r} has multiple_outputs and returned a {type(value).__name__}. Return a dict "
                "with text keys, or remove multiple_outputs."
            )
        outputs = {**value, RETURN_KEY: value}
    now = time.time()
    bodies = {key: _body(output, now, airflow_version) for key, output in outputs.items()}
    try:
        keep(where, bodies, durable=False)
    except XComStorageError as problem:
        run_logger().warning("%s", problem)


def _body(value: Any, at: float, version: AirflowVersion) -> str:
    if value is None:
        return body_of_nothing(at)
    try:
        return body_of(pack(value, version), at)
    except Unkeepable as refused:
        return body_of_nothing(at, str(refused))
