"""XCom on Prefect's result storage: what `ti.xcom_push` and `ti.xcom_pull` do for a flow run.

Each value is an object of its own in the flow's result storage, so that threads, processes, other machines and a
callback in a worker's process see the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._airflow.xcom import (
    NOT_SET,
    RETURN_KEY,
    MapIndexes,
    Where,
    body_of,
    body_of_nothing,
    check_key,
    refusal,
    select,
)
from ._airflow.xcom_values import Unkeepable, pack
from .errors import UnsupportedFeatureError, XComStorageError, XComValueError

__all__ = [
    "NOT_SET",
    "RETURN_KEY",
    "Where",
    "pull",
    "push",
    "remember_return",
]


def push(where: Where, key: str, value: Any, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> None:
    """`ti.xcom_push`: keep a value for other tasks. It is in the storage when this returns.

    Args:
        where: The task instance that pushes.
        key: The value's name; pushing it again replaces the value.
        value: What JSON has, or tuples, sets, dates, `timedelta`, `Decimal` and `UUID`. A dict's keys become text.
        airflow_version: In "2" tuples inside of lists and dicts become lists, `nan` is kept, a `UUID` is refused.

    Raises:
        XComError: The task runs outside a flow.
        XComValueError: Airflow fails the task that pushes such a value. Also a `TypeError`.
        XComStorageError: The flow's result storage can't be written.
        UnsupportedFeatureError: The key isn't text.
    """
    from ._prefect.xcom_store import keep, run_of

    run_of(where)
    key = check_key(key)
    try:
        body = body_of(pack(value, airflow_version), time.time())
    except Unkeepable as refused:
        raise XComValueError(refusal(where.task_id, key, str(refused))) from None
    keep(where, {key: body}, durable=True)


def pull(
    where: Where,
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
    """`ti.xcom_pull`: what tasks pushed or returned.

    A task's return value is found where a decorator of ours is above the task, or where Prefect persisted it.

    Args:
        where: The task instance that pulls.
        task_ids: A task, or several, which give a list. None means the pulling task; in "2" any task.
        key: The value's name.
        map_indexes: Of a mapped task, which of its runs; all, when it isn't given.
        default: Given back when there is nothing; in "3" only with `map_indexes`, as in Airflow.
        dag_id: Another flow, by its name: its run that was scheduled for the same time.
        include_prior_dates: Whether to look through the flow's latest 100 runs before this one as well.
        run_id: Another run of the flow, by Airflow's id with the time that it was scheduled for; only in "3".
        airflow_version: In "3" several tasks give a list with None for those that have nothing; in "2" those are left
            out.

    Raises:
        XComError: The task runs outside a flow.
        XComValueError: A task returned something that XCom doesn't keep.
        XComStorageError: The flow's result storage can't be read.
        UnsupportedFeatureError: The key isn't text, or the run's id has no date in it.
        ServerError: The server had to be asked and can't be.
    """
    from ._prefect.xcom_lookup import finder, runs_meant

    if run_id is not None and airflow_version == "2":
        raise UnsupportedFeatureError(f"xcom_pull(run_id={run_id!r}): Airflow 2 has no such argument")
    runs = runs_meant(where, dag_id, run_id, include_prior_dates=include_prior_dates)
    find = finder(where, check_key(key), runs)
    return select(
        find,
        own_task_id=where.task_id,
        task_ids=task_ids,
        map_indexes=map_indexes,
        default=default,
        version=airflow_version,
    )


def remember_return(
    where: Where, value: Any, multiple_outputs: bool = False, *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> None:
    """Keep what a task returned, None too, as its `return_value`.

    The task doesn't fail of it. A value that XCom doesn't keep is an error for who pulls it, and one that can't be
    written is a warning in the log: in a flow that was written for Prefect, nobody may ever pull it.

    It is written to the storage at once, unless all of this holds: the flow's tasks run in threads of its own process,
    the storage is remote, the run doesn't persist its results, and the text is short. Then memory alone holds it, as it
    does a None where nothing was returned before.

    Args:
        where: The task instance.
        value: What it returned.
        multiple_outputs: Whether each key of the dict is to be an XCom as well.
        airflow_version: See `push`.

    Raises:
        XComValueError: `multiple_outputs`, and it isn't a dict whose keys are text: Airflow fails the task.
    """
    from ._prefect.logs import run_logger
    from ._prefect.xcom_store import keep

    if where.flow_run_id is None:
        return
    outputs = {RETURN_KEY: value}
    if multiple_outputs and value is not None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise XComValueError(
                f"task {where.task_id!r} has multiple_outputs and returned a {type(value).__name__}: return a dict "
                "whose keys are text, or drop multiple_outputs"
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
