"""What all alerts take besides their flow, as type checkers and editors see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.events.actions import ActionTypes

Names: TypeAlias = str | Sequence[str]
Flows: TypeAlias = "str | Flow[..., Any] | Sequence[str | Flow[..., Any]]"
Actions: TypeAlias = "Sequence[ActionTypes | Mapping[str, Any]]"
AlertCallback: TypeAlias = str | Callable[..., Any]
Notify: TypeAlias = AlertCallback | Sequence[AlertCallback]


class AlertOptions(TypedDict, total=False):
    """What every alert takes by name.

    Attributes:
        deployment: `flow/deployment`; a part may be `*`.
        tags: Tags of the run, its flow or its deployment.
        everything: Every flow run, where no other target is given.
        notify: Whom the message goes to: a notification block by type and name, `"slack-webhook/alerts"`; the id of a
            connection that is kept as such a block, `"slack_alerts"`; or a notifier of `airflow_compat.notifiers`,
            which is called as a callback is.
        callback: Airflow callbacks that are called with their context: functions, or import paths such as
            `"alerts:page_oncall"`. A deployment of `airflow_compat.callbacks.run_callback` calls them, and has to be
            able to import them. One that the flow also has by our decorators is called once.
        callback_deployment: That deployment, `"run-callback/default"` where nobody says.
        webhook: Names of Prefect `Webhook` blocks that are called.
        run: A deployment that is run: `"callbacks/prod"`.
        parameters: The deployment's parameters; texts in it are templates.
        pause_schedule: Whether the schedule of the run's deployment is paused.
        actions: More of Prefect's actions, from `prefect.events.actions`, or as its API takes them. As they are: texts
            in them are Prefect's own templates.
        subject: The message's subject, for blocks and connections.
        body: The message's text, for blocks and connections.
        payload: What webhooks are called with.
        key: What the automation is known by on the server, made of the alert and its target by default. Two alerts of
            one target need a key each.
        name: What Prefect's UI shows.
        description: More for Prefect's UI.
        airflow_version: Whose templates the texts are, and whose context callbacks get. The dates of "2" come from the
            schedule, and are refused in texts.
    """

    deployment: Names
    tags: Names
    everything: bool
    notify: Notify
    callback: AlertCallback | Sequence[AlertCallback]
    callback_deployment: str
    webhook: Names
    run: str
    parameters: Mapping[str, Any] | None
    pause_schedule: bool
    actions: Actions
    subject: str
    body: str
    payload: str
    key: str
    name: str
    description: str
    airflow_version: AirflowVersion


class TaskAlertOptions(AlertOptions, total=False):
    """What the alerts take that may be about tasks.

    Attributes:
        task: `flow/task`; a part may be `*`. Its runs are told by their names, so a task with a `task_run_name` of its
            own is not found: give it a tag, and use `task="flow/*"` and `tags`.
    """

    task: Names
