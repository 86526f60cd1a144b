"""Converts the arguments of an alert builder to a spec."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from .._airflow.version import DEFAULT_VERSION
from ..errors import InvalidAlertError
from . import _triggers as triggers
from ._actions import DEFAULT_DEPLOYMENT, callback_runs, notifications, own_action, runs, webhooks
from ._default_texts import default_body, default_payload, default_subject
from ._signatures import Flows, Names, TaskAlertOptions
from ._specs import ActionSpec, AutomationSpec, TriggerSpec
from ._targets import Target, other_flow
from ._template_names import counterparts
from ._translate_templates import translate

_PAUSE = ActionSpec({"type": "pause-deployment", "source": "inferred"})


@dataclass(frozen=True)
class AlertRequest:
    """The arguments of one alert. `alert` is the builder's name.

    Attributes:
        lost_task: Whether the callbacks are called for the task that ran when the process died.
        lost_tasks: The ids of the tasks for which these callbacks are called. Empty if they are called for all tasks.
    """

    alert: str
    flow: Flows
    options: TaskAlertOptions
    lost_task: bool = False
    lost_tasks: tuple[str, ...] = ()

    @classmethod
    def of(cls, alert: str, flow: Flows, options: Mapping[str, Any]) -> AlertRequest:
        """Create a request from the arguments of a call of a builder.

        Raises:
            InvalidAlertError: An argument is unknown.
        """
        known = list(TaskAlertOptions.__annotations__)
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Choose one of {', '.join(known)}."
                raise InvalidAlertError(f"{alert}() has no argument {name!r}. {hint}")
        return cls(alert, flow, cast("TaskAlertOptions", options))

    @cached_property
    def target(self) -> Target:
        options = self.options
        return Target(
            _flow_names(self.flow),
            names(options.get("deployment", "")),
            names(options.get("task", "")),
            names(options.get("tags", ())),
            options.get("everything", False),
        )

    def at_event(self) -> AutomationSpec:
        """Return a spec that fires at the alert's event; see `spec`."""
        return self.spec(getattr(triggers, self.alert)(self.target))

    def on_duration(
        self, name: str, within: timedelta, *, detail: str = "", first: Sequence[ActionSpec] = ()
    ) -> AutomationSpec:
        """Return a spec that fires when a run takes longer than `within`, which messages call `name`; see `spec`."""
        return self.spec(triggers.on_duration(self.target, name, within), detail=detail, first=first)

    def spec(
        self, fired_by: tuple[TriggerSpec, ...], *, detail: str = "", first: Sequence[ActionSpec] = ()
    ) -> AutomationSpec:
        """Return the spec. `detail` is added to the default text. Actions in `first` run before the other actions.

        Raises:
            InvalidAlertError: An action is missing or invalid, or the alert would trigger itself.
            InvalidCallbackError: See `on_failure`.
            InvalidTemplateError: See `on_failure`.
            UnsupportedFeatureError: See `on_failure`.
        """
        actions = (*first, *self._actions(detail))
        if not actions:
            raise InvalidAlertError(
                f"{self.alert} of {self.target.label} has no action. Pass notify=, callback=, webhook=, run= or "
                "actions=."
            )
        needs = [action.need for action in actions if action.need]
        flows = {need.name.partition("/")[0] for need in needs if need.kind == "deployment"}
        options, label = self.options, self.target.label
        return AutomationSpec(
            key=options.get("key") or f"{self.alert}:{label}",
            name=options.get("name") or f"{label}: {self.alert}",
            triggers=self._sparing(flows, fired_by),
            actions=actions,
            description=options.get("description") or f"{self.alert} of {label}, made by airflow_compat",
            deployments=tuple(name for name in self.target.deployments if "*" not in name.split("/")),
        )

    def _sparing(self, flows: set[str], fired_by: tuple[TriggerSpec, ...]) -> tuple[TriggerSpec, ...]:
        """Exclude from the target the flows that the alert itself runs, to avoid an endless loop.

        Raises:
            InvalidAlertError: The target names a flow that the alert runs.
        """
        for flow in sorted(flows):
            if self.target.is_about(flow):
                raise InvalidAlertError(
                    f"{self.alert} of {self.target.label} would run {flow!r} for each run of that flow, in an endless "
                    "loop. Use notify= with a block, or webhook=."
                )
        if self.target.names_flows:
            return fired_by
        others = tuple(other_flow(flow) for flow in sorted(flows))
        return tuple(replace(trigger, match_related=(*trigger.match_related, *others)) for trigger in fired_by)

    def _actions(self, detail: str) -> list[ActionSpec]:
        options = self.options
        version = options.get("airflow_version", DEFAULT_VERSION)
        to = counterparts(
            self.alert,
            task=self.target.kind == "task-run",
            task_id=self.target.task_id,
            airflow_version=version,
        )
        subject = translate(options.get("subject", ""), to) or default_subject(self.alert, self.target)
        body = translate(options.get("body", ""), to) or default_body(self.alert, self.target, detail)
        payload = translate(options.get("payload", ""), to) or default_payload(self.alert)
        if options.get("parameters") is not None and not options.get("run"):
            raise InvalidAlertError("parameters= needs a deployment. Name the deployment with run=.")
        told = one_or_more(options.get("notify", ()))
        callbacks = [*(each for each in told if not isinstance(each, str)), *one_or_more(options.get("callback", ()))]
        return [
            *notifications((each for each in told if isinstance(each, str)), subject, body),
            *callback_runs(
                callbacks,
                alert=self.alert,
                lost_task=self.lost_task,
                lost_tasks=self.lost_tasks,
                deployment=options.get("callback_deployment", DEFAULT_DEPLOYMENT),
                airflow_version=version,
            ),
            *webhooks(names(options.get("webhook", ())), payload),
            *runs(options.get("run", ""), options.get("parameters") or {}, to),
            *([_PAUSE] if options.get("pause_schedule") else ()),
            *map(own_action, options.get("actions", ())),
        ]


def names(given: Names) -> tuple[str, ...]:
    return ((given,) if given else ()) if isinstance(given, str) else tuple(given)


def one_or_more(given: Any) -> tuple[Any, ...]:
    """Return one or several values as a tuple. None and "" become an empty tuple."""
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
            raise InvalidAlertError(f"flow is a {type(flow).__name__}. Pass a flow or its name, or task='flow/task'.")
    return tuple(found)
