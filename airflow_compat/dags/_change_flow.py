"""The flow that changes DAG runs from Prefect's UI. See `airflow_compat.dags.runs`.

A deployment may run this file by its path, so the imports in this file are absolute. `serve` pickles the flow by value,
and the pickle lacks names in annotations that are text, so this file has no `from __future__ import annotations`.
"""

from typing import Literal

from prefect import flow
from prefect.logging import get_run_logger

from airflow_compat.dags import runs


@flow(name="change-dag-run")
def change_run(  # noqa: PLR0917 - they are a deployment's parameters
    run: str,
    action: Literal["clear", "mark success", "mark failed", "cancel"] = "clear",
    task_ids: list[str] = [],  # noqa: B006 - it is never changed, and the form shows an empty list
    map_index: int | None = None,
    upstream: bool = False,
    downstream: bool = False,
    failed: bool = False,
    recursive: bool | None = None,
    dry_run: bool = False,
) -> list[str]:
    """Clear, mark or cancel a run of a DAG from Prefect's UI. One deployment of this flow is enough for all DAGs.

    Args:
        run: The id of the flow run, its name, or `<dag_id>/<name>`.
        action: What to do.
        task_ids: The tasks to clear or mark. An empty list clears all tasks, or marks the run itself.
        map_index: Only this instance of mapped tasks is cleared or marked, and no unmapped tasks.
        upstream: Whether all tasks upstream of the given tasks are cleared, too.
        downstream: Whether all tasks downstream of the given tasks are cleared, too.
        failed: Whether only instances that are failed or upstream_failed are cleared.
        recursive: Whether a cleared `ExternalTaskMarker` clears tasks of other DAGs, too. By default, it does so if the
            DAG file was written for Airflow 2.
        dry_run: Whether only the names of the task instances that would be cleared are returned.

    Returns:
        The names of the task instances that change. Names in the runs of other DAGs begin with `<dag_id>/<name>: `.

    Raises:
        DagRunRequestError: There is no such run or task, or the run does not answer.
        ServerError: A request to the server failed.
    """
    if action == "clear":
        change = runs.clear(
            run,
            task_ids=task_ids,
            map_index=map_index,
            upstream=upstream,
            downstream=downstream,
            failed=failed,
            recursive=recursive,
            dry_run=dry_run,
        )
    elif action == "cancel":
        change = runs.cancel(run)
    else:
        state: Literal["success", "failed"] = "success" if action == "mark success" else "failed"
        change = runs.mark(run, state, task_ids=task_ids, map_index=map_index)
    names = [*change.instances]
    names += [f"{other.dag_id}/{other.name}: {name}" for other in change.others for name in other.instances]
    for name in names:
        get_run_logger().info("%s: %s%s", action, name, " (dry run)" if dry_run else "")
    for note in change.notes:
        get_run_logger().warning("%s", note)
    return names
