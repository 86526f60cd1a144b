"""Creates the actions of alerts: messages, webhooks, runs of deployments, and Prefect's own actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .._airflow.callback import callback_path
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidAlertError
from ._specs import ActionSpec, Need
from ._template_names import TemplateNames, jinja_text
from ._translate_templates import check, translate

DEFAULT_DEPLOYMENT = "run-callback/default"
"""The default deployment of `airflow_compat.callbacks.run_callback`."""


def notifications(targets: Iterable[str], subject: str, body: str) -> Iterator[ActionSpec]:
    """For each target, yield an action that sends the message. A target is a block (`type/name`) or a connection's id.

    Raises:
        InvalidAlertError: A target is neither a block nor a connection.
    """
    for target in targets:
        block_type, slash, name = target.rpartition("/")
        if not name or (slash and not block_type):
            raise InvalidAlertError(
                f"notify={target!r} is neither a block nor a connection's id. Use for example 'slack-webhook/alerts'."
            )
        data = {"type": "send-notification", "block_document_id": "", "subject": subject, "body": body}
        yield ActionSpec(data, "block_document_id", Need("notification" if slash else "connection", target))


def webhooks(names: Iterable[str], payload: str) -> Iterator[ActionSpec]:
    for name in names:
        data = {"type": "call-webhook", "block_document_id": "", "payload": payload}
        yield ActionSpec(data, "block_document_id", Need("webhook", f"webhook/{name}"))


def runs(deployment: str, parameters: Mapping[str, Any], to: TemplateNames) -> Iterator[ActionSpec]:
    """Yield an action that runs the deployment, if one is named. Texts in the parameters are templates.

    Raises:
        InvalidAlertError: The deployment's name has the wrong form.
    """
    if deployment:
        yield _run("run", deployment, _with_texts(dict(parameters), lambda text: translate(text, to)))


def callback_runs(
    callbacks: Iterable[object],
    *,
    alert: str,
    lost_task: bool = False,
    lost_tasks: tuple[str, ...] = (),
    deployment: str,
    airflow_version: AirflowVersion,
) -> Iterator[ActionSpec]:
    """Yield, for each callback in order, an action that runs `deployment`.

    With `lost_task`, the alert matches flow runs, but the callback gets the context of the task that ran when the
    process died. `lost_tasks` limits the calls to tasks with these ids.

    Raises:
        InvalidAlertError: The deployment's name has the wrong form.
        InvalidCallbackError: A callback can't be called from another process.
    """
    named: Counter[str] = Counter()
    for callback in callbacks:
        found = callback_path(callback)
        parameters: dict[str, Any] = {
            "callback": found.path,
            "alert": alert,
            "run": "{{ event.resource.id }}",
            "event": "{{ event.id | string }}",
            "lost_task": lost_task,
            "tasks": list(lost_tasks),
            "arguments": _with_texts(dict(found.arguments), _literal),
            "position": named[found.name],
            "airflow_version": "" if airflow_version == DEFAULT_VERSION else airflow_version,
        }
        parameters = {name: value for name, value in parameters.items() if value}
        named[found.name] += 1
        yield _run("callback_deployment", deployment, parameters)


def own_action(action: Any) -> ActionSpec:
    """Return the spec of a Prefect action in an alert's `actions`.

    Raises:
        InvalidAlertError: The action is invalid.
        InvalidTemplateError: A text in the action has a syntax error.
    """
    from prefect.events.actions import Action, ActionTypes
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(action, Action):
        try:
            action = TypeAdapter[Any](ActionTypes).validate_python(action)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            raise InvalidAlertError(
                f"An action is invalid: {fault['msg']} at {fault['loc']}. Use an action of prefect.events.actions."
            ) from None
    data: dict[str, Any] = action.model_dump(mode="json", exclude_none=True)
    for text in filter(None, map(data.get, ("subject", "body", "payload"))):
        check(text)
    return ActionSpec(data)


def _run(argument: str, deployment: str, parameters: Mapping[str, Any]) -> ActionSpec:
    if deployment.count("/") != 1 or not all(deployment.split("/")):
        raise InvalidAlertError(
            f"{argument}={deployment!r} isn't of the form flow/deployment. Use for example 'callbacks/prod'."
        )
    data = {"type": "run-deployment", "source": "selected", "deployment_id": "", "parameters": parameters}
    return ActionSpec(data, "deployment_id", Need("deployment", deployment))


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return the data with each text changed, except keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _with_texts(inner, change) for key, inner in value.items()}
    return [_with_texts(inner, change) for inner in value] if isinstance(value, (list, tuple)) else value


def _literal(text: str) -> str:
    """Escape templates, so that the callback renders them instead of the server."""
    return f"{{{{ {jinja_text(text)} }}}}" if "{" in text else text
