"""Alerts on the server: Prefect automations that fire for what they are about and nothing else.

The same alerts as the decorators of `airflow_compat.callbacks`, but kept on the server: they outlive the run's process.
The builders, `on_failure` and its siblings, make specs and ask no server. `plan` compares them with what the server
holds, `apply` writes the difference, and `simulate` tells which runs of a history they would have told of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._airflow.deadline import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._automations.alerts import on_failure, on_retry, on_skipped, on_success
from ._automations.arguments import AlertOptions, TaskAlertOptions
from ._automations.callbacks import DEFAULT_DEPLOYMENT
from ._automations.task_args import AnyTask
from ._automations.timers import on_deadline, on_late_start, on_sla_miss, on_zombie
from ._specs.automation_plan import DEFAULT_OWNER, AutomationItem, AutomationOutcome
from ._specs.automations import AutomationSpec
from ._specs.simulation import SimulatedRun, Simulation
from .errors import InvalidAlertError

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
    """The alerts that a DAG's own arguments ask for.

    Callbacks and notifiers, the DAG's and those of `default_args`, are called by a deployment of
    `airflow_compat.callbacks.run_callback`, which has to be able to import them; so they run also when the run's
    process is gone. `email` with `email_on_failure` and `email_on_retry` becomes the mail that Airflow sends, through
    the connection `smtp_default`. What a DAG says of other things is not looked at.

    - A task's failure callback is also called for a task whose process died, which Airflow's scheduler does for the
      DAG's.
    - `sla` counts from when a task was submitted. What `sla_miss_callback` gets is one task at a time.
    - `dagrun_timeout` marks the run as `TimedOut`, so that alerts of failure fire. It does not end the process:
      `@flow(timeout_seconds=...)` does.
    - `deadline` takes a `DeadlineAlert`, or several, that counts from `DAGRUN_QUEUED_AT`. Its callback gets the run's
      context, without `deadline`.

    Args:
        dag_args: The arguments of `DAG(...)`, with `default_args`.
        tasks: The tasks that say something themselves, as `airflow_compat.task` made them or as their arguments with
            `task_id`. A task's own arguments win over `default_args`, None too. Where tasks differ in what they say of
            an event, the alert is of these tasks alone: give all of them then.
        flow: The flow that stands for the DAG; one of the name `dag_id` by default.
        deployment: `flow/deployment`, for its runs alone. Alerts about tasks are of all runs of the flow.
        in_process: Whether the flow and its tasks have these callbacks by our decorators too. Then those do what they
            can, and the server tells of what a process can't say of itself: that it died. A flow's failure callback is
            called once in any case.
        callback_deployment: Where `run_callback` is deployed.
        airflow_version: Whose context callbacks get.

    Raises:
        InvalidAlertError: No flow is named, an argument is misspelt, or a time is less than 10 s.
        InvalidCallbackError: Another process can't import a callback. The message says which, and why.
        UnsupportedFeatureError: A deadline counts from what no trigger of Prefect's can.

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
    from ._automations.dag_args import DagAlerts

    found = DagAlerts.of(
        dag_args,
        tasks=tasks,
        flow=flow,
        deployment=deployment,
        in_process=in_process,
        callback_deployment=callback_deployment,
        airflow_version=airflow_version,
    )
    return tuple(found.specs())


def plan(
    alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER, prune: bool = False
) -> tuple[AutomationItem, ...]:
    """Compare alerts with what the Prefect server holds. Nothing is written.

    An alert is told by its owner and its key, which the automation has as tags; its name is for people. What has not
    the owner's tag is never looked at. An automation that was switched off on the server stays so.

    Args:
        alerts: What the builders made.
        owner: Whose they are: a team or a repository, where several share a server.
        prune: Whether what the owner has on the server and no alert asks for is to be deleted.

    Returns:
        An item for each alert: `create`, `update`, `unchanged`, or `refused` where the server lacks a block or
        deployment, a block can't notify, or a trigger or action is one that Prefect Cloud alone has; then one for each
        that is to be deleted.

    Raises:
        ServerError: The server can't be asked.
    """
    from ._automations.administration import plan_alerts

    return plan_alerts(alerts, owner=owner, prune=prune)


def apply(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationOutcome, ...]:
    """Make the server hold these alerts. What is there already and doesn't differ is left alone.

    An update makes the server forget what it waits for, so that an SLA that runs starts anew; there is none where
    nothing changed. Processes that apply the same alerts at once leave one of each.

    Args:
        alerts: What the builders made, or what `plan` returned.
        owner: See `plan`. Items of a plan have the owner that they were planned for.

    Returns:
        What became of each item of the plan. What fails is told there, and the rest goes on.

    Raises:
        InvalidAlertError: The plan refuses an alert, was made for another owner, or something else was given; nothing
            was written. The message has each, and why.
        ServerError: The server can't be asked.
    """
    from ._automations.administration import apply_alerts

    return apply_alerts(alerts, owner=owner)


def prune(alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """Delete what the owner has on the server and none of these alerts asks for.

    Args:
        alerts: What is to stay, as it is.
        owner: See `plan`.

    Returns:
        What was deleted.

    Raises:
        ServerError: The server can't be asked.
    """
    from ._automations.administration import delete_others

    return delete_others([alert.key for alert in alerts], owner=owner)


def delete(alerts: Iterable[AutomationSpec] | None = None, *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """Delete alerts from the server.

    Args:
        alerts: Which; all of the owner's where none are given.
        owner: See `plan`.

    Returns:
        What was deleted.

    Raises:
        ServerError: The server can't be asked.
    """
    from ._automations.administration import delete_keys

    return delete_keys(None if alerts is None else [alert.key for alert in alerts], owner=owner)


def simulate(
    alert: AutomationSpec, events: Iterable[Event | Mapping[str, Any]], *, until: datetime | None = None
) -> Simulation:
    """Tell which runs of a history of events an alert would have told of, and when. Asks no server.

    What the events match is decided by the classes of Prefect's server. Times that run out do so by the events' own
    clock; the server itself takes some seconds to notice.

    Args:
        alert: What a builder made.
        events: Prefect's events, as objects or as its API gives them, in any order.
        until: When the history ends: what would fire later doesn't. None waits for all that may still fire.

    Raises:
        InvalidEventError: An event isn't as Prefect's API gives it.
        UnsupportedFeatureError: The trigger, from a YAML file, is one that no builder makes.

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
    from ._prefect.simulation import simulate_spec

    return simulate_spec(alert, events, until=until)


async def aplan(
    alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER, prune: bool = False
) -> tuple[AutomationItem, ...]:
    """`plan` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(plan, alerts, owner=owner, prune=prune)


async def aapply(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationOutcome, ...]:
    """`apply` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(apply, alerts, owner=owner)


async def aprune(alerts: Iterable[AutomationSpec], *, owner: str = DEFAULT_OWNER) -> tuple[AutomationItem, ...]:
    """`prune` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(prune, alerts, owner=owner)


async def adelete(
    alerts: Collection[AutomationSpec] | None = None, *, owner: str = DEFAULT_OWNER
) -> tuple[AutomationItem, ...]:
    """`delete` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(delete, alerts, owner=owner)
