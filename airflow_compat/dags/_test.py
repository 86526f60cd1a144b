"""Runs a DAG once in this process, as `dag.test()` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._prefect.temporary_server import start_if_needed
from ..authoring import NOTSET
from ..authoring._notset import is_arg_set
from ..errors import DagRunFailedError, InvalidArgumentError, UnsupportedFeatureError
from ._flow import DagFlow, make_flow
from ._parameters import checked_conf
from ._result import DagRunResult, TaskInstanceResult
from ._run import IS_TEST, IS_UNDATED, ON_ENDED, RESULTS

if TYPE_CHECKING:
    from ..authoring import DAG


def test_dag(
    dag: DAG,
    *,
    logical_date: datetime | None = NOTSET,
    execution_date: datetime | None = None,
    run_conf: Mapping[str, Any] | None = None,
    conf: Mapping[str, Any] | None = None,
    use_executor: bool = False,  # noqa: ARG001 - tasks always run in this process
    **others: Any,
) -> DagRunResult:
    """Run a DAG once, as Airflow's `DAG.test` does.

    `execution_date` and `run_conf` are Airflow's names; see `dags.test`.

    Raises:
        UnsupportedFeatureError: An argument of Airflow's `dag.test()` is not supported.
    """
    given = sorted(name for name, value in others.items() if value is not None)
    if given:
        raise UnsupportedFeatureError(
            f"DAG {dag.dag_id!r}: test() does not support {', '.join(given)}. Set connections and variables in the "
            "environment, as AIRFLOW_CONN_... and AIRFLOW_VAR_..., and leave out the other arguments."
        )
    date = execution_date if execution_date is not None else logical_date
    return test_flow(make_flow(dag, airflow_version=dag.airflow_version), logical_date=date, conf=run_conf or conf)


def test_flow(
    flow: DagFlow,
    *,
    logical_date: datetime | None = NOTSET,
    conf: Mapping[str, Any] | None = None,
    ended: Callable[[TaskInstanceResult], None] | None = None,
) -> DagRunResult:
    """Run a DAG's flow once, even if the logical date already has a run, and return the result.

    Args:
        flow: The flow.
        logical_date: The run's logical date; now by default. In Airflow 3, None means that the run has no logical date;
            in Airflow 2, None means the current time.
        conf: The run's `conf`.
        ended: A function that is called when a try of a task instance ends.

    Raises:
        InvalidArgumentError: `logical_date` is not a datetime.
        ParamValidationError: A value in `conf` does not match its Param.
        ServerUnreachableError: No server is configured, and a temporary server can't be started.
    """
    given = checked_conf(flow.dag, conf or {})
    if is_arg_set(logical_date) and not isinstance(logical_date, datetime | None):
        raise InvalidArgumentError(
            f"logical_date of the test of DAG {flow.dag.dag_id!r} is a {type(logical_date).__name__}. Pass a datetime."
        )
    start_if_needed(nullcontext)
    is_undated = logical_date is None and flow.dag.airflow_version == "3"
    date = logical_date if is_undated or isinstance(logical_date, datetime) else datetime.now(timezone.utc)
    results: list[DagRunResult] = []
    tokens = IS_TEST.set(True), ON_ENDED.set(ended), IS_UNDATED.set(is_undated), RESULTS.set(results)
    try:
        state: Any = flow(logical_date=date, conf=given, return_state=True)
    finally:
        IS_TEST.reset(tokens[0])
        ON_ENDED.reset(tokens[1])
        IS_UNDATED.reset(tokens[2])
        RESULTS.reset(tokens[3])
    try:
        result: DagRunResult = state.result()
    except DagRunFailedError as failed:
        assert isinstance(failed.result, DagRunResult)
        result = failed.result
    # If the server answers only after the run has ended, Prefect returns the stored result, which has no XComs.
    return next((made for made in results if made == result), result)
