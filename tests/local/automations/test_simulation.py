"""Simulations of alerts, which agree with Prefect's own evaluation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from event_histories import START, History, generated
from prefect.events import Event
from server_triggers import fired

from airflow_compat import automations
from airflow_compat.automations._specs import AutomationSpec, PlainTrigger
from airflow_compat.errors import InvalidEventError, UnsupportedFeatureError

NOTIFY = "slack-webhook/alerts"
TEN = timedelta(seconds=10)
ALERTS = [
    automations.on_failure("etl", notify=NOTIFY),
    automations.on_failure(task="etl/load", notify=NOTIFY),
    automations.on_success(["etl", "other"], notify=NOTIFY),
    automations.on_success(task="*/load", notify=NOTIFY),
    automations.on_retry(deployment=["etl/prod", "other/test"], notify=NOTIFY),
    automations.on_skipped(tags="nightly", notify=NOTIFY),
    automations.on_sla_miss("etl", sla=TEN, notify=NOTIFY),
    automations.on_sla_miss(task="etl/*", sla=TEN, notify=NOTIFY),
    automations.on_deadline(deployment=["etl/prod", "other/prod"], interval=2 * TEN, notify=NOTIFY),
    automations.on_late_start(everything=True, notify=NOTIFY),
    automations.on_late_start("etl", grace=TEN, notify=NOTIFY, key="grace"),
    automations.on_zombie("etl", within=2.5 * TEN),
]


def moments(spec: AutomationSpec, *histories: History, until: datetime | None = None) -> list[list[float]]:
    """Return the seconds after the start at which an alert fires for each run."""
    events = [event for history in histories for event in history.events]
    runs = {run.resource_id: run for run in automations.simulate(spec, events, until=until).runs}
    return [
        [(moment - history.start).total_seconds() for moment in runs[history.id].fired] if history.id in runs else []
        for history in histories
    ]


SLA = automations.on_sla_miss("etl", sla=TEN, notify=NOTIFY)


@pytest.mark.parametrize(
    ("history", "seconds"),
    [
        (History(1).states("Pending", "Running").states("Completed", at=9.9), []),
        (History(1).states("Pending", "Running").states("Completed", at=10.1), [10.0]),
        (History(1).states("Pending", "Running"), [10.0]),
        (History(1).states("Pending", "Running").states("Skipped", at=5), []),
        (History(1).states("Pending", "Running").states("Delivered", at=5), []),
        (History(1).states("Pending", "Running").states("Cancelling", "Cancelled", at=5), []),
        # A retry neither ends the time nor starts it anew, before the alert or after it.
        (History(1).states("Pending", "Running", "AwaitingRetry", "Running").states("Completed", at=9), []),
        (History(1).states("Pending", "Running", "AwaitingRetry", "Running"), [10.0]),
        (History(1).states("Pending", "Running").states("AwaitingRetry", "Running", at=12), [10.0]),
        (History(1).states("Scheduled").states("Late", at=20), []),
        (History(1).states("Scheduled").states("Pending", "Submitting", "Running", at=100), [110.1]),
        (History(1, flow="other").states("Pending", "Running"), []),
    ],
)
def test_an_sla(history: History, seconds: list[float]) -> None:
    assert moments(SLA, history) == [seconds]


def test_sla_fires_only_for_late_runs() -> None:
    runs = [History(n).states("Pending", "Running").states("Completed", at=5 + 10 * (n % 2)) for n in range(1, 21)]
    assert moments(SLA, *runs) == [[10.0] if n % 2 else [] for n in range(1, 21)]


@pytest.mark.parametrize(
    ("history", "seconds"),
    [
        (History(1).states("Pending", "Running").heartbeat(1, 25, 49).states("Completed", at=51), []),
        (History(1).states("Pending", "Running").heartbeat(1, 25), [50.0]),
        (History(1).states("Pending", "Running").heartbeat(1).states("AwaitingRetry", "Running", at=5), [26.0]),
        (History(1).states("Pending", "Running").heartbeat(1).states("Delivered", at=5), []),
        (History(1).states("Pending", "Running").heartbeat(1).states("Paused", at=5), []),
        (History(1).states("Pending", "Running"), []),
    ],
)
def test_a_zombie(history: History, seconds: list[float]) -> None:
    assert moments(automations.on_zombie("etl", within=2.5 * TEN), history) == [seconds]


@pytest.mark.parametrize(
    ("states", "at_the_mark", "with_grace"),
    [
        (["Scheduled", "Late"], [0.1], [10.1]),
        (["Scheduled", "Late", "Pending", "Running"], [0.1], []),
        (["Scheduled", "Late", "Cancelled"], [0.1], []),
        (["Scheduled", "Late", "AwaitingConcurrencySlot"], [0.1], [10.1]),
        (["Scheduled", "Pending"], [], []),
    ],
)
def test_a_late_start(states: list[str], at_the_mark: list[float], with_grace: list[float]) -> None:
    history = History(1).states(*states)
    assert moments(automations.on_late_start("etl", notify=NOTIFY), history) == [at_the_mark]
    assert moments(automations.on_late_start("etl", grace=TEN, notify=NOTIFY), history) == [with_grace]


def test_history_ends_at_until() -> None:
    history = History(1).states("Pending", "Running")
    assert moments(SLA, history, until=START + timedelta(seconds=9)) == [[]]
    assert moments(SLA, history, until=START + timedelta(seconds=10)) == [[10.0]]


def test_runs_are_separate_and_named() -> None:
    failed, fine = History(1).states("Running", "Failed"), History(2).states("Running", "Completed")
    other = History(3, flow="other").states("Running", "Failed")
    found = automations.simulate(ALERTS[0], [*failed.events, *fine.events, *other.events])
    assert ([run.name for run in found.fired], [run.name for run in found.silent]) == (["run-1"], ["run-2"])
    assert found.key == "on_failure:etl"


def test_events_in_any_order_and_form_with_duplicates() -> None:
    history = History(1).states("Pending", "Running").states("Failed", at=20)
    events = [*reversed(history.events), *map(Event.model_validate, history.events)]
    (run,) = automations.simulate(SLA, events).runs
    assert len(run.fired) == 1
    assert len(automations.simulate(ALERTS[0], events).runs[0].fired) == 1


def test_other_triggers_are_refused() -> None:
    counts = PlainTrigger({**ALERTS[0].trigger_dict(), "threshold": 3})
    spec = replace(ALERTS[0], triggers=(counts,))
    with pytest.raises(
        UnsupportedFeatureError, match=r"on_failure:etl can't be simulated, because the trigger's threshold is 3"
    ):
        automations.simulate(spec, [])


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"event": "x", "resource": {"prefect.resource.id": "x"}, "id": str(UUID(int=1))}, "event 2 .*: occurred: "),
        ({**History(1).states("Failed").events[0], "resource": {}}, "event 2 .*: resource: "),
        ("Failed", "event 2 is a str"),
    ],
)
def test_invalid_event_is_refused(event: Any, message: str) -> None:
    with pytest.raises(InvalidEventError, match=message):
        automations.simulate(ALERTS[0], [*History(2).states("Failed").events, event])


@pytest.mark.parametrize(
    ("count", "seed"), [(30, 1), pytest.param(1000, 2, marks=pytest.mark.stress)], ids=["some", "many"]
)
def test_simulation_agrees_with_prefect(count: int, seed: int) -> None:
    histories = list(generated(count, seed))
    events = [event for history in histories for event in history.events]
    until = START + timedelta(hours=1)
    server = fired(ALERTS, events, until)
    for spec in ALERTS:
        ours = automations.simulate(spec, events, until=until)
        assert Counter(server[spec.key]) == Counter({run.resource_id: len(run.fired) for run in ours.fired}), spec.key
    assert sum(map(bool, server.values())) > len(ALERTS) / 2
