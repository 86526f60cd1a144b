"""Classes of Prefect's server, used without a server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from contract import contract
from pydantic import ValidationError

from airflow_compat._prefect.internals import server_models

_TRIGGER: dict[str, Any] = {
    "type": "event",
    "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
    "match_related": [{"prefect.resource.role": ["flow"], "prefect.resource.name": ["etl"]}],
    "after": ["prefect.flow-run.Pending"],
    "expect": ["prefect.flow-run.Completed"],
    "for_each": ["prefect.resource.id"],
    "posture": "Proactive",
    "threshold": 1,
    "within": 600,
}


def _event(name: str, flow: str = "etl") -> dict[str, Any]:
    return {
        "id": "0195b1a4-9f4f-7d1c-8a53-6e1c1b6a1f10",
        "event": f"prefect.flow-run.{name}",
        "occurred": "2026-11-22T08:00:00Z",
        "resource": {"prefect.resource.id": "prefect.flow-run.1", "prefect.resource.name": "wise-owl"},
        "related": [
            {"prefect.resource.id": "prefect.flow.1", "prefect.resource.role": "flow", "prefect.resource.name": flow}
        ],
    }


@contract("server_models.event_trigger", "server_models.received_event")
def test_a_trigger_tells_which_events_it_matches() -> None:
    trigger = server_models.event_trigger(_TRIGGER)
    began, ended, other = (
        server_models.received_event(event)
        for event in (_event("Pending"), _event("Completed"), _event("Completed", flow="shop"))
    )
    assert [trigger.covers(event) for event in (began, ended, other)] == [True, True, False]
    assert [trigger.covers_resources(event.resource, event.related) for event in (began, other)] == [True, False]
    assert [trigger.starts_after(event.event) for event in (began, ended)] == [True, False]
    assert [trigger.expects(event.event) for event in (began, ended)] == [False, True]
    assert trigger.bucketing_key(began) == ("prefect.flow-run.1",)
    assert (trigger.within, trigger.threshold) == (timedelta(minutes=10), 1)


@contract("server_models.received_event")
def test_an_event_has_what_a_simulation_reads() -> None:
    event = server_models.received_event(_event("Completed"))
    assert event.resource.id == "prefect.flow-run.1"
    assert event.resource.name == "wise-owl"
    assert event.received == event.occurred
    with pytest.raises(ValidationError):
        server_models.received_event({"event": "prefect.flow-run.Completed"})


@contract("server_models.check_automation")
def test_an_automation_that_runs_itself_is_refused() -> None:
    deployment = "0195b1a4-9f4f-7d1c-8a53-6e1c1b6a1f10"
    action = {"type": "run-deployment", "source": "selected", "deployment_id": deployment}
    server_models.check_automation({"name": "any", "trigger": _TRIGGER, "actions": [action]})
    loop = {"type": "event", "expect": ["prefect.flow-run.*"], "posture": "Reactive"}
    inferred = {"type": "run-deployment", "source": "inferred"}
    with pytest.raises(ValidationError, match="infinite loop"):
        server_models.check_automation({"name": "any", "trigger": loop, "actions": [inferred]})
