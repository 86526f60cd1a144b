"""What a set of alerts asks for, against what the server holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_compat._specs.automation_plan import (
    AutomationItem,
    Found,
    HeldAutomation,
    duplicates,
    meanwhile,
    plan_automations,
    tags_for,
)
from airflow_compat._specs.automation_targets import Target
from airflow_compat._specs.automation_triggers import on_duration, on_failure
from airflow_compat._specs.automations import AutomationSpec, Need, NotifyAction, PlainAction, PlainTrigger, RunAction

BLOCK = Need("notification", "slack-webhook/alerts")
DEPLOYMENT = Need("deployment", "callbacks/prod")
NEEDS = {BLOCK: Found("block-id"), DEPLOYMENT: Found("deployment-id")}


def spec(key: str = "k", *, body: str = "text", name: str = "etl: on_failure") -> AutomationSpec:
    action = NotifyAction("slack-webhook", "alerts", "subject", body)
    return AutomationSpec(key, name, on_failure(Target(flows=("etl",))), (action,))


def held(item: AutomationItem, *, id_: str = "1", created: str = "2026", enabled: bool = True) -> HeldAutomation:
    """What a server would hold after an item was written: with ids and what it adds by itself."""
    trigger = {**item.data["trigger"], "id": "t", "expect": item.data["trigger"]["expect"][::-1]}
    actions = [{"job_variables": None, "schedule_after": 0.0, **action} for action in item.data["actions"]]
    data = {**item.data, "id": id_, "trigger": trigger, "actions": actions, "actions_on_trigger": []}
    return HeldAutomation(id_, item.key, created, enabled, data)


def plan(
    *specs: AutomationSpec, on: tuple[HeldAutomation, ...] = (), prune: bool = False
) -> tuple[AutomationItem, ...]:
    return plan_automations(specs, on, NEEDS, owner="team", prune=prune)


def test_what_is_not_there_is_created_with_its_marks() -> None:
    (item,) = plan(spec())
    assert (item.action, item.key, item.name) == ("create", "k", "etl: on_failure")
    assert item.data["tags"] == tags_for("team", "k")
    assert item.data["actions"][0]["block_document_id"] == "block-id"
    assert item.as_dict() == {"key": "k", "action": "create", "name": "etl: on_failure", "notes": []}


def test_what_no_request_carries_is_refused() -> None:
    (item,) = plan(spec(body="\ud800"))
    assert (item.action, dict(item.data)) == ("refused", {})
    assert item.notes == (
        "it holds half a surrogate pair, which no request can carry; correct it in the alert's arguments",
    )


def test_what_is_there_is_left_alone() -> None:
    (item,) = plan(spec())
    assert [again.action for again in plan(spec(), on=(held(item),))] == ["unchanged"]


@pytest.mark.parametrize(
    ("other", "differs"),
    [(spec(body="another"), "differs in actions"), (spec(name="x"), "differs in name")],
)
def test_what_differs_is_updated_and_stays_switched_off(other: AutomationSpec, differs: str) -> None:
    (item,) = plan(spec())
    (update,) = plan(other, on=(held(item, enabled=False),))
    assert (update.action, update.id, update.data["enabled"]) == ("update", "1", False)
    assert update.notes == (differs, "switched off on the server, and left so")


def test_a_time_that_differs_is_an_update() -> None:
    actions = spec().actions

    def sla(seconds: int) -> AutomationSpec:
        found = on_duration(Target(deployments=("a/x", "b/y")), "sla", timedelta(seconds=seconds))
        return AutomationSpec("k", "sla", found, actions)

    (item,) = plan(sla(60))
    children = [{**child, "id": "c"} for child in item.data["trigger"]["triggers"]]
    there = HeldAutomation("1", "k", "", True, {**item.data, "trigger": {**item.data["trigger"], "triggers": children}})
    assert [plan(sla(seconds), on=(there,))[0].action for seconds in (60, 61)] == ["unchanged", "update"]


def test_parameters_are_compared_as_they_are() -> None:
    def run(**parameters: object) -> AutomationSpec:
        return AutomationSpec("k", "n", spec().triggers, (RunAction("callbacks/prod", parameters),))

    (item,) = plan(run(source="selected", x=None))
    assert plan(run(source="selected", x=None), on=(held(item),))[0].action == "unchanged"
    assert plan(run(x=None), on=(held(item),))[0].action == "update"


@pytest.mark.parametrize("place", ["match", "match_related"])
@pytest.mark.parametrize("label", ["id", "type"])
def test_labels_are_compared_whatever_their_names(place: str, label: str) -> None:
    def of(value: str) -> AutomationSpec:
        labels = {label: value}
        data = {
            **spec().trigger_dict(),
            "match": labels if place == "match" else {},
            "match_related": [labels] if place == "match_related" else [],
        }
        return AutomationSpec("k", "n", (PlainTrigger(data),), (PlainAction({"type": "do-nothing"}),))

    (item,) = plan(of("event"))
    assert [again.action for again in plan(of("event"), on=(held(item),))] == ["unchanged"]
    (update,) = plan(of("another"), on=(held(item),))
    assert (update.action, update.notes) == ("update", ("differs in trigger",))


def test_only_pruning_deletes_what_nobody_asks_for() -> None:
    items = plan(spec("a"), spec("b"))
    there = tuple(held(item, id_=item.key) for item in items)
    assert [item.action for item in plan(spec("a"), on=there)] == ["unchanged"]
    assert [(item.key, item.action, item.id) for item in plan(spec("a"), on=there, prune=True)] == [
        ("a", "unchanged", "a"),
        ("b", "delete", "b"),
    ]


def test_of_two_the_first_stays() -> None:
    (item,) = plan(spec())
    there = (held(item, id_="later", created="2026-02"), held(item, id_="first", created="2026-01"))
    assert [(found.action, found.id) for found in plan(spec(), on=there)] == [
        ("unchanged", "first"),
        ("delete", "later"),
    ]
    assert [found.id for found in duplicates(there)] == ["later"]


def test_what_another_process_has_created_meanwhile() -> None:
    (item,) = plan(spec())
    assert meanwhile(item, None) is item
    same = meanwhile(item, held(item, id_="theirs"))
    assert (same.action, same.id) == ("unchanged", "theirs")
    other = replace(item, data={**item.data, "description": "another"})
    differs = meanwhile(item, held(other, id_="theirs"))
    assert (differs.action, differs.id, differs.notes) == ("update", "theirs", ("description",))
    deletion = plan(on=(held(item, id_="x"),), prune=True)[0]
    assert meanwhile(deletion, held(item, id_="theirs")) is deletion


def test_what_the_server_lacks_is_refused() -> None:
    needs = {BLOCK: Found(problem="there is no block"), DEPLOYMENT: Found(problem="no deployment")}
    wanted = AutomationSpec("k", "n", spec().triggers, spec().actions, deployments=("callbacks/prod",))
    (item,) = plan_automations([wanted], (), needs, owner="team")
    assert (item.action, item.notes) == ("refused", ("no deployment", "there is no block"))


def test_two_of_one_key_are_refused() -> None:
    assert [item.action for item in plan(spec("a"), spec("a"), spec("b"))] == ["refused", "refused", "create"]
    assert "give each a key=" in plan(spec("a"), spec("a"))[0].notes[0]


def test_an_action_that_names_nothing_needs_nothing() -> None:
    plain = AutomationSpec("k", "n", spec().triggers, (PlainAction({"type": "cancel-flow-run"}),))
    (item,) = plan_automations([plain], (), {}, owner="team")
    assert item.data["actions"] == [{"type": "cancel-flow-run"}]
