"""Each alert fires once, for its own flow, deployment, task or tag, and a simulation agrees."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from alert_receiver import PAYLOAD, Receiver, receiving
from prefect import flow, task
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.events import emit_event
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, Cancelled, Completed, Crashed, Failed, Late, Pending, Running

from airflow_compat import automations
from airflow_compat.automations._specs import AutomationSpec

# They wait for times to run out, for two minutes together.
pytestmark = [pytest.mark.stress]

TEN = timedelta(seconds=10)
BUILDERS: dict[str, Callable[..., AutomationSpec]] = {
    "on_failure": automations.on_failure,
    "on_success": automations.on_success,
    "on_retry": automations.on_retry,
    "on_skipped": automations.on_skipped,
}

# How a run ends, and which alerts are to tell of it.
WAYS: dict[str, tuple[str, ...]] = {
    "completed": ("on_success",),
    "delivered": ("on_success",),
    "failed": ("on_failure",),
    "rejected": ("on_failure",),
    "timed out": ("on_failure",),
    "crashed": ("on_failure",),
    "cancelled": (),
    "skipped": ("on_skipped",),
    "retried": ("on_retry", "on_success"),
    "retried in vain": ("on_retry", "on_failure"),
}
STATES: dict[str, Callable[[], State[Any]]] = {
    "completed": Completed,
    "delivered": lambda: Completed(name="Delivered"),
    "failed": Failed,
    "rejected": lambda: Failed(name="Rejected"),
    "crashed": Crashed,
    "cancelled": Cancelled,
    "skipped": lambda: Completed(name="Skipped"),
}


@pytest.fixture
def receiver(unique: str) -> Iterator[Receiver]:
    """A webhook with a block of the test's name. Deletes the test's alerts at the end."""
    with receiving() as receiver:
        Webhook(method="POST", url=receiver.url).save(unique)
        yield receiver
        automations.delete(owner=unique)


def alert(builder: Callable[..., AutomationSpec], unique: str, key: str, **arguments: Any) -> AutomationSpec:
    return builder(**arguments, key=key, webhook=unique, payload=PAYLOAD.replace("KEY", key))


def ending(way: str) -> Callable[[], Any]:
    """Return a function that ends a flow or task in a given way."""
    tries = []

    def run() -> Any:
        tries.append(1)
        if way == "timed out":
            time.sleep(5)
        if way == "retried in vain" or (way == "retried" and len(tries) == 1):
            raise ValueError("boom")
        return STATES.get(way, Completed)()

    return run


def options(way: str) -> dict[str, Any]:
    return {
        "retries": 1 if way.startswith("retried") else 0,
        "timeout_seconds": 0.2 if way == "timed out" else None,
    }


def execute(client: SyncPrefectClient, name: str, way: str, deployment: UUID | None = None, *tags: str) -> str:
    """Run a flow that ends in a given way, and return the run's resource id."""
    ends = flow(name=name, **options(way))(ending(way))
    if deployment:
        run = client.create_flow_run_from_deployment(deployment, state=Pending())
    else:
        run = client.create_flow_run(ends, state=Pending(), tags=tags)
    run_flow(ends, flow_run=run, return_type="state")
    return f"prefect.flow-run.{run.id}"


def recorded_events(client: SyncPrefectClient, last: str) -> list[dict[str, Any]]:
    """Return the server's events, after waiting for the last run's end."""
    until = time.monotonic() + 240
    while True:
        names = {"prefix": ["prefect.flow-run.", "prefect.task-run."]}
        body = {"limit": 50, "filter": {"order": "ASC", "event": names}}
        answer = client.request("POST", "/events/filter", json=body).json()
        found = list(answer["events"])
        while following := answer["next_page"]:
            token = parse_qs(urlsplit(following).query)["page-token"][0]
            answer = client.request("GET", "/events/filter/next", params={"page-token": token}).json()
            found += answer["events"]
        ended = {event["resource"]["prefect.resource.id"] for event in found if event["event"].endswith(".Completed")}
        if last in ended:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"of {len(found)} recorded events none is the end of the last run")
        time.sleep(0.2)


def simulated(
    client: SyncPrefectClient, specs: list[AutomationSpec], last: str, expected: Counter[tuple[str, str]]
) -> Counter[tuple[str, str]]:
    """Simulate alerts with the server's events, which may arrive out of order."""
    until = time.monotonic() + 240
    while True:
        events, now = recorded_events(client, last), datetime.now(timezone.utc)
        runs = [(spec.key, run) for spec in specs for run in automations.simulate(spec, events, until=now).fired]
        found = Counter({(key, run.resource_id): len(run.fired) for key, run in runs})
        if found == expected or time.monotonic() > until:
            return found
        time.sleep(0.2)


def the_last(client: SyncPrefectClient, unique: str, receiver: Receiver, expected: Counter[tuple[str, str]]) -> str:
    """Trigger the alert `last`, check that exactly the expected alerts arrived, and return the run's resource id."""
    run = execute(client, f"{unique}-last", "completed")
    expected["last", run] += 1
    arrived = receiver.wait(lambda counted: counted["last", run] > 0 and counted.total() >= expected.total(), 60)
    assert arrived == expected
    return run


def test_flows_deployments_and_tags(unique: str, receiver: Receiver) -> None:
    one, two, tag = f"{unique}-one", f"{unique}-one-two", f"{unique}-tag"
    scopes = {"flow": {"flow": one}, "deployment": {"deployment": f"{two}/prod"}, "tag": {"tags": tag}}
    specs = [
        alert(builder, unique, f"{kind} {scope}", **target)
        for kind, builder in {**BUILDERS, "on_late_start": automations.on_late_start}.items()
        for scope, target in scopes.items()
    ]
    specs.append(alert(automations.on_success, unique, "last", flow=f"{unique}-last"))
    expected: Counter[tuple[str, str]] = Counter()

    def expect(run: str, kinds: tuple[str, ...], *of: str) -> None:
        expected.update((f"{kind} {scope}", run) for kind in kinds for scope in of)

    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name(two)
        prod, test = (client.create_deployment(flow_id, name) for name in ("prod", "prod-2"))
        assert all(outcome.done for outcome in automations.apply(specs, owner=unique))
        for way, kinds in WAYS.items():
            expect(execute(client, one, way), kinds, "flow")
            expect(execute(client, one, way, None, tag), kinds, "flow", "tag")
            expect(execute(client, two, way), kinds)
            expect(execute(client, two, way, None, f"{tag}-2"), kinds)
            expect(execute(client, two, way, prod), kinds, "deployment")
            expect(execute(client, two, way, test), kinds)
        for deployment, of in ((prod, ["deployment"]), (test, [])):
            late = client.create_flow_run_from_deployment(deployment)
            client.set_flow_run_state(late.id, Late(), force=True)
            expect(f"prefect.flow-run.{late.id}", ("on_late_start",), *of)
        last = the_last(client, unique, receiver, expected)
        assert simulated(client, specs, last, expected) == expected


def test_tasks(unique: str, receiver: Receiver) -> None:
    one, two = f"{unique}-one", f"{unique}-two"
    specs = [alert(builder, unique, kind, task=f"{one}/load") for kind, builder in BUILDERS.items()]
    specs.append(alert(automations.on_failure, unique, "any", task=f"{one}/*"))
    specs.append(alert(automations.on_success, unique, "last", flow=f"{unique}-last"))
    expected: Counter[tuple[str, str]] = Counter()

    def run_tasks(name: str) -> None:
        for way, kinds in WAYS.items():
            for task_name in ("load", "load-all"):
                # Only with a delay is a task said to await its retry.
                delay = 0.1 if way == "retried in vain" else 0
                ends = task(name=task_name, retry_delay_seconds=delay, **options(way))(ending(way))
                run = f"prefect.task-run.{ends(return_state=True).state_details.task_run_id}"
                if name == one and task_name == "load":
                    expected.update((kind, run) for kind in kinds)
                if name == one and "on_failure" in kinds:
                    expected["any", run] += 1

    assert all(outcome.done for outcome in automations.apply(specs, owner=unique))
    for name in (one, two):
        flow(name=name)(run_tasks)(name)
    with get_client(sync_client=True) as client:
        last = the_last(client, unique, receiver, expected)
        assert simulated(client, specs, last, expected) == expected


def test_time_limits(unique: str, receiver: Receiver) -> None:
    one, two = f"{unique}-one", f"{unique}-two"
    specs = [
        alert(automations.on_sla_miss, unique, "sla", flow=one, sla=TEN),
        alert(automations.on_zombie, unique, "zombie", flow=two, within=TEN),
        alert(automations.on_sla_miss, unique, "again", flow=f"{unique}-again", sla=TEN),
        alert(automations.on_success, unique, "last", flow=f"{unique}-last"),
    ]
    assert all(outcome.done for outcome in automations.apply(specs, owner=unique))
    expected: Counter[tuple[str, str]] = Counter()

    with get_client(sync_client=True) as client:

        def begin(name: str) -> UUID:
            run = client.create_flow_run(flow(name=name)(ending("completed")), state=Pending())
            client.set_flow_run_state(run.id, Running())
            return run.id

        runs = [begin(one) for _ in range(20)]
        in_time, late = runs[:10], runs[10:]
        for run, state in zip(
            in_time, [*(make() for make in STATES.values()), Completed(), AwaitingRetry(), Failed()], strict=True
        ):
            client.set_flow_run_state(run, state, force=True)
        # The ninth is tried again, in time; a late one is tried again after its alert.
        client.set_flow_run_state(in_time[8], Running(), force=True)
        client.set_flow_run_state(in_time[8], Completed())
        expected.update(("sla", f"prefect.flow-run.{run}") for run in late)

        killed, ended = begin(two), begin(two)
        for run in (killed, ended):
            heartbeat(run, two)
        client.set_flow_run_state(ended, Completed(name="Delivered"))
        begin(two)
        expected["zombie", f"prefect.flow-run.{killed}"] += 1

        receiver.wait(lambda counted: counted.total() >= expected.total(), 60)
        assert client.read_flow_run(killed).state_type is StateType.CRASHED
        for run in late:
            client.set_flow_run_state(run, AwaitingRetry(), force=True)
            client.set_flow_run_state(run, Running(), force=True)
        # By the time that this one is told of, a second alert for the others would have come.
        again = begin(f"{unique}-again")
        expected["again", f"prefect.flow-run.{again}"] += 1
        receiver.wait(lambda counted: counted.total() >= expected.total(), 60)
        for run in (*late, again):
            client.set_flow_run_state(run, Completed())
        last = the_last(client, unique, receiver, expected)
        assert simulated(client, specs, last, expected) == expected


def heartbeat(run: UUID, flow_name: str) -> None:
    """Send a heartbeat of a run's process."""
    emit_event(
        "prefect.flow-run.heartbeat",
        resource={"prefect.resource.id": f"prefect.flow-run.{run}", "prefect.resource.name": "wise-owl"},
        related=[
            {
                "prefect.resource.id": f"prefect.flow.{UUID(int=0)}",
                "prefect.resource.role": "flow",
                "prefect.resource.name": flow_name,
            }
        ],
    )
