"""The alerts that fire at what happened: on_failure, on_success, on_retry, on_skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._specs import automation_triggers as triggers
from .._specs.automations import AutomationSpec
from .options import Actions, Flows, Names, Options


def on_failure(
    flow: Flows = "",
    *,
    deployment: Names = "",
    task: Names = "",
    tags: Names = (),
    everything: bool = False,
    notify: Names = (),
    webhook: Names = (),
    run: str = "",
    parameters: Mapping[str, Any] | None = None,
    pause_schedule: bool = False,
    actions: Actions = (),
    subject: str = "",
    body: str = "",
    payload: str = "",
    key: str = "",
    name: str = "",
    description: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> AutomationSpec:
    """An automation that fires when a run has failed for good: Airflow's `on_failure_callback`, from the server.

    It lives on the server and so outlives the run's process. Failed, timed out and crashed all count, under whatever
    name; a try that is followed by another doesn't.

    A run is told by names, since those outlive a deployment that is made anew. Where several values are given to one
    argument, any of them will do; where several arguments are, all must hold.

    Texts are templates, in Airflow's words or in Prefect's, which the server fills in: `{{ dag.dag_id }}`,
    `{{ ti.task_id }}`, `{{ run_id }}`, `{{ exception }}`, `{{ params.x }}`, `{{ ds }}`. The exception is the state's
    message. Dates are those that the run was scheduled for. Labels that give a run other dates are not looked at.

    Args:
        flow: A flow, or a flow's name; or several.
        deployment: `flow/deployment`; a part may be `*`.
        task: `flow/task`; a part may be `*`. Its runs are told by their names, so a task with a `task_run_name` of its
            own is not found: give it a tag, and use `task="flow/*"` and `tags`.
        tags: Tags of the run, its flow or its deployment.
        everything: Every flow run, where no other target is given.
        notify: Notification blocks that the message goes to, `type/name`: `"slack-webhook/alerts"`.
        webhook: Names of Prefect `Webhook` blocks that are called.
        run: A deployment that is run: `"callbacks/prod"`.
        parameters: The deployment's parameters; texts in it are templates.
        pause_schedule: Whether the schedule of the run's deployment is paused.
        actions: More of Prefect's actions, from `prefect.events.actions`, or as its API takes them. As they are: texts
            in them are Prefect's own templates.
        subject: The message's subject.
        body: The message's text.
        payload: What webhooks are called with.
        key: What the automation is known by on the server, made of the alert and its target by default. Two alerts of
            one target need a key each.
        name: What Prefect's UI shows.
        description: More for Prefect's UI.
        airflow_version: Whose templates the texts are. The dates of "2" come from the schedule, and are refused.

    Raises:
        InvalidAlertError: There is no target, or two that exclude one another; or nothing is to happen.
        InvalidTemplateError: A text can't be parsed.
        UnsupportedFeatureError: A text has a name of Airflow's that has no counterpart on the server.

    Example:
        ```python
        from airflow_compat import automations

        alert = automations.on_failure(
            deployment="etl/prod", notify="slack-webhook/alerts", subject="{{ dag.dag_id }}: {{ exception }}"
        )
        ```
    """
    options = Options(
        flow, deployment, task, tags, everything, notify, webhook, run, parameters, pause_schedule, actions, subject,
        body, payload, key, name, description, airflow_version,
    )  # fmt: skip
    return options.spec("on_failure", triggers.on_failure(options.target))


def on_success(
    flow: Flows = "",
    *,
    deployment: Names = "",
    task: Names = "",
    tags: Names = (),
    everything: bool = False,
    notify: Names = (),
    webhook: Names = (),
    run: str = "",
    parameters: Mapping[str, Any] | None = None,
    pause_schedule: bool = False,
    actions: Actions = (),
    subject: str = "",
    body: str = "",
    payload: str = "",
    key: str = "",
    name: str = "",
    description: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> AutomationSpec:
    """An automation that fires when a run has succeeded: Airflow's `on_success_callback`.

    A skipped run, `Completed(name="Skipped")`, has not. A result from Prefect's cache is a success. The arguments and
    the errors are those of `on_failure`.
    """
    options = Options(
        flow, deployment, task, tags, everything, notify, webhook, run, parameters, pause_schedule, actions, subject,
        body, payload, key, name, description, airflow_version,
    )  # fmt: skip
    return options.spec("on_success", triggers.on_success(options.target))


def on_retry(
    flow: Flows = "",
    *,
    deployment: Names = "",
    task: Names = "",
    tags: Names = (),
    everything: bool = False,
    notify: Names = (),
    webhook: Names = (),
    run: str = "",
    parameters: Mapping[str, Any] | None = None,
    pause_schedule: bool = False,
    actions: Actions = (),
    subject: str = "",
    body: str = "",
    payload: str = "",
    key: str = "",
    name: str = "",
    description: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> AutomationSpec:
    """An automation that fires when a try has failed and another follows: Airflow's `on_retry_callback`.

    A task's retry doesn't say what failed: `{{ exception }}` is refused there. The arguments and the errors are those
    of `on_failure`.
    """
    options = Options(
        flow, deployment, task, tags, everything, notify, webhook, run, parameters, pause_schedule, actions, subject,
        body, payload, key, name, description, airflow_version,
    )  # fmt: skip
    return options.spec("on_retry", triggers.on_retry(options.target))


def on_skipped(
    flow: Flows = "",
    *,
    deployment: Names = "",
    task: Names = "",
    tags: Names = (),
    everything: bool = False,
    notify: Names = (),
    webhook: Names = (),
    run: str = "",
    parameters: Mapping[str, Any] | None = None,
    pause_schedule: bool = False,
    actions: Actions = (),
    subject: str = "",
    body: str = "",
    payload: str = "",
    key: str = "",
    name: str = "",
    description: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> AutomationSpec:
    """An automation that fires when a run has skipped itself: Airflow's `on_skipped_callback`.

    That is, when it ended as `Completed(name="Skipped")`, as a task does that raises `AirflowSkipException`. The
    arguments and the errors are those of `on_failure`.
    """
    options = Options(
        flow, deployment, task, tags, everything, notify, webhook, run, parameters, pause_schedule, actions, subject,
        body, payload, key, name, description, airflow_version,
    )  # fmt: skip
    return options.spec("on_skipped", triggers.on_skipped(options.target))
