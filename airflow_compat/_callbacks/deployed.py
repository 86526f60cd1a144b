"""The flow that calls an Airflow callback in a process of its own, for the alerts on the server.

A deployment may run this file by its path, so its imports are absolute. `serve` pickles the flow by value, without the
names that text annotations refer to, so the annotations are evaluated: no `from __future__ import annotations` here.
"""

from typing import Any
from uuid import UUID

from prefect import flow

from airflow_compat._airflow.callback_path import CallbackPath, load_callback
from airflow_compat._airflow.version import DEFAULT_VERSION, AirflowVersion
from airflow_compat._callbacks.invoke import invoke
from airflow_compat._callbacks.told import read_event
from airflow_compat._prefect.claims import claimed
from airflow_compat._prefect.logs import run_logger

# A callback that another machine's process may be in the middle of is waited for: nobody waits for this one.
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
    """Call an Airflow callback with the context of a run that some other process has, or had.

    Deploy it once, where your callbacks can be imported, and name the callbacks in alerts:
    `automations.on_failure("etl", callback=page_oncall)`. Then they run also when the run's process, pod or machine is
    gone. What the flow's own process has called already isn't called again, and the other way round: each call is
    recorded on the server as a task run of the run that it is about. The context has what the server knows; the
    exception is rebuilt from its message, as a `RebuiltException`.

    Args:
        callback: The callback's import path, `module:name`; a notifier's class.
        run: Whose context: a flow run's id, or `prefect.task-run.` and a task run's id.
        alert: What happened, by the name of the alert's builder: `on_failure`.
        event: The id of the event that told of it; None for the latest.
        arguments: What a notifier is made with, or a function gets besides the context.
        position: Which of the callbacks of this name it is, for one that stands there twice.
        lost_task: Whether to tell of the task that the run's process died in.
        tasks: Which tasks to tell of, by their ids; None for any.
        airflow_version: Whose context.

    Returns:
        Whether it was called: False where another process has, or it is about another task.

    Raises:
        InvalidCallbackError: It can't be imported, or can't be called with a context.
        ServerError: The server has no such run.
    """
    found = load_callback(callback)
    told = read_event(run, alert, event, of_lost_task=lost_task, airflow_version=airflow_version)
    if tasks is not None and told.context["ti"].task_id not in tasks:
        return False
    name = CallbackPath(callback).name
    with claimed(
        told.flow_run_id,
        alert,
        position,
        name,
        run_logger(),
        event=told.key,
        state_id=told.state_id,
        patience=_PATIENCE_SECONDS,
    ) as is_to_call:
        if is_to_call:
            invoke(found, told.context, arguments or {}, alert=alert)
    return is_to_call
