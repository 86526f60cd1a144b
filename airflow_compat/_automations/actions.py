"""What happens when an alert fires: messages, webhooks, runs of deployments, and Prefect's own actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._specs.automations import ActionSpec, NotifyAction, PlainAction, RunAction, WebhookAction
from ..errors import InvalidAlertError
from .arguments import Actions
from .counterparts import Counterparts
from .translate import check, translate


@dataclass(frozen=True)
class Message:
    """What a notification says: templates for Prefect's server."""

    subject: str
    body: str


def notifications(targets: Iterable[str], message: Message) -> Iterator[ActionSpec]:
    """Messages through blocks, `type/name`, or through connections, by their ids.

    Raises:
        InvalidAlertError: It is neither.
    """
    for target in targets:
        block_type, slash, name = target.rpartition("/")
        if not name or (slash and not block_type):
            raise InvalidAlertError(
                f"notify={target!r} is neither a block, such as 'slack-webhook/alerts', nor a connection's id"
            )
        yield NotifyAction(block_type, name, message.subject, message.body)


def webhooks(names: Iterable[str], payload: str) -> Iterator[ActionSpec]:
    """Calls of `Webhook` blocks."""
    return (WebhookAction(name, payload) for name in names)


def runs(deployment: str, parameters: Mapping[str, Any], to: Counterparts) -> Iterator[ActionSpec]:
    """A run of a deployment, where one is named; texts in its parameters are templates.

    Raises:
        InvalidAlertError: The name isn't a deployment's.
    """
    if not deployment:
        return
    check_deployment("run", deployment)
    yield RunAction(deployment, _translated(dict(parameters), to))


def check_deployment(argument: str, name: str) -> None:
    """See whether it is a deployment's name.

    Raises:
        InvalidAlertError: It isn't.
    """
    if name.count("/") != 1 or not all(name.split("/")):
        raise InvalidAlertError(
            f"{argument}={name!r} isn't of the form flow/deployment; write for example 'callbacks/prod'"
        )


def own_actions(actions: Actions) -> list[ActionSpec]:
    """Prefect's own actions, as they are.

    Raises:
        InvalidAlertError: Prefect doesn't know such an action.
        InvalidTemplateError: A text in it can't be parsed.
    """
    return [PlainAction(_action_data(action)) for action in actions]


def _translated(value: Any, to: Counterparts) -> Any:
    if isinstance(value, str):
        return translate(value, to)
    if isinstance(value, dict):
        return {key: _translated(inner, to) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_translated(inner, to) for inner in value]
    return value


def _action_data(action: Any) -> dict[str, Any]:
    from prefect.events.actions import Action, ActionTypes
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(action, Action):
        try:
            action = TypeAdapter[Any](ActionTypes).validate_python(action)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            raise InvalidAlertError(
                f"an action isn't as Prefect's API takes it: {fault['msg']} at {fault['loc']}; give one of "
                "prefect.events.actions"
            ) from None
    data: dict[str, Any] = action.model_dump(mode="json", exclude_none=True)
    for text in filter(None, map(data.get, ("subject", "body", "payload"))):
        check(text)
    return data
