"""How the result of a run is shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow_compat.dags._result import DagRunResult, TaskInstanceResult

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def instance(task_id: str, seconds: float | None, *, is_hosted: bool = False) -> TaskInstanceResult:
    end = None if seconds is None else START + timedelta(seconds=seconds)
    state = "upstream_failed" if seconds is None else "success"
    return TaskInstanceResult(task_id, -1, state, 1, None if end is None else START, end, is_hosted)


def shown(*instances: TaskInstanceResult) -> list[str]:
    return str(DagRunResult("etl", "manual__1", "success", "success", None, instances)).splitlines()[1:]


def test_a_run_with_hosted_tasks_shows_where_they_ran_and_how_long() -> None:
    assert shown(instance("a", 0.5), instance("b", 1.25, is_hosted=True), instance("c", 2, is_hosted=True)) == [
        "  a  success              0.50 s",
        "  b  success              1.25 s  hosted",
        "  c  success              2.00 s  hosted",
        "  native: 1 task, 0.50 s; hosted: 2 tasks, 3.25 s",
    ]


def test_a_run_without_hosted_tasks_shows_no_places() -> None:
    assert shown(instance("a", 0.5), instance("b", None)) == [
        "  a  success              0.50 s",
        "  b  upstream_failed",
    ]
