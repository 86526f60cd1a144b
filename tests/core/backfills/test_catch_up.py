"""Which late runs are kept, and which are cancelled."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from airflow_compat.backfills._catch_up import LateRun, plan_catch_up


def late(name: str, hour: int) -> LateRun:
    return LateRun(f"id of {name}", name, datetime(2026, 11, 20, hour, tzinfo=timezone.utc), "Late")


# Two schedules have their latest runs at the same time.
RUNS = [late("b", 2), late("c", 3), late("a", 1), late("d", 3)]


@pytest.mark.parametrize(("policy", "kept"), [("latest", "cd"), ("all", "abcd"), ("none", "")])
def test_policy_decides_which_runs_are_kept(policy: Any, kept: str) -> None:
    planned = plan_catch_up(RUNS, policy)
    assert [run.name for run in planned] == ["a", "b", "c", "d"]
    assert "".join(run.name for run in planned if run.action == "keep") == kept


@pytest.mark.parametrize("policy", ["latest", "all", "none"])
def test_no_late_runs(policy: Any) -> None:
    assert plan_catch_up([], policy) == []


def test_earlier_run_is_cancelled() -> None:
    assert [run.action for run in plan_catch_up(RUNS[:2], "latest")] == ["cancel", "keep"]
    assert plan_catch_up(RUNS[:1], "latest") == RUNS[:1]


def test_run_as_json_data() -> None:
    assert late("a", 1).as_dict() == {
        "flow_run_id": "id of a",
        "name": "a",
        "scheduled_for": "2026-11-20T01:00:00+00:00",
        "state": "Late",
        "action": "keep",
        "error": "",
    }
