"""Event filters for simulations, and descriptions of triggers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_compat.automations import _triggers as triggers
from airflow_compat.automations._descriptions import describe_trigger
from airflow_compat.automations._event_filters import filter_for
from airflow_compat.automations._specs import RUN, AutomationSpec, PlainTrigger, TriggerSpec
from airflow_compat.automations._targets import Target

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ETL = Target(flows=("etl",))


def asked(*made: tuple[TriggerSpec | PlainTrigger, ...]) -> dict[str, Any]:
    specs = [AutomationSpec(str(number), "name", each, ()) for number, each in enumerate(made)]
    found = filter_for(specs, since=NOW - HOUR, until=NOW)
    assert found.pop("occurred") == {"since": "2026-11-21T23:00:00+00:00", "until": "2026-11-22T00:00:00+00:00"}
    assert found.pop("order") == "ASC"
    return found


def of_flows(*names: str) -> dict[str, Any]:
    return {"labels": {"prefect.resource.role": ["flow"], "prefect.resource.name": list(names)}}


FLOW_RUNS, TASK_RUNS = "prefect.flow-run.", "prefect.task-run."


@pytest.mark.parametrize(
    ("made", "event", "related"),
    [
        ([triggers.on_failure(ETL)], [FLOW_RUNS], of_flows("etl")),
        ([triggers.on_zombie(ETL, HOUR), triggers.on_late_start(ETL, HOUR)], [FLOW_RUNS], of_flows("etl")),
        (
            [triggers.on_failure(Target(flows=("b", "a"))), triggers.on_retry(Target(tasks=("c/x", "a/y")))],
            [FLOW_RUNS, TASK_RUNS],
            of_flows("a", "b", "c"),
        ),
        ([triggers.on_failure(Target(deployments=("etl/prod",)))], [FLOW_RUNS], of_flows("etl")),
        # One alert is not only about flows that it names.
        ([triggers.on_failure(ETL), triggers.on_failure(Target(tags=("prod",)))], [FLOW_RUNS], None),
        ([triggers.on_failure(Target(deployments=("*/prod",)))], [FLOW_RUNS], None),
        ([triggers.on_failure(Target(everything=True))], [FLOW_RUNS], None),
        # A name with a star in it is a pattern, of another kind, to the server's filter.
        ([triggers.on_failure(Target(flows=("e*l",)))], [FLOW_RUNS], None),
        ([(TriggerSpec({}, (), ("shop.order.created", "shop.item.*")),)], ["shop.item.", "shop.order."], None),
        ([(TriggerSpec({}, (), ()),)], None, None),
        ([(TriggerSpec({}, (), ("*",)),), triggers.on_failure(ETL)], None, None),
        ([(TriggerSpec({}, (), ("heartbeat",)),)], None, None),
        ([(PlainTrigger({}),)], None, None),
    ],
)
def test_event_filter(
    made: list[tuple[TriggerSpec, ...]], event: list[str] | None, related: dict[str, Any] | None
) -> None:
    wanted = {"event": {"prefix": event} if event else None, "related": related}
    assert asked(*made) == {name: value for name, value in wanted.items() if value}


def described(make: Callable[..., tuple[TriggerSpec, ...]], target: Target, *arguments: Any) -> str:
    return describe_trigger(AutomationSpec("k", "name", make(target, *arguments), ()).trigger_dict())


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (described(triggers.on_failure, ETL), "flow-run.* of flow etl, state-type FAILED or CRASHED"),
        (
            described(triggers.on_late_start, Target(deployments=("etl/prod", "b/prod")), None),
            (
                "flow-run.Late of flow etl, deployment prod, state-name Late; or "
                "flow-run.Late of flow b, deployment prod, state-name Late"
            ),
        ),
        (
            described(triggers.on_zombie, Target(everything=True), HOUR),
            (
                "none of flow-run.Cancelled or flow-run.Cancelling or flow-run.Completed or ... within 1:00:00 after "
                "flow-run.heartbeat"
            ),
        ),
        (
            described(triggers.on_retry, Target(tasks=("etl/load",))),
            "task-run.Retrying of flow etl, name load or ..., state-name Retrying",
        ),
        (
            describe_trigger({"expect": [], "threshold": 3, "within": 60, "match": {RUN: "prefect.work-pool.x"}}),
            "any event, 3 times within 0:01:00 of work-pool.x",
        ),
        (describe_trigger({"expect": ["a"], "threshold": 1}), "a"),
        (describe_trigger({"expect": ["a"], "threshold": 0}), "a, 0 times"),
        (
            describe_trigger({"type": "compound", "require": 2, "triggers": [{"expect": ["a"]}, {"expect": ["b"]}]}),
            "2 of: a; b",
        ),
        (describe_trigger({"type": "sequence", "triggers": [{"expect": ["a"]}, {"expect": ["b"]}]}), "a; then b"),
        (describe_trigger({"type": "metric", "metric": {}}), "a metric trigger"),
    ],
)
def test_trigger_descriptions(said: str, wanted: str) -> None:
    assert said == wanted
