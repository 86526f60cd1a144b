"""Metrics from the server's data about ended runs."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat.metrics._run_samples import flow_run_samples, task_run_samples

FLOW_RUN: dict[str, Any] = {
    "start_time": "2026-01-01T00:00:03Z",
    "end_time": "2026-01-01T00:00:05.500000Z",
    "expected_start_time": "2026-01-01T00:00:00Z",
    "auto_scheduled": False,
    "state_type": "COMPLETED",
}
TASK_RUN: dict[str, Any] = {
    "name": "load-it-1f3",
    "dynamic_key": "1f3aa0",
    "task_key": "load_it-5c8e9a21",
    "flow_run_id": "a",
    "start_time": FLOW_RUN["start_time"],
    "end_time": FLOW_RUN["end_time"],
    "state_type": "COMPLETED",
    "state_name": "Completed",
}


def shown(samples: list[Any]) -> dict[str, tuple[float, dict[str, str]]]:
    return {sample.name: (sample.value, sample.tags) for sample in samples}


@pytest.mark.parametrize(
    ("state", "end"), [("COMPLETED", "success"), ("FAILED", "failed"), ("CRASHED", "failed"), ("CANCELLED", "failed")]
)
def test_a_manual_flow_run(state: str, end: str) -> None:
    tags = {"dag_id": "my_etl", "run_type": "manual"}
    assert shown(flow_run_samples({**FLOW_RUN, "state_type": state}, "my etl")) == {
        f"dagrun.duration.{end}": (2500, tags)
    }


@pytest.mark.parametrize(
    "more",
    [
        {"auto_scheduled": True},
        {"created_by": {"type": "SCHEDULE"}},
        {"labels": {"airflow-compat.run-type": "scheduled"}},
    ],
)
def test_a_scheduled_flow_run_has_a_delay(more: dict[str, Any]) -> None:
    found = shown(flow_run_samples({**FLOW_RUN, **more}, "etl"))
    assert found["dagrun.schedule_delay"] == (3000, {"dag_id": "etl"})


def test_flow_run_that_never_started_has_no_samples() -> None:
    assert flow_run_samples({**FLOW_RUN, "start_time": None, "state_type": "CANCELLED"}, "etl") == []


def test_task_runs() -> None:
    tags = {"dag_id": "etl", "task_id": "load-it"}
    assert shown(task_run_samples(TASK_RUN, "etl")) == {
        "ti.finish": (1, {**tags, "state": "success"}),
        "task.duration": (2500, tags),
        "ti_successes": (1, tags),
    }
    failed = shown(task_run_samples({**TASK_RUN, "state_type": "CRASHED", "name": "mine", "flow_run_id": None}, ""))
    assert failed["ti_failures"] == (1, {"task_id": "mine"})
    named = shown(task_run_samples({**TASK_RUN, "name": "load of 2026-01-01"}, "etl"))
    assert named["ti_successes"] == (1, {"dag_id": "etl", "task_id": "load_it"})
    assert task_run_samples({**TASK_RUN, "state_name": "Cached"}, "etl") == []
    skipped = shown(task_run_samples({**TASK_RUN, "state_name": "Skipped"}, "etl"))
    assert skipped == {"ti.finish": (1, {**tags, "state": "skipped"})}


@pytest.mark.parametrize(
    ("state_type", "state_name", "state"),
    [
        ("COMPLETED", "Completed", "success"),
        ("COMPLETED", "Skipped", "skipped"),
        ("FAILED", "UpForRetry", "up_for_retry"),
        ("FAILED", "Failed", "failed"),
    ],
)
def test_a_try_of_a_dag_file_has_its_task_id(state_type: str, state_name: str, state: str) -> None:
    run = {
        **TASK_RUN,
        "name": "group.load-it[3]",
        "task_key": "airflow_compat.try.group.load-it",
        "state_type": state_type,
        "state_name": state_name,
    }
    finish = shown(task_run_samples(run, "etl"))["ti.finish"]
    assert finish == (1, {"dag_id": "etl", "task_id": "group.load-it", "state": state})


@pytest.mark.parametrize("kind", ["marker", "summary"])
def test_a_run_that_shows_no_try_has_no_samples(kind: str) -> None:
    run = {
        **TASK_RUN,
        "task_key": f"airflow_compat.{kind}.load",
        "state_type": "FAILED",
        "state_name": "UpstreamFailed",
    }
    assert task_run_samples(run, "etl") == []
