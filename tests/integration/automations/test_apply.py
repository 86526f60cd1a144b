"""Alerts on a real server: plan, apply, prune and delete, without changing other automations."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.automations import Automation
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import EventTrigger, Posture

from airflow_compat import automations, importing
from airflow_compat._prefect.client import kept_client
from airflow_compat._prefect.pages import items
from airflow_compat.automations._plan import OWNER_TAG
from airflow_compat.errors import InvalidAlertError


@pytest.fixture
def owner(unique: str) -> Iterator[str]:
    """The test's owner and a notification block of the same name. Deletes the owner's alerts at the end."""
    SlackWebhook(url="http://127.0.0.1:9/hook").save(unique)
    yield unique
    automations.delete(owner=unique)


def alerts(owner: str, *flows: str, body: str = "") -> list[automations.AutomationSpec]:
    return [automations.on_failure(flow, notify=f"slack-webhook/{owner}", body=body) for flow in flows]


def held(owner: str) -> dict[str, dict[str, Any]]:
    """Return the owner's automations by name."""
    with get_client(sync_client=True) as client:
        found: list[dict[str, Any]] = []
        while True:
            page = client.request("POST", "/automations/filter", json={"offset": len(found), "limit": 200}).json()
            found += page
            if len(page) < 200:
                return {one["name"]: one for one in found if OWNER_TAG + owner in one["tags"]}


def actions(items: Any) -> Counter[str]:
    return Counter(item.action for item in items)


def test_applying_twice_writes_once(owner: str) -> None:
    specs = [
        *alerts(owner, "a", "b"),
        automations.on_sla_miss("a", sla=timedelta(hours=1), notify=f"slack-webhook/{owner}"),
        automations.on_retry(task=["a/x", "b/y"], actions=[DoNothing()]),
        automations.on_zombie("a"),
    ]
    assert actions(automations.plan(specs, owner=owner)) == {"create": 5}
    assert held(owner) == {}
    assert all(outcome.done for outcome in automations.apply(specs, owner=owner))
    first = held(owner)
    assert len(first) == 5
    assert actions(outcome.item for outcome in automations.apply(specs, owner=owner)) == {"unchanged": 5}
    assert held(owner) == first


def test_changed_alert_is_updated_under_its_id(owner: str) -> None:
    automations.apply(alerts(owner, "a", "b"), owner=owner)
    before = held(owner)
    changed = [*alerts(owner, "a"), *alerts(owner, "b", body="another")]
    assert [item.action for item in automations.plan(changed, owner=owner)] == ["unchanged", "update"]
    automations.apply(changed, owner=owner)
    after = held(owner)
    assert after["a: on_failure"] == before["a: on_failure"]
    assert after["b: on_failure"]["id"] == before["b: on_failure"]["id"]
    assert after["b: on_failure"]["actions"][0]["body"] == "another"


def test_disabled_automation_stays_disabled(owner: str) -> None:
    automations.apply(alerts(owner, "a"), owner=owner)
    with get_client(sync_client=True) as client:
        client.pause_automation(held(owner)["a: on_failure"]["id"])
    (item,) = automations.plan(alerts(owner, "a"), owner=owner)
    assert (item.action, item.notes) == ("unchanged", ("stays disabled, as set on the server",))
    automations.apply(alerts(owner, "a", body="another"), owner=owner)
    assert held(owner)["a: on_failure"]["enabled"] is False


def test_only_own_automations_are_pruned_and_deleted(owner: str) -> None:
    trigger = EventTrigger(expect={"x"}, posture=Posture.Reactive)
    foreign = Automation(name=owner, trigger=trigger, actions=[DoNothing()], tags=["prod"]).create()
    other = f"{owner}-2"
    try:
        automations.apply(alerts(owner, "a", "b", "c"), owner=owner)
        automations.apply(alerts(owner, "a"), owner=other)
        assert [item.key for item in automations.prune(alerts(owner, "a", "b"), owner=owner)] == ["on_failure:c"]
        assert automations.prune(alerts(owner, "a", "b"), owner=owner) == ()
        assert [item.key for item in automations.delete(alerts(owner, "a"), owner=owner)] == ["on_failure:a"]
        assert list(held(owner)) == ["b: on_failure"]
        assert [item.action for item in automations.plan([], owner=owner, prune=True)] == ["delete"]
        assert len(automations.delete(owner=owner)) == 1
        assert list(held(other)) == ["a: on_failure"]
        assert Automation.read(id=foreign.id).name == owner
    finally:
        automations.delete(owner=other)
        foreign.delete()


def test_nothing_is_written_when_the_server_lacks_something(owner: str) -> None:
    Secret(value="x").save(owner)
    Webhook(url="http://127.0.0.1:9").save(owner)
    specs = [
        *alerts(owner, "fine"),
        automations.on_failure("a", notify="slack-webhook/nobody-made-this"),
        automations.on_failure("b", notify=f"secret/{owner}"),
        automations.on_failure("c", webhook="nobody-made-this"),
        automations.on_failure("d", run=f"{owner}/nobody-made-this"),
        automations.on_failure(deployment=f"{owner}/nor-this", webhook=owner),
    ]
    items = automations.plan(specs, owner=owner)
    assert [item.action for item in items] == ["create", *["refused"] * 5]
    messages = ["no block", "can't send notifications", "no block", "no deployment", "no deployment"]
    for item, message in zip(items[1:], messages, strict=True):
        assert message in item.notes[0]
    with pytest.raises(InvalidAlertError, match="nothing was written") as caught:
        automations.apply(specs, owner=owner)
    assert all(item.key in str(caught.value) for item in items[1:])
    assert held(owner) == {}


def test_notify_by_connection_id(owner: str, export: Callable[[str, object], Path]) -> None:
    connections = {
        f"{owner}_slack": {"conn_type": "slackwebhook", "password": "https://hooks.slack.com/services/T0/B0/s3cret"},
        f"{owner}_mail": {"conn_type": "smtp", "host": "127.0.0.1", "password": "s3cret"},
    }
    items = importing.plan(importing.read(export("connections.json", connections)))
    assert all(outcome.done for outcome in importing.apply(items))
    SlackWebhook(url="http://127.0.0.1:9/hook").save(f"{owner}-two")
    CustomWebhookNotificationBlock(name="two", url="http://127.0.0.1:9/").save(f"{owner}-two")

    planned = automations.plan(
        [automations.on_failure(name, notify=f"{owner}_{name}") for name in ("slack", "mail", "two", "none")],
        owner=owner,
    )
    assert [item.action for item in planned] == ["create", "refused", "refused", "refused"]
    said = [item.notes[0] for item in planned[1:]]
    assert "which can't send notifications; use a notifier" in said[0]
    assert "matches several blocks: custom-webhook, slack-webhook" in said[1]
    assert said[2].startswith(f"the server has no connection '{owner}_none'")
    assert "s3cret" not in str(planned)
    [outcome] = automations.apply([automations.on_failure("slack", notify=f"{owner}_slack")], owner=owner)
    assert outcome.done
    block = SlackWebhook.load(f"{owner}-slack")
    assert held(owner)["slack: on_failure"]["actions"][0]["block_document_id"] == str(block._block_document_id)


def test_deployments_are_found_by_flow_and_name(owner: str) -> None:
    with get_client(sync_client=True) as client:
        ids = {flow: client.create_deployment(client.create_flow_from_name(f"{owner}-{flow}"), "prod") for flow in "ab"}
    specs = [
        automations.on_failure(deployment=f"{owner}-a/prod", run=f"{owner}-b/prod", parameters={"day": "{{ ds }}"}),
        automations.on_failure(deployment=f"{owner}-b/prod", run=f"{owner}-a/prod"),
    ]
    for _ in range(2):
        outcomes = automations.apply(specs, owner=owner)
    assert actions(outcome.item for outcome in outcomes) == {"unchanged": 2}
    found = held(owner)[f"{owner}-a/prod: on_failure"]["actions"][0]
    assert found["deployment_id"] == str(ids["b"])
    assert "strftime" in found["parameters"]["day"]


def test_automation_on_two_pages_is_not_a_duplicate(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = alerts(owner, "b", "c", "d")
    automations.apply(specs, owner=owner)
    (first,) = automations.plan(alerts(owner, "a"), owner=owner)
    client = kept_client()

    class Meanwhile:
        """A server to which another process adds an automation between two pages."""

        def request(self, method: Any, path: Any, **how: Any) -> Any:
            if path == "/automations/filter" and how["json"]["offset"] == 2:
                client.request("POST", "/automations/", json=dict(first.data))
            return client.request(method, path, **how)

    monkeypatch.setattr("airflow_compat.automations._server.items", partial(items, size=2))
    monkeypatch.setattr("airflow_compat._prefect.pages.kept_client", Meanwhile)
    assert actions(automations.plan(specs, owner=owner)) == {"unchanged": 3}
    assert "a: on_failure" in held(owner)


def test_async_twins(owner: str) -> None:
    async def walk() -> list[int]:
        specs = alerts(owner, "a", "b")
        planned = await automations.aplan(specs, owner=owner)
        applied = await automations.aapply(specs, owner=owner)
        pruned = await automations.aprune(specs[:1], owner=owner)
        return [len(found) for found in (planned, applied, pruned, await automations.adelete(owner=owner))]

    assert asyncio.run(walk()) == [2, 2, 1, 1]


MANY = """
import sys
from airflow_compat import automations, importing
block, owner, count = sys.argv[1:]
specs = [automations.on_failure(f"flow-{n}", notify=f"slack-webhook/{block}") for n in range(int(count))]
outcomes = automations.apply(specs, owner=owner)
assert all(outcome.done for outcome in outcomes), [outcome.error for outcome in outcomes if outcome.error]
"""


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.stress)])
def test_concurrent_applies_create_no_duplicates(owner: str, count: int) -> None:
    command = [sys.executable, "-c", MANY, owner, owner, str(count)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(timeout=250) for process in processes] == [0, 0, 0, 0]
    found = held(owner)
    assert len(found) == count
    assert len(automations.delete(owner=owner)) == count


def test_many_alerts_are_compared_at_once(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = alerts(owner, *(f"flow-{n}" for n in range(200)))
    automations.apply(specs, owner=owner)
    asked: list[str] = []

    def counted() -> SyncPrefectClient:
        asked.append("request")
        return kept_client()

    for module in ("airflow_compat.automations._server", "airflow_compat._prefect.pages"):
        monkeypatch.setattr(f"{module}.kept_client", counted)
    outcomes = automations.apply(specs, owner=owner)
    assert actions(outcome.item for outcome in outcomes) == {"unchanged": 200}
    assert len(asked) < 10
