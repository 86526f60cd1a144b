"""The flow that restarts or fails lost DAG runs on a schedule. See `airflow_compat.dags.runs`.

A deployment may run this file by its path, so the imports in this file are absolute. `serve` pickles the flow by value,
and the pickle lacks names in annotations that are text, so this file has no `from __future__ import annotations`.
"""

from typing import Literal

from prefect import flow
from prefect.logging import get_run_logger

from airflow_compat.dags import runs
from airflow_compat.dags._lost_runs import age_in_minutes


@flow(name="handle-lost-dag-runs")
def handle_lost_runs(older_than: float = 30.0, action: Literal["fail", "restart"] = "fail") -> list[str]:
    """Fail or restart the DAG runs whose process is gone. Deploy this flow once, with a schedule.

    Args:
        older_than: Only runs whose process was last known to be alive at least this many minutes ago are handled.
        action: `fail` ends the runs, and calls the DAG's failure callbacks. `restart` continues the runs.

    Returns:
        The ids of the flow runs that are scheduled for a worker.

    Raises:
        InvalidArgumentError: `older_than` is out of range.
        ServerError: A request to the server failed.
    """
    found = runs.lost(older_than=age_in_minutes(older_than), action=action)
    for run in found:
        done = action if run.is_scheduled else "is Crashed, and has no deployment: retry it"
        get_run_logger().info("%s/%s: %s (%s)", run.dag_id, run.name, done, run.reason)
    return [str(run.flow_run_id) for run in found if run.is_scheduled]
