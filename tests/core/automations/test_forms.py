"""Data of Prefect's API as specs: the builders' triggers, all others, and names instead of ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_compat.automations import _triggers as triggers
from airflow_compat.automations._from_api import need_of_action, triggers_from_dict, why_plain
from airflow_compat.automations._plan import FoundNeed, HeldAutomation, plan_automations
from airflow_compat.automations._specs import (
    RUN,
    ActionSpec,
    AutomationSpec,
    Need,
    PlainTrigger,
    TriggerSpec,
)
from airflow_compat.automations._targets import Target
from airflow_compat.errors import InvalidAlertError

HOUR = timedelta(hours=1)
TARGETS = [
    Target(flows=("etl", "other")),
    Target(deployments=("etl/prod", "other/prod")),
    Target(deployments=("*/prod",), tags=("nightly",)),
    Target(tasks=("etl/load",)),
    Target(tags=("nightly",)),
    Target(everything=True),
]
KINDS = {
    "on_failure": triggers.on_failure,
    "on_success": triggers.on_success,
    "on_retry": triggers.on_retry,
    "on_duration": lambda target: triggers.on_duration(target, "sla", HOUR),
}
FLOW_KINDS = {
    "on_late_start": lambda target: triggers.on_late_start(target, HOUR),
    "on_zombie": lambda target: triggers.on_zombie(target, HOUR),
}
MADE = {
    f"{kind} of {target.label}": builder(target)
    for target in TARGETS
    for kind, builder in {**KINDS, **({} if target.tasks else FLOW_KINDS)}.items()
}
EVENT: dict[str, Any] = {
    "type": "event",
    "match": {RUN: "prefect.flow-run.*"},
    "match_related": {},
    "after": [],
    "expect": ["prefect.flow-run.Failed"],
    "for_each": [RUN],
    "posture": "Reactive",
    "threshold": 1,
    "within": 0.0,
}


def spec(*made: TriggerSpec | PlainTrigger, **fields: Any) -> AutomationSpec:
    return AutomationSpec("k", "name", made, (ActionSpec({"type": "do-nothing"}),), **fields)


@pytest.mark.parametrize("name", MADE)
def test_builder_triggers_round_trip(name: str) -> None:
    data = spec(*MADE[name]).trigger_dict()
    found = triggers_from_dict(data)
    assert all(isinstance(trigger, TriggerSpec) for trigger in found)
    assert spec(*found).trigger_dict() == data


def test_single_values_equal_lists_of_one() -> None:
    (found,) = triggers_from_dict({**EVENT, "match_related": {"prefect.resource.role": "flow"}})
    assert found == TriggerSpec(
        {RUN: ("prefect.flow-run.*",)}, ({"prefect.resource.role": ("flow",)},), ("prefect.flow-run.Failed",)
    )
    (without,) = triggers_from_dict(EVENT)
    assert isinstance(without, TriggerSpec)
    assert without.match_related == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"threshold": 3}, "the trigger's threshold is 3"),
        ({"for_each": []}, "the trigger's for_each isn't"),
        ({"for_each": [RUN, "prefect.resource.name"]}, "the trigger's for_each isn't"),
        ({"after": ["prefect.flow-run.Running"]}, "Reactive and has `after`"),
        ({"within": 60.0}, "Reactive and has `within`"),
        ({"posture": "Proactive", "within": 60.0}, "Proactive and has no `after`"),
    ],
)
def test_other_event_triggers_stay_unchanged(change: dict[str, Any], why: str) -> None:
    data = {**EVENT, **change}
    assert triggers_from_dict(data) == (PlainTrigger(data),)
    assert why in why_plain(data)
    assert PlainTrigger(data).as_dict() == data


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"type": "compound", "require": "all", "within": None, "triggers": [EVENT, EVENT]}, "several triggers"),
        ({"type": "compound", "require": "any", "within": 9.0, "triggers": [EVENT, EVENT]}, "several triggers"),
        ({"type": "compound", "require": "any", "within": None, "triggers": [EVENT]}, "several triggers"),
        ({"type": "sequence", "within": None, "triggers": [EVENT, EVENT]}, "in order"),
        ({"type": "metric", "posture": "Metric", "metric": {}}, "checks a metric"),
    ],
)
def test_other_trigger_types_stay_unchanged(data: dict[str, Any], why: str) -> None:
    assert triggers_from_dict(data) == (PlainTrigger(data),)
    assert why in why_plain(data)


def test_choice_with_another_form_stays_whole() -> None:
    data = {"type": "compound", "require": "any", "within": None, "triggers": [EVENT, {**EVENT, "threshold": 2}]}
    assert triggers_from_dict(data) == (PlainTrigger(data),)


def test_metric_trigger_needs_prefect_cloud_at_any_depth() -> None:
    metric = {"type": "metric", "posture": "Metric", "metric": {}}
    inner = {"type": "sequence", "within": None, "triggers": [EVENT, metric]}
    for data in (metric, inner, {"type": "compound", "require": "all", "within": None, "triggers": [EVENT, inner]}):
        assert spec(PlainTrigger(data)).needs == (Need("cloud", "metric"),)
    assert spec(PlainTrigger(EVENT)).needs == ()


@pytest.mark.parametrize(
    ("type_", "field", "name", "need"),
    [
        ("send-notification", "block_document", "slack-webhook/alerts", Need("notification", "slack-webhook/alerts")),
        ("call-webhook", "block_document", "webhook/hook", Need("webhook", "webhook/hook")),
        ("run-deployment", "deployment", "etl/prod", Need("deployment", "etl/prod")),
        ("pause-deployment", "deployment", "etl/prod", Need("deployment", "etl/prod")),
    ],
)
def test_name_replaces_an_id(type_: str, field: str, name: str, need: Need) -> None:
    action = need_of_action({"type": type_, field: name, "more": 1})
    assert action == ActionSpec({"type": type_, "more": 1}, f"{field}_id", need)
    assert action.as_dict({need: "the-id"}) == {"type": type_, "more": 1, f"{field}_id": "the-id"}


def test_action_without_a_name_is_not_changed() -> None:
    assert need_of_action({"type": "run-deployment", "deployment_id": "x"}) is None
    assert need_of_action({"type": "do-nothing", "deployment": "etl/prod"}) is None
    assert need_of_action({"deployment": "etl/prod"}) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "run-deployment", "deployment": "etl/prod", "deployment_id": "x"}, "deployment_id can't be combined"),
        ({"type": "run-deployment", "deployment": "prod"}, "'prod' isn't of the form flow/name"),
        ({"type": "run-deployment", "deployment": "a/b/c"}, "isn't of the form"),
        ({"type": "run-deployment", "deployment": 7}, "7 isn't of the form"),
        ({"type": "send-notification", "block_document": "alerts"}, "isn't of the form type/name"),
        ({"type": "call-webhook", "block_document": "slack-webhook/alerts"}, "webhook/NAME"),
    ],
)
def test_invalid_name_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAlertError, match=message):
        need_of_action(data)


def test_tags_and_enabled_are_planned() -> None:
    made = spec(*triggers_from_dict(EVENT), tags=("prod",), enabled=False)
    (item,) = plan_automations([made], [], {}, owner="team")
    assert (item.data["tags"][2:], item.data["enabled"]) == (["prod"], False)

    def held(**changes: Any) -> HeldAutomation:
        data = {**item.data, **changes}
        return HeldAutomation("1", "k", "", data["enabled"], data)

    def plan(there: HeldAutomation) -> tuple[str, tuple[str, ...], bool]:
        (found,) = plan_automations([made], [there], {}, owner="team")
        return found.action, found.notes, found.data["enabled"]

    assert plan(held()) == ("unchanged", (), False)
    assert plan(held(tags=item.data["tags"][::-1])) == ("unchanged", (), False)
    assert plan(held(enabled=True)) == ("unchanged", ("stays enabled, as set on the server",), True)
    assert plan(held(tags=item.data["tags"][:2])) == ("update", ("differs in tags",), False)


def test_missing_deployment_is_refused() -> None:
    action = need_of_action({"type": "pause-deployment", "deployment": "etl/prod"})
    assert action is not None
    assert action.need is not None
    made = AutomationSpec("k", "name", triggers_from_dict(EVENT), (action,))
    (item,) = plan_automations([made], [], {action.need: FoundNeed(problem="there is none")}, owner="team")
    assert (item.action, item.notes) == ("refused", ("there is none",))
