"""The plan of alerts against the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_compat.automations._plan import (
    Action,
    AutomationItem,
    AutomationOutcome,
    FoundNeed,
    HeldAutomation,
    duplicates,
    meanwhile,
    plan_automations,
    tags_for,
)
from airflow_compat.automations._specs import ActionSpec, AutomationSpec, Need, PlainTrigger
from airflow_compat.automations._targets import Target
from airflow_compat.automations._triggers import on_duration, on_failure

BLOCK = Need("notification", "slack-webhook/alerts")
DEPLOYMENT = Need("deployment", "callbacks/prod")
NEEDS = {BLOCK: FoundNeed("block-id"), DEPLOYMENT: FoundNeed("deployment-id")}


def spec(key: str = "k", *, body: str = "text", name: str = "etl: on_failure") -> AutomationSpec:
    data = {"type": "send-notification", "subject": "subject", "body": body}
    action = ActionSpec(data, "block_document_id", BLOCK)
    return AutomationSpec(key, name, on_failure(Target(flows=("etl",))), (action,))


def held(item: AutomationItem, *, id_: str = "1", created: str = "2026", enabled: bool = True) -> HeldAutomation:
    """The automation that the server would return for an item, with ids and defaults."""
    trigger = {**item.data["trigger"], "id": "t", "expect": item.data["trigger"]["expect"][::-1]}
    actions = [{"job_variables": None, "schedule_after": 0.0, **action} for action in item.data["actions"]]
    data = {**item.data, "id": id_, "trigger": trigger, "actions": actions, "actions_on_trigger": []}
    return HeldAutomation(id_, item.key, created, enabled, data)


def plan(
    *specs: AutomationSpec, on: tuple[HeldAutomation, ...] = (), prune: bool = False
) -> tuple[AutomationItem, ...]:
    return plan_automations(specs, on, NEEDS, owner="team", prune=prune)


def test_missing_automation_is_created_with_tags() -> None:
    (item,) = plan(spec())
    assert (item.action, item.key, item.name) == ("create", "k", "etl: on_failure")
    assert item.data["tags"] == tags_for("team", "k")
    assert item.data["actions"][0]["block_document_id"] == "block-id"
    assert item.as_dict() == {"key": "k", "action": "create", "name": "etl: on_failure", "notes": []}


def test_unsendable_data_is_refused() -> None:
    (item,) = plan(spec(body="\ud800"))
    assert (item.action, dict(item.data)) == ("refused", {})
    [note] = item.notes
    assert note == (
        "the object holds half a surrogate pair, which a request can't carry; correct the value in the alert's "
        "arguments"
    )


def test_equal_automation_is_unchanged() -> None:
    (item,) = plan(spec())
    assert [again.action for again in plan(spec(), on=(held(item),))] == ["unchanged"]


@pytest.mark.parametrize(
    ("other", "differs"),
    [(spec(body="another"), "differs in actions"), (spec(name="x"), "differs in name")],
)
def test_changed_automation_is_updated_and_stays_disabled(other: AutomationSpec, differs: str) -> None:
    (item,) = plan(spec())
    (update,) = plan(other, on=(held(item, enabled=False),))
    assert (update.action, update.id, update.data["enabled"]) == ("update", "1", False)
    assert update.notes == (differs, "stays disabled, as set on the server")


def test_changed_time_is_an_update() -> None:
    actions = spec().actions

    def sla(seconds: int) -> AutomationSpec:
        found = on_duration(Target(deployments=("a/x", "b/y")), "sla", timedelta(seconds=seconds))
        return AutomationSpec("k", "sla", found, actions)

    (item,) = plan(sla(60))
    children = [{**child, "id": "c"} for child in item.data["trigger"]["triggers"]]
    there = HeldAutomation("1", "k", "", True, {**item.data, "trigger": {**item.data["trigger"], "triggers": children}})
    assert [plan(sla(seconds), on=(there,))[0].action for seconds in (60, 61)] == ["unchanged", "update"]


def test_parameters_are_compared_exactly() -> None:
    def run(**parameters: object) -> AutomationSpec:
        data = {"type": "run-deployment", "source": "selected", "parameters": parameters}
        return AutomationSpec("k", "n", spec().triggers, (ActionSpec(data, "deployment_id", DEPLOYMENT),))

    (item,) = plan(run(source="selected", x=None))
    assert plan(run(source="selected", x=None), on=(held(item),))[0].action == "unchanged"
    assert plan(run(x=None), on=(held(item),))[0].action == "update"


@pytest.mark.parametrize("place", ["match", "match_related"])
@pytest.mark.parametrize("label", ["id", "type"])
def test_labels_are_compared_by_any_name(place: str, label: str) -> None:
    def of(value: str) -> AutomationSpec:
        labels = {label: value}
        data = {
            **spec().trigger_dict(),
            "match": labels if place == "match" else {},
            "match_related": [labels] if place == "match_related" else [],
        }
        return AutomationSpec("k", "n", (PlainTrigger(data),), (ActionSpec({"type": "do-nothing"}),))

    (item,) = plan(of("event"))
    assert [again.action for again in plan(of("event"), on=(held(item),))] == ["unchanged"]
    (update,) = plan(of("another"), on=(held(item),))
    assert (update.action, update.notes) == ("update", ("differs in trigger",))


def test_only_prune_deletes_unwanted_automations() -> None:
    items = plan(spec("a"), spec("b"))
    there = tuple(held(item, id_=item.key) for item in items)
    assert [item.action for item in plan(spec("a"), on=there)] == ["unchanged"]
    assert [(item.key, item.action, item.id) for item in plan(spec("a"), on=there, prune=True)] == [
        ("a", "unchanged", "a"),
        ("b", "delete", "b"),
    ]


def test_prune_is_refused_while_dag_files_are_unread() -> None:
    items = plan(spec("a"), spec("b"))
    there = tuple(held(item, id_=item.key) for item in items)
    incomplete = replace(spec("a"), unread_files=("dags/broken.py",))
    assert [item.action for item in plan(incomplete, on=there)] == ["unchanged"]
    unchanged, refused = plan(incomplete, on=there, prune=True)
    assert (unchanged.action, refused.action, refused.key) == ("unchanged", "refused", "b")
    assert "dags/broken.py" in refused.notes[0]


def test_oldest_duplicate_is_kept() -> None:
    (item,) = plan(spec())
    there = (held(item, id_="later", created="2026-02"), held(item, id_="first", created="2026-01"))
    assert [(found.action, found.id) for found in plan(spec(), on=there)] == [
        ("unchanged", "first"),
        ("delete", "later"),
    ]
    assert [found.id for found in duplicates(there)] == ["later"]


def test_creation_by_another_process_becomes_an_update() -> None:
    (item,) = plan(spec())
    assert meanwhile(item, None) is item
    same = meanwhile(item, held(item, id_="theirs"))
    assert (same.action, same.id) == ("unchanged", "theirs")
    other = replace(item, data={**item.data, "description": "another"})
    differs = meanwhile(item, held(other, id_="theirs"))
    assert (differs.action, differs.id, differs.notes) == ("update", "theirs", ("description",))
    deletion = plan(on=(held(item, id_="x"),), prune=True)[0]
    assert meanwhile(deletion, held(item, id_="theirs")) is deletion


def test_missing_blocks_and_deployments_are_refused() -> None:
    needs = {BLOCK: FoundNeed(problem="there is no block"), DEPLOYMENT: FoundNeed(problem="no deployment")}
    wanted = AutomationSpec("k", "n", spec().triggers, spec().actions, deployments=("callbacks/prod",))
    (item,) = plan_automations([wanted], (), needs, owner="team")
    assert (item.action, item.notes) == ("refused", ("no deployment", "there is no block"))


def test_duplicate_keys_are_refused() -> None:
    assert [item.action for item in plan(spec("a"), spec("a"), spec("b"))] == ["refused", "refused", "create"]
    assert "give each alert its own key=" in plan(spec("a"), spec("a"))[0].notes[0]


@pytest.mark.parametrize(
    ("action", "is_done"),
    [("create", True), ("update", True), ("unchanged", True), ("delete", True), ("refused", False)],
)
def test_outcome_without_error_is_done_unless_refused(action: Action, is_done: bool) -> None:
    item = AutomationItem("k", action, "etl: on_failure")
    assert AutomationOutcome(item).done is is_done
    assert not AutomationOutcome(item, "the server refused the request").done


def test_action_without_names_has_no_needs() -> None:
    plain = AutomationSpec("k", "n", spec().triggers, (ActionSpec({"type": "cancel-flow-run"}),))
    (item,) = plan_automations([plain], (), {}, owner="team")
    assert item.data["actions"] == [{"type": "cancel-flow-run"}]
