"""Declares the options of all alerts, for type checkers and editors."""

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
    """The options of every alert.

    Attributes:
        deployment: The deployments whose runs match, as `flow/deployment`; the flow, the deployment or both may be `*`.
        tags: Tags that the run, its flow or its deployment must have.
        everything: Whether every flow run matches. Can't be combined with a flow, a deployment, a task or tags.
        notify: Recipients of the message: a notification block (`"slack-webhook/alerts"`), the id of a connection that
            is stored as such a block (`"slack_alerts"`), or a notifier of `airflow_compat.notifiers`, which is called
            like a callback.
        callback: Airflow callbacks: functions, or import paths such as `"alerts:page_oncall"`. A deployment of
            `airflow_compat.callbacks.run_callback` imports and calls the callbacks. If a decorator of `airflow_compat`
            sets the same callback, the callback is still called only once.
        callback_deployment: The deployment of `run_callback`. Defaults to `"run-callback/default"`.
        webhook: Names of Prefect `Webhook` blocks to call.
        run: A deployment to run: `"callbacks/prod"`.
        parameters: Parameters for `run`. Texts in the parameters are templates.
        pause_schedule: Whether to pause the schedules of the deployment whose run fires the alert.
        actions: Additional actions of `prefect.events.actions`, as objects or as their data. Texts in them are Prefect
            templates.
        subject: The subject of the message to blocks and connections.
        body: The text of the message to blocks and connections.
        payload: The body of the requests to webhooks.
        key: Identifies the automation. Defaults to the builder's name and the target, so two alerts with the same
            builder and target need different keys.
        name: The name in Prefect's UI.
        description: The description in Prefect's UI.
        airflow_version: The Airflow version of templates and of the context for callbacks. With "2", templates with
            dates are refused, because Airflow 2's dates depend on the schedule.
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
    """The options of alerts that can match tasks.

    Attributes:
        task: The tasks whose runs match, as `flow/task`; the flow, the task or both may be `*`. A task run matches if
            its name does. For a task with its own `task_run_name`, use `task="flow/*"` and a tag.
    """

    task: Names
