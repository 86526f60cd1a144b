"""What Prefect's API takes, turned back into specs: the builders' triggers, all others, and names in place of ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_compat._specs import automation_triggers as triggers
from airflow_compat._specs.automation_forms import need_of_action, triggers_from_dict, why_plain
from airflow_compat._specs.automation_plan import Found, HeldAutomation, plan_automations
from airflow_compat._specs.automation_targets import Target
from airflow_compat._specs.automations import (
    RUN,
    AutomationSpec,
    NamedAction,
    Need,
    PlainAction,
    PlainTrigger,
    TriggerSpec,
)
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
    return AutomationSpec("k", "name", made, (PlainAction({"type": "do-nothing"}),), **fields)


@pytest.mark.parametrize("name", MADE)
def test_what_a_builder_makes_comes_back(name: str) -> None:
    data = spec(*MADE[name]).trigger_dict()
    found = triggers_from_dict(data)
    assert all(isinstance(trigger, TriggerSpec) for trigger in found)
    assert spec(*found).trigger_dict() == data


def test_one_value_and_one_related_resource_are_the_same_as_lists_of_one() -> None:
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
        ({"threshold": 3}, "its threshold is 3"),
        ({"for_each": []}, "its for_each isn't"),
        ({"for_each": [RUN, "prefect.resource.name"]}, "its for_each isn't"),
        ({"after": ["prefect.flow-run.Running"]}, "Reactive and has `after`"),
        ({"within": 60.0}, "Reactive and has `within`"),
        ({"posture": "Proactive", "within": 60.0}, "Proactive and has no `after`"),
    ],
)
def test_an_event_trigger_of_another_form_stays_as_it_is(change: dict[str, Any], why: str) -> None:
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
        ({"type": "metric", "posture": "Metric", "metric": {}}, "looks at a metric"),
    ],
)
def test_any_other_trigger_stays_as_it_is(data: dict[str, Any], why: str) -> None:
    assert triggers_from_dict(data) == (PlainTrigger(data),)
    assert why in why_plain(data)


def test_a_choice_with_one_of_another_form_stays_whole() -> None:
    data = {"type": "compound", "require": "any", "within": None, "triggers": [EVENT, {**EVENT, "threshold": 2}]}
    assert triggers_from_dict(data) == (PlainTrigger(data),)


@pytest.mark.parametrize(
    ("type_", "field", "name", "need"),
    [
        ("send-notification", "block_document", "slack-webhook/alerts", Need("notification", "slack-webhook/alerts")),
        ("call-webhook", "block_document", "webhook/hook", Need("webhook", "webhook/hook")),
        ("run-deployment", "deployment", "etl/prod", Need("deployment", "etl/prod")),
        ("pause-deployment", "deployment", "etl/prod", Need("deployment", "etl/prod")),
    ],
)
def test_a_name_stands_for_an_id(type_: str, field: str, name: str, need: Need) -> None:
    action = need_of_action({"type": type_, field: name, "more": 1})
    assert action == NamedAction({"type": type_, "more": 1}, f"{field}_id", need)
    assert action.as_dict({need: "the-id"}) == {"type": type_, "more": 1, f"{field}_id": "the-id"}


def test_an_action_without_a_name_is_left_to_others() -> None:
    assert need_of_action({"type": "run-deployment", "deployment_id": "x"}) is None
    assert need_of_action({"type": "do-nothing", "deployment": "etl/prod"}) is None
    assert need_of_action({"deployment": "etl/prod"}) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "run-deployment", "deployment": "etl/prod", "deployment_id": "x"}, "deployment_id stands beside it"),
        ({"type": "run-deployment", "deployment": "prod"}, "'prod' isn't of the form flow/name"),
        ({"type": "run-deployment", "deployment": "a/b/c"}, "isn't of the form"),
        ({"type": "run-deployment", "deployment": 7}, "7 isn't of the form"),
        ({"type": "send-notification", "block_document": "alerts"}, "isn't of the form type/name"),
        ({"type": "call-webhook", "block_document": "slack-webhook/alerts"}, "webhook/NAME"),
    ],
)
def test_a_name_that_names_nothing_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAlertError, match=message):
        need_of_action(data)


def test_tags_and_the_switch_are_planned_too() -> None:
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
    assert plan(held(enabled=True)) == ("unchanged", ("switched on on the server, and left so",), True)
    assert plan(held(tags=item.data["tags"][:2])) == ("update", ("differs in tags",), False)


def test_a_named_deployment_that_is_not_there_is_refused() -> None:
    action = need_of_action({"type": "pause-deployment", "deployment": "etl/prod"})
    assert action is not None
    made = AutomationSpec("k", "name", triggers_from_dict(EVENT), (action,))
    (item,) = plan_automations([made], [], {action.need: Found(problem="there is none")}, owner="team")
    assert (item.action, item.notes) == ("refused", ("there is none",))
