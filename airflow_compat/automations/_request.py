"""What an alert was asked to be, and how that becomes a spec."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._specs.automation_targets import Target, other_flow
from .._specs.automations import ActionSpec, AutomationSpec, PlainAction, RunAction, TriggerSpec
from ..errors import InvalidAlertError
from .actions import Message, notifications, own_actions, runs, webhooks
from .arguments import Actions, AlertCallback, Flows, Names, Notify
from .callbacks import DEFAULT_DEPLOYMENT, callback_runs
from .counterparts import counterparts
from .texts import default_body, default_payload, default_subject
from .translate import translate


@dataclass(frozen=True)
class Options:
    """One alert's arguments, as its builder got them; see `AlertOptions` for each.

    Attributes:
        alert: The builder's name.
        flow: The builder's first argument.
        lost_task: Whether callbacks are told of the task that the run's process died in; no argument of the builders.
        lost_tasks: Those that callbacks are told of, by their ids; all of them where none are given.
    """

    alert: str
    flow: Flows
    deployment: Names = ""
    task: Names = ""
    tags: Names = ()
    everything: bool = False
    notify: Notify = ()
    callback: AlertCallback | Sequence[AlertCallback] = ()
    callback_deployment: str = DEFAULT_DEPLOYMENT
    webhook: Names = ()
    run: str = ""
    parameters: Mapping[str, Any] | None = None
    pause_schedule: bool = False
    actions: Actions = ()
    subject: str = ""
    body: str = ""
    payload: str = ""
    key: str = ""
    name: str = ""
    description: str = ""
    airflow_version: AirflowVersion = DEFAULT_VERSION
    lost_task: bool = False
    lost_tasks: tuple[str, ...] = ()

    @classmethod
    def of(cls, alert: str, flow: Flows, options: Mapping[str, Any]) -> Options:
        """Those of a call.

        Raises:
            InvalidAlertError: There is no such argument.
        """
        known = [field.name for field in fields(cls)][2:-2]
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                raise InvalidAlertError(f"{alert}() takes no {name!r}; {hint}")
        return cls(alert, flow, **options)

    @cached_property
    def target(self) -> Target:
        """Whose runs it is about."""
        return Target(
            _flow_names(self.flow), names(self.deployment), names(self.task), names(self.tags), self.everything
        )

    def spec(
        self, triggers: tuple[TriggerSpec, ...], *, detail: str = "", first: Sequence[ActionSpec] = ()
    ) -> AutomationSpec:
        """The automation.

        Args:
            triggers: When it fires.
            detail: A line of the default text.
            first: What happens in any case, before what was asked for.

        Raises:
            InvalidAlertError: Nothing is to happen, or what is to happen is badly written, or goes on for ever.
            InvalidCallbackError: A callback can't be called from another process.
            InvalidTemplateError: A text can't be parsed.
            UnsupportedFeatureError: A text has a name that the server has nothing for.
        """
        actions = (*first, *self._actions(detail))
        if not actions:
            raise InvalidAlertError(
                f"{self.alert} of {self.target.label} has nothing to do; give notify=, callback=, webhook=, run= or "
                "actions="
            )
        triggers = self._sparing({action.flow_name for action in actions if isinstance(action, RunAction)}, triggers)
        return AutomationSpec(
            key=self.key or f"{self.alert}:{self.target.label}",
            name=self.name or f"{self.target.label}: {self.alert}",
            triggers=triggers,
            actions=actions,
            description=self.description or f"{self.alert} of {self.target.label}, made by airflow_compat",
            deployments=tuple(name for name in self.target.deployments if "*" not in name.split("/")),
        )

    def _sparing(self, flows: set[str], triggers: tuple[TriggerSpec, ...]) -> tuple[TriggerSpec, ...]:
        """The triggers, without the flows that the alert itself runs: it would tell of them, and run them, for ever.

        Raises:
            InvalidAlertError: It is about such a flow by name.
        """
        for flow in sorted(flows):
            if self.target.is_about(flow):
                raise InvalidAlertError(
                    f"{self.alert} of {self.target.label} would run {flow!r} for each run of it; use notify= with "
                    "a block, or webhook="
                )
        if self.target.names_flows:
            return triggers
        others = tuple(other_flow(flow) for flow in sorted(flows))
        return tuple(replace(trigger, match_related=(*trigger.match_related, *others)) for trigger in triggers)

    def _actions(self, detail: str) -> list[ActionSpec]:
        to = counterparts(
            self.alert,
            task=self.target.kind == "task-run",
            task_id=self.target.task_id,
            airflow_version=self.airflow_version,
        )
        message = Message(
            translate(self.subject, to) or default_subject(self.alert, self.target),
            translate(self.body, to) or default_body(self.alert, self.target, detail),
        )
        payload = translate(self.payload, to) or default_payload(self.alert)
        if self.parameters is not None and not self.run:
            raise InvalidAlertError("parameters= are for a deployment; name it with run=")
        told = one_or_more(self.notify)
        callbacks = [*(each for each in told if not isinstance(each, str)), *one_or_more(self.callback)]
        found: list[ActionSpec] = [
            *notifications((each for each in told if isinstance(each, str)), message),
            *callback_runs(
                callbacks,
                alert=self.alert,
                lost_task=self.lost_task,
                lost_tasks=self.lost_tasks,
                deployment=self.callback_deployment,
                airflow_version=self.airflow_version,
            ),
            *webhooks(names(self.webhook), payload),
            *runs(self.run, self.parameters or {}, to),
        ]
        if self.pause_schedule:
            found.append(PlainAction({"type": "pause-deployment", "source": "inferred"}))
        return found + own_actions(self.actions)


def names(given: Names) -> tuple[str, ...]:
    """One name, or several."""
    return ((given,) if given else ()) if isinstance(given, str) else tuple(given)


def one_or_more(given: Any) -> tuple[Any, ...]:
    """One thing or several; an empty text is none."""
    if isinstance(given, (list, tuple)):
        return tuple(given)
    return () if given is None or given == "" else (given,)


def _flow_names(given: Flows) -> tuple[str, ...]:
    if isinstance(given, str):
        return names(given)
    from prefect import Flow

    found = []
    for flow in (given,) if isinstance(given, Flow) or not isinstance(given, Sequence) else given:
        if isinstance(flow, str):
            found.append(flow)
        elif isinstance(flow, Flow):
            found.append(flow.name)
        else:
            kind = type(flow).__name__
            raise InvalidAlertError(f"a {kind} was given for a flow; give a flow or its name, or task='flow/task'")
    return tuple(found)
