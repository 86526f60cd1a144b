"""A backfill's plan for each interval, depending on the existing runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from airflow_compat.backfills._plan import BackfillRun, HeldRun, PlannedRun, Rerun, plan_backfill
from airflow_compat.schedules._timetable import ScheduledRun

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
RUN = ScheduledRun(START, START, START + DAY, START + DAY)
DATES = (START, START, START + DAY)


def held(state: str, *, began: bool = True, name: str = "run") -> HeldRun:
    return HeldRun(name, state, state.title(), began)


def planned(rerun: Rerun = "none", *ours: HeldRun, own: HeldRun | None = None) -> PlannedRun:
    [found] = plan_backfill([RUN], {START: list(ours)}, {START + DAY: own} if own else {}, rerun=rerun)
    return found


def test_interval_without_a_run_is_created() -> None:
    assert planned() == PlannedRun(RUN, "create")


@pytest.mark.parametrize("state", ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"])
@pytest.mark.parametrize("rerun", ["none", "failed", "completed"])
def test_unfinished_run_is_kept(state: str, rerun: Rerun) -> None:
    assert planned(rerun, held(state)).action == "running"


@pytest.mark.parametrize(
    ("state", "again"),
    [
        ("COMPLETED", {"completed"}),
        ("FAILED", {"failed", "completed"}),
        ("CRASHED", {"failed", "completed"}),
        ("CANCELLED", {"failed", "completed"}),
    ],
)
def test_ended_run_is_repeated_on_request(state: str, again: set[Rerun]) -> None:
    rerun: Rerun
    for rerun in ("none", "failed", "completed"):
        assert planned(rerun, held(state)).action == ("rerun" if rerun in again else "exists")


def test_run_cancelled_before_start_does_not_count() -> None:
    assert planned("none", held("CANCELLED", began=False)) == PlannedRun(RUN, "create", "run")
    assert planned("none", held("CANCELLED")).action == "exists"
    assert planned("none", held("FAILED", began=False)).action == "exists"


def test_latest_backfill_run_takes_precedence() -> None:
    first, second, own = held("FAILED"), held("COMPLETED", name="second"), held("RUNNING", name="own")
    assert planned("none", first, second, own=own) == PlannedRun(RUN, "exists", "second", second)
    assert planned("none", own=own) == PlannedRun(RUN, "running", "", own)


def test_each_rerun_has_a_new_idempotency_key() -> None:
    request = planned().request("d", {"table": "sales"})
    assert request == {
        "name": "backfill__2026-01-01T00:00:00+00:00",
        "parameters": {"table": "sales"},
        "tags": ["airflow-compat.backfill"],
        "labels": {
            "airflow-compat.run-type": "backfill",
            "airflow-compat.logical-date": "2026-01-01T00:00:00+00:00",
            "airflow-compat.data-interval-start": "2026-01-01T00:00:00+00:00",
            "airflow-compat.data-interval-end": "2026-01-02T00:00:00+00:00",
        },
        "idempotency_key": "airflow-compat.backfill d 2026-01-01T00:00:00+00:00",
        "state": {"type": "SCHEDULED", "name": "Scheduled"},
    }
    again = planned("failed", held("FAILED")).request("d", {})
    assert again["idempotency_key"] == "airflow-compat.backfill d 2026-01-01T00:00:00+00:00 after run"


def test_interval_results() -> None:
    done = planned().outcome(held("COMPLETED"))
    assert done == BackfillRun(*DATES, "create", "run", "Completed")
    assert done.done
    failed = planned().outcome(held("FAILED"), "it failed")
    assert (failed.flow_run_id, failed.done) == ("run", False)
    nothing = planned().outcome(None, "its pool is paused")
    assert nothing == BackfillRun(*DATES, "create", reason="its pool is paused")
    assert not nothing.done
    assert nothing.as_dict() == {
        "logical_date": "2026-01-01T00:00:00+00:00",
        "data_interval_start": "2026-01-01T00:00:00+00:00",
        "data_interval_end": "2026-01-02T00:00:00+00:00",
        "action": "create",
        "flow_run_id": "",
        "state": "",
        "reason": "its pool is paused",
    }


@pytest.mark.parametrize(
    ("rerun", "action", "clears"),
    [("none", "exists", False), ("failed", "exists", False), ("completed", "rerun", True)],
)
def test_a_run_of_the_dag_counts_whatever_its_type(rerun: Rerun, action: str, clears: bool) -> None:
    manual = held("COMPLETED", name="manual")
    failed = held("FAILED", name="an earlier backfill")
    [found] = plan_backfill([RUN], {START: [failed]}, {}, rerun=rerun, of_dag={START: manual})
    assert (found.action, found.held, found.clears) == (action, manual, clears)


def test_no_worker_can_repeat_a_run_without_a_deployment() -> None:
    by_hand = HeldRun("run", "COMPLETED", "Completed", began=True, has_deployment=False)
    [found] = plan_backfill([RUN], {}, {}, rerun="completed", of_dag={START: by_hand})
    assert (found.action, found.held) == ("exists", by_hand)


def test_a_backfill_run_that_has_not_begun_is_awaited() -> None:
    waiting = held("SCHEDULED", began=False)
    [found] = plan_backfill([RUN], {START: [waiting]}, {}, rerun="none", of_dag={START: held("FAILED")})
    assert (found.action, found.held) == ("running", waiting)
