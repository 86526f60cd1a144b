"""The flow that calls an Airflow callback in its own process when an alert on the server fires.

A deployment may run this file by its path, so the imports in this file are absolute. This file has no `from __future__
import annotations`, because `serve` pickles the flow by value, and the pickle would lack the names in annotations that
are texts.
"""

from typing import Any
from uuid import UUID

from prefect import flow

from airflow_compat._airflow.callback import CallbackPath, load_callback
from airflow_compat._airflow.version import DEFAULT_VERSION, AirflowVersion
from airflow_compat._prefect.claims import claimed
from airflow_compat._prefect.run_logger import run_logger
from airflow_compat.callbacks._event_context import read_event
from airflow_compat.callbacks._invoke import invoke

# The time to wait for another process that may be running the same callback. The limit is long, because nothing waits
# for the end of this flow.
_PATIENCE_SECONDS = 120.0


@flow(name="run-callback", flow_run_name="{alert}: {callback}")
def run_callback(  # noqa: PLR0917 - they are a deployment's parameters
    callback: str,
    run: str,
    alert: str = "on_failure",
    event: UUID | None = None,
    arguments: dict[str, Any] | None = None,
    position: int = 0,
    lost_task: bool = False,
    tasks: list[str] | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> bool:
    """Call an Airflow callback with the context of a run that belongs to another process.

    Deploy this flow once, where your callbacks can be imported, and name the callbacks in alerts:
    `automations.on_failure("etl", callback=page_oncall)`. The callbacks are then called even if the run's process, pod
    or machine has died. Each call is recorded on the server, so that a callback is called either by this flow or in the
    process of the run, not twice. The context contains the data that the server has. Its `exception` is a
    `RebuiltException` with the original message.

    Args:
        callback: The import path of a callback or notifier class, `module:name`.
        run: The run's id: a flow run id, or `prefect.task-run.` followed by a task run id.
        alert: The name of the alert builder, such as `on_failure`.
        event: The id of the event that fired the alert; None means the latest event of the run.
        arguments: Arguments for the notifier class, or additional arguments for a function, which also receives the
            context.
        position: The callback's position among the alert's callbacks of the same name.
        lost_task: Whether to use the context of the task that was running when the process died.
        tasks: The ids of the tasks for which the callback is called; None means all tasks.
        airflow_version: The context's Airflow version.

    Returns:
        True if the callback was called; False if another process has called it, or `tasks` excludes the task.

    Raises:
        InvalidCallbackError: The callback can't be imported, or can't take a context.
        ServerError: The server has no such run.
    """
    found = load_callback(callback)
    told = read_event(run, alert, event, of_lost_task=lost_task, airflow_version=airflow_version)
    if tasks is not None and told.context["ti"].task_id not in tasks:
        return False
    with claimed(
        told.flow_run_id,
        alert,
        position,
        CallbackPath(callback).name,
        run_logger(),
        event=told.key,
        state_id=told.state_id,
        patience=_PATIENCE_SECONDS,
    ) as is_to_call:
        if is_to_call:
            invoke(found, told.context, arguments or {}, alert=alert)
    return is_to_call
