"""What all alerts take, and how that becomes a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from .._airflow.version import AirflowVersion
from .._specs.automation_targets import Target
from .._specs.automations import (
    ActionSpec,
    AutomationSpec,
    NotifyAction,
    PlainAction,
    RunAction,
    TriggerSpec,
    WebhookAction,
)
from ..errors import InvalidAlertError
from .counterparts import counterparts
from .texts import default_body, default_payload, default_subject
from .translate import check, translate

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.events.actions import ActionTypes

Names: TypeAlias = str | Sequence[str]
Flows: TypeAlias = "str | Flow[..., Any] | Sequence[str | Flow[..., Any]]"
Actions: TypeAlias = "Sequence[ActionTypes | Mapping[str, Any]]"


@dataclass(frozen=True)
class Options:
    """One alert's arguments, as its builder got them; see `airflow_compat.automations.on_failure` for each."""

    flow: Flows
    deployment: Names
    task: Names
    tags: Names
    everything: bool
    notify: Names
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

    @cached_property
    def target(self) -> Target:
        """Whose runs it is about."""
        return Target(
            _flow_names(self.flow), _names(self.deployment), _names(self.task), _names(self.tags), self.everything
        )

    def spec(
        self, alert: str, triggers: tuple[TriggerSpec, ...], *, detail: str = "", first: Sequence[ActionSpec] = ()
    ) -> AutomationSpec:
        """The automation.

        Args:
            alert: The builder's name.
            triggers: When it fires.
            detail: A line of the default text.
            first: What happens in any case, before what was asked for.

        Raises:
            InvalidAlertError: Nothing is to happen, or what is to happen is badly written.
            InvalidTemplateError: A text can't be parsed.
            UnsupportedFeatureError: A text has a name that the server has nothing for.
        """
        actions = (*first, *self._actions(alert, detail))
        if not actions:
            raise InvalidAlertError(
                f"{alert} of {self.target.label} has nothing to do; give notify=, webhook=, run= or actions="
            )
        return AutomationSpec(
            key=self.key or f"{alert}:{self.target.label}",
            name=self.name or f"{self.target.label}: {alert}",
            triggers=triggers,
            actions=actions,
            description=self.description or f"{alert} of {self.target.label}, made by airflow_compat",
            deployments=tuple(name for name in self.target.deployments if "*" not in name.split("/")),
        )

    def _actions(self, alert: str, detail: str) -> list[ActionSpec]:
        to = counterparts(
            alert,
            task=self.target.kind == "task-run",
            task_id=self.target.task_id,
            airflow_version=self.airflow_version,
        )
        subject = translate(self.subject, to) or default_subject(alert, self.target)
        body = translate(self.body, to) or default_body(alert, self.target, detail)
        payload = translate(self.payload, to) or default_payload(alert)
        if self.parameters is not None and not self.run:
            raise InvalidAlertError("parameters= are for a deployment; name it with run=")
        found: list[ActionSpec] = []
        for block in _names(self.notify):
            block_type, slash, name = block.partition("/")
            if not (block_type and slash and name):
                raise InvalidAlertError(
                    f"notify={block!r} isn't of the form type/name; write for example 'slack-webhook/alerts'"
                )
            found.append(NotifyAction(block_type, name, subject, body))
        found += [WebhookAction(name, payload) for name in _names(self.webhook)]
        if self.run:
            if self.run.count("/") != 1:
                raise InvalidAlertError(
                    f"run={self.run!r} isn't of the form flow/deployment; write for example 'callbacks/prod'"
                )
            found.append(RunAction(self.run, _translated(dict(self.parameters or {}), to)))
        if self.pause_schedule:
            found.append(PlainAction({"type": "pause-deployment", "source": "inferred"}))
        return found + [PlainAction(_action_data(action)) for action in self.actions]


def _names(given: Names) -> tuple[str, ...]:
    return ((given,) if given else ()) if isinstance(given, str) else tuple(given)


def _flow_names(given: Flows) -> tuple[str, ...]:
    if isinstance(given, str):
        return _names(given)
    from prefect import Flow

    names = []
    for flow in (given,) if isinstance(given, Flow) or not isinstance(given, Sequence) else given:
        if isinstance(flow, str):
            names.append(flow)
        elif isinstance(flow, Flow):
            names.append(flow.name)
        else:
            kind = type(flow).__name__
            raise InvalidAlertError(f"a {kind} was given for a flow; give a flow or its name, or task='flow/task'")
    return tuple(names)


def _translated(value: Any, to: Any) -> Any:
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
