"""Targets and triggers as data, matched as in Prefect."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat.automations import _triggers as triggers
from airflow_compat.automations._specs import TriggerSpec
from airflow_compat.automations._targets import Target
from airflow_compat.errors import InvalidAlertError

names = st.text(min_size=1, max_size=8).filter(
    lambda name: "/" not in name and not name.startswith("!") and name != "*"
)
HOUR = timedelta(hours=1)


def matches(pattern: str, value: str | None) -> bool:
    """Like `prefect.server.events.schemas.events.matches`."""
    if value is None:
        return False
    found = fnmatch.fnmatchcase(value, pattern.removeprefix("!"))
    return found != pattern.startswith("!")


def has_all(labels: Mapping[str, tuple[str, ...]], resource: Mapping[str, str]) -> bool:
    return all(any(matches(each, resource.get(label)) for each in wanted) for label, wanted in labels.items())


def is_about(target: Target, resource: Mapping[str, str], *related: Mapping[str, str]) -> int:
    """Count the target's triggers that match a run."""
    return sum(
        has_all(run, resource) and all(any(has_all(each, one) for one in related) for each in wanted)
        for run, wanted in target.labels()
    )


def flow_run() -> dict[str, str]:
    return {"prefect.resource.id": "prefect.flow-run.1", "prefect.resource.name": "wise-owl"}


def task_run(name: str) -> dict[str, str]:
    return {"prefect.resource.id": "prefect.task-run.1", "prefect.resource.name": name}


def related(role: str, name: str) -> dict[str, str]:
    id_ = f"prefect.tag.{name}" if role == "tag" else f"prefect.{role}.1"
    return {"prefect.resource.id": id_, "prefect.resource.role": role, "prefect.resource.name": name}


@given(names, names)
def test_flow_is_matched_by_its_exact_name(name: str, other: str) -> None:
    target = Target(flows=(name,))
    assert is_about(target, flow_run(), related("flow", name)) == 1
    assert is_about(target, flow_run(), related("flow", other)) == (name == other)
    assert not is_about(target, flow_run(), related("deployment", name))
    assert not is_about(target, task_run(f"{name}-0"), related("flow", name))
    assert not is_about(target, flow_run())


@given(st.lists(st.tuples(names, names), min_size=1, max_size=4), names, names)
def test_run_matches_at_most_one_deployment_trigger(pairs: list[tuple[str, str]], flow: str, name: str) -> None:
    target = Target(deployments=tuple("/".join(pair) for pair in pairs))
    for pair in [*pairs, (flow, name)]:
        run = [related("flow", pair[0]), related("deployment", pair[1])]
        assert is_about(target, flow_run(), *run) == (pair in pairs)


def test_star_matches_any_name() -> None:
    anywhere, all_of_etl = Target(deployments=("*/prod",)), Target(deployments=("etl/*",))
    prod = [related("flow", "load"), related("deployment", "prod")]
    test = [related("flow", "etl"), related("deployment", "test")]
    assert [is_about(anywhere, flow_run(), *run) for run in (prod, test)] == [1, 0]
    assert [is_about(all_of_etl, flow_run(), *run) for run in (prod, test)] == [0, 1]
    assert not is_about(all_of_etl, flow_run(), related("flow", "etl"))


@pytest.mark.parametrize("run", ["load-0", "load-42", "load-3f9", "load", "load[3]"])
def test_task_is_matched_by_run_names(run: str) -> None:
    etl = related("flow", "etl")
    assert is_about(Target(tasks=("etl/load",)), task_run(run), etl)
    assert is_about(Target(tasks=("etl/*",)), task_run(run), etl)
    assert is_about(Target(tasks=("*/load",)), task_run(run), related("flow", "other"))
    assert not is_about(Target(tasks=("etl/load",)), task_run(run), related("flow", "other"))
    assert not is_about(Target(tasks=("etl/load",)), flow_run(), etl)


@pytest.mark.parametrize("run", ["load-all-0", "load-all-3f9", "reload-0", "load_all-0", "load-xyz", "load-", "load3"])
def test_task_with_the_same_prefix_does_not_match(run: str) -> None:
    assert not is_about(Target(tasks=("etl/load",)), task_run(run), related("flow", "etl"))


def test_tag_alone_or_with_another_target() -> None:
    prod, etl = related("tag", "prod"), related("flow", "etl")
    assert is_about(Target(tags=("prod", "test")), flow_run(), related("flow", "x"), prod)
    assert not is_about(Target(tags=("prod",)), flow_run(), related("flow", "prod"), related("tag", "production"))
    assert is_about(Target(flows=("etl",), tags=("prod",)), flow_run(), etl, prod)
    assert not is_about(Target(flows=("etl",), tags=("prod",)), flow_run(), etl)


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (Target(flows=("etl", "load")), {"etl", "load"}),
        (Target(deployments=("etl/prod",)), {"etl"}),
        (Target(tasks=("etl/clean", "load/clean")), {"etl", "load"}),
        (Target(deployments=("*/prod",)), None),
        (Target(tasks=("*/clean",)), None),
        (Target(tags=("prod",)), None),
        (Target(everything=True), None),
    ],
)
def test_target_names_flows(target: Target, named: set[str] | None) -> None:
    assert target.names_flows == (named is not None)
    for flow in ("a", "etl", "load", "z"):
        assert target.is_about(flow) == (flow in (named or ()))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no target"),
        ({"everything": True, "flows": ("etl",)}, "everything=True can't be combined"),
        ({"flows": ("etl",), "deployments": ("etl/prod",)}, "flows and deployments"),
        ({"deployments": ("prod",)}, "'prod' isn't of the form"),
        ({"tasks": ("etl/a/b",)}, "'etl/a/b' isn't of the form"),
        ({"tasks": ("*/*",)}, "every run"),
        ({"tasks": ("*/load", "etl/clean")}, "Create two alerts"),
        ({"flows": ("!etl",)}, "begins with '!'"),
        ({"flows": ("",)}, "isn't a name of a flow"),
    ],
)
def test_invalid_target_is_refused(fields: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(InvalidAlertError, match=message):
        Target(**fields)


def expects(trigger: TriggerSpec, event: str, **labels: str) -> bool:
    resource = {**flow_run(), **{f"prefect.state-{label}": value for label, value in labels.items()}}
    return has_all(trigger.match, resource) and any(
        matches(pattern, f"prefect.flow-run.{event}") for pattern in trigger.expect
    )


FLOW = Target(flows=("etl",))
STATES = [
    ("Completed", "COMPLETED"),
    ("Cached", "COMPLETED"),
    ("Skipped", "COMPLETED"),
    ("Delivered", "COMPLETED"),
    ("RolledBack", "COMPLETED"),
    ("Failed", "FAILED"),
    ("TimedOut", "FAILED"),
    ("Rejected", "FAILED"),
    ("Crashed", "CRASHED"),
    ("Cancelled", "CANCELLED"),
    ("Cancelling", "CANCELLING"),
    ("Scheduled", "SCHEDULED"),
    ("AwaitingRetry", "SCHEDULED"),
    ("Late", "SCHEDULED"),
    ("Pending", "PENDING"),
    ("Running", "RUNNING"),
]


@pytest.mark.parametrize(
    ("trigger", "fires"),
    [
        (triggers.on_failure(FLOW), {"Failed", "TimedOut", "Rejected", "Crashed"}),
        (triggers.on_success(FLOW), {"Completed", "Cached", "Delivered", "RolledBack"}),
        (triggers.on_skipped(FLOW), {"Skipped"}),
        (triggers.on_retry(FLOW), {"AwaitingRetry"}),
        (triggers.on_late_start(FLOW, None), {"Late"}),
    ],
)
def test_alert_states(trigger: tuple[TriggerSpec, ...], fires: set[str]) -> None:
    assert {name for name, type_ in STATES if expects(trigger[0], name, name=name, type=type_)} == fires
    assert not expects(trigger[0], "heartbeat")
    assert trigger[0].as_dict()["posture"] == "Reactive"


def test_rolled_back_task_is_not_a_success() -> None:
    (trigger,) = triggers.on_success(Target(tasks=("etl/load",)))
    for name in ("Completed", "Cached", "Skilled", "Rolling", "Succeeded"):
        assert has_all({"prefect.state-name": trigger.match["prefect.state-name"]}, {"prefect.state-name": name})
    for name in ("Skipped", "RolledBack"):
        assert not has_all({"prefect.state-name": trigger.match["prefect.state-name"]}, {"prefect.state-name": name})


def test_any_final_state_prevents_an_sla_alert() -> None:
    (trigger,) = triggers.on_duration(FLOW, "sla", HOUR)
    ends = {name for name, type_ in STATES if expects(trigger, name, name=name, type=type_)}
    assert ends == {name for name, type_ in STATES if type_ not in ("SCHEDULED", "RUNNING")}
    assert "prefect.flow-run.Pending" in trigger.after
    assert "prefect.flow-run.Running" not in trigger.after


@given(st.text(min_size=3))
def test_final_state_names_prevent_a_zombie_alert(name: str) -> None:
    (trigger,) = triggers.on_zombie(FLOW, HOUR)
    assert expects(trigger, name) == (not name.startswith(("Run", "Aw")))


@pytest.mark.parametrize("within", [timedelta(seconds=9), timedelta(0), timedelta(seconds=-60), 60])
def test_too_short_time_is_refused(within: timedelta) -> None:
    with pytest.raises(InvalidAlertError, match="sla="):
        triggers.on_duration(FLOW, "sla", within)


def test_heartbeats_and_late_starts_of_tasks_are_refused() -> None:
    task = Target(tasks=("etl/load",))
    with pytest.raises(InvalidAlertError, match="heartbeats"):
        triggers.on_zombie(task, HOUR)
    with pytest.raises(InvalidAlertError, match="late start"):
        triggers.on_late_start(task, None)
