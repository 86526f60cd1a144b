"""Create alerts: Prefect automations, which fire on the server when a run fails, is late or takes too long.

Alerts fire even if the process of the run has died. Builders such as `on_failure` create the specs of alerts and need
no server. `plan` compares specs with the server's automations, `apply` writes the differences to the server, and
`simulate` tests an alert on past events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidAlertError
from ._actions import DEFAULT_DEPLOYMENT
from ._alerts import (
    on_deadline,
    on_failure,
    on_late_start,
    on_retry,
    on_skipped,
    on_sla_miss,
    on_success,
    on_zombie,
)
from ._deadline import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
from ._plan import DEFAULT_OWNER, AutomationItem, AutomationOutcome
from ._signatures import AlertOptions, TaskAlertOptions
from ._simulation import SimulatedRun, Simulation, simulate_received
from ._specs import AutomationSpec
from ._task_arguments import AnyTask

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.events import Event

__all__ = [
    "AlertOptions",
    "AsyncCallback",
    "AutomationItem",
    "AutomationOutcome",
    "AutomationSpec",
    "DeadlineAlert",
    "DeadlineReference",
    "InvalidAlertError",
    "SimulatedRun",
    "Simulation",
    "SyncCallback",
    "TaskAlertOptions",
    "aapply",
    "adelete",
    "aplan",
    "apply",
    "aprune",
    "delete",
    "from_dag_args",
    "on_deadline",
    "on_failure",
    "on_late_start",
    "on_retry",
    "on_skipped",
    "on_sla_miss",
    "on_success",
    "on_zombie",
    "plan",
    "prune",
    "simulate",
]


def from_dag_args(
    dag_args: Mapping[str, Any],
    *,
    tasks: Iterable[AnyTask] = (),
    flow: str | Flow[..., Any] = "",
    deployment: str = "",
    in_process: bool = False,
    callback_deployment: str = DEFAULT_DEPLOYMENT,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> tuple[AutomationSpec, ...]:
    """Create the alerts for a DAG's arguments, such as `on_failure_callback` and `sla`.

    A deployment of the flow `airflow_compat.callbacks.run_callback` imports and calls the callbacks and notifiers of
    the DAG and its `default_args`. `email` with `email_on_failure` and `email_on_retry` sends Airflow's mail through
    the connection `smtp_default`. Other arguments are ignored.

    - A task's failure callback is also called if its process dies, as in Airflow.
    - The time limit of an `sla` starts when its task is submitted. `sla_miss_callback` is called for each task
    separately.
    - For `dagrun_timeout`, an alert marks the run as `TimedOut`, which triggers failure alerts, but does not stop the
    process. Only `@flow(timeout_seconds=...)` stops it.
    - `deadline` takes one or several `DeadlineAlert`s, all with the reference `DAGRUN_QUEUED_AT`. The deadline's
    callback gets the run's context, but without the key `deadline`.

    Args:
        dag_args: The arguments of `DAG(...)`, including `default_args`.
        tasks: The DAG's tasks, made with `airflow_compat.task`, or for each task a mapping of its arguments, including
            `task_id`. A task's arguments override `default_args`, even if they are None. Pass all tasks of the DAG: if
            the tasks differ in an argument, the alert for it covers only the tasks that were passed.
        flow: The flow that replaces the DAG. Defaults to the flow named `dag_id`.
        deployment: The `flow/deployment` whose runs the alerts cover. Alerts about tasks cover the runs of all
            deployments.
        in_process: Set this to True if decorators of `airflow_compat` already call the callbacks in the flow's process.
            Then the alerts only cover failures that the process can't report, such as its own death.
        callback_deployment: The deployment of `run_callback`.
        airflow_version: The Airflow version of the callbacks' context.

    Raises:
        InvalidAlertError: The flow's name is missing, an argument is misspelt, or a duration is shorter than 10 s.
        InvalidCallbackError: A callback can't be imported by another process.
        UnsupportedFeatureError: A deadline has a reference that Prefect's triggers don't support.

    Example:
        ```python
        from datetime import timedelta

        from airflow_compat import automations

        alerts = automations.from_dag_args({
            "dag_id": "etl",
            "on_failure_callback": "alerts:page_oncall",
            "dagrun_timeout": timedelta(hours=2),
            "default_args": {"email": "oncall@example.com", "email_on_retry": False},
        })
        print([alert.name for alert in alerts])
        ```
    """
    from ._dag_arguments import DagAlerts

    alerts = DagAlerts.of(
        dag_args,
        tasks=tasks,
        flow=flow,
        deployment=deployment,
        in_process=in_process,
        callback_deployment=callback_deployment,
        airflow_version=airflow_version,
    )
    return tuple(alerts.specs())


def plan(
    alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER, prune: bool = False
) -> tuple[AutomationItem, ...]:
    """Compare alerts with the automations on the Prefect server, without changing anything there.

    An alert is identified by its owner and key, which are tags of its automation. Automations without the owner's tag
    are ignored. Disabled automations stay disabled.

    Args:
        alerts: The specs.
        owner: The team or repository that owns the alerts, if several share a server.
        prune: Whether the plan also deletes the owner's automations that are not in `alerts`.

    Returns:
        An item for each alert, with the action `create`, `update`, `unchanged` or `refused`; then the items to
        `delete`. An alert is refused if the server lacks its block or deployment, the block can't send notifications,
        or a trigger or action needs Prefect Cloud. A deletion is refused if DAG files can't be loaded.

    Raises:
        ServerError: The request failed.
    """
    from ._apply import plan_alerts

    return plan_alerts(alerts, owner=owner, prune=prune)


def apply(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationOutcome, ...]:
    """Create or update the alerts on the server.

    Updating an alert restarts its timers, also for runs that are in progress. Simultaneous calls create no duplicates.

    Args:
        alerts: The specs, or the items that `plan` returned.
        owner: See `plan`. Items that `plan` returned keep the owner that was passed to `plan`.

    Returns:
        The outcome of each item. An error in one item doesn't stop the others.

    Raises:
        InvalidAlertError: The plan refuses an alert, the items belong to another owner, or `alerts` has the wrong type.
            Nothing is written.
        ServerError: The request failed.
    """
    from ._apply import apply_alerts

    return apply_alerts(alerts, owner=owner)


def prune(alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """Delete the owner's automations, except those of the given alerts.

    Args:
        alerts: The alerts to keep.
        owner: See `plan`.

    Returns:
        The deleted automations.

    Raises:
        InvalidAlertError: The alerts are incomplete, because DAG files can't be loaded. Nothing was deleted.
        ServerError: The request failed.
    """
    from ._apply import delete_all_but

    return delete_all_but(owner, alerts)


def delete(alerts: Iterable[AutomationSpec] | None = None, *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """Delete alerts from the server.

    Args:
        alerts: The alerts to delete. Defaults to all alerts of the owner.
        owner: See `plan`.

    Returns:
        The deleted automations.

    Raises:
        ServerError: The request failed.
    """
    from ._apply import delete_chosen

    return delete_chosen(owner, None if alerts is None else {alert.key for alert in alerts})


def simulate(
    alert: AutomationSpec, events: Iterable[Event | Mapping[str, Any]], *, until: datetime | None = None
) -> Simulation:
    """Simulate an alert on past events, and return the times at which it would have fired for each run.

    This function contacts no server, but matches events with classes of Prefect's server. Timers expire at the exact
    time, computed from the events' times; a real server notices this some seconds later.

    Args:
        alert: The spec.
        events: Prefect's events in any order, as objects or as returned by the API.
        until: The end of the simulated time; None lets all timers expire.

    Raises:
        InvalidEventError: An event differs from the format of Prefect's API.
        UnsupportedFeatureError: The trigger has a form that no builder creates.

    Example:
        ```python
        from airflow_compat import automations

        alert = automations.on_failure("etl", notify="slack-webhook/alerts")
        event = {
            "id": "8d1a9ef6-2a9b-4f39-a1b8-3d2ff3dc4e0c",
            "occurred": "2026-11-22T00:00:00Z",
            "event": "prefect.flow-run.TimedOut",
            "resource": {
                "prefect.resource.id": "prefect.flow-run.1",
                "prefect.resource.name": "wise-owl",
                "prefect.state-type": "FAILED",
            },
            "related": [
                {
                    "prefect.resource.id": "prefect.flow.1",
                    "prefect.resource.role": "flow",
                    "prefect.resource.name": "etl",
                }
            ],
        }
        print([run.name for run in automations.simulate(alert, [event]).fired])
        ```
    """
    from ._event_history import in_order

    return simulate_received(alert, in_order(events), until=until)


async def aplan(
    alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER, prune: bool = False
) -> tuple[AutomationItem, ...]:
    """Run `plan` without blocking the event loop."""
    return await asyncio.to_thread(plan, alerts, owner=owner, prune=prune)


async def aapply(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationOutcome, ...]:
    """Run `apply` without blocking the event loop."""
    return await asyncio.to_thread(apply, alerts, owner=owner)


async def aprune(alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """Run `prune` without blocking the event loop."""
    return await asyncio.to_thread(prune, alerts, owner=owner)


async def adelete(
    alerts: Collection[AutomationSpec] | None = None, *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationItem, ...]:
    """Run `delete` without blocking the event loop."""
    return await asyncio.to_thread(delete, alerts, owner=owner)
