"""The start and the end of a task instance, from the task runs that show it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import TaskRun

from airflow_compat._prefect.instance_keys import MARKER, TRY
from airflow_compat._prefect.runs import instance_times

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)


def _shown(prefix: str, start: int, end: int | None) -> TaskRun:
    return TaskRun(
        task_key=f"{prefix}load",
        dynamic_key=str(uuid4()),
        start_time=_at(start),
        end_time=None if end is None else _at(end),
    )


def _at(second: int) -> datetime:
    return BEGIN + timedelta(seconds=second)


@pytest.mark.parametrize(
    ("runs", "start", "end"),
    [
        pytest.param([_shown(TRY, 0, 5)], 0, 5, id="ended"),
        pytest.param([_shown(TRY, 0, None)], 0, None, id="running"),
        pytest.param([_shown(TRY, 0, 5), _shown(TRY, 7, 9)], 7, 9, id="second try"),
        pytest.param([_shown(MARKER, 3, 3)], None, 3, id="never ran"),
        pytest.param([_shown(TRY, 0, 5), _shown(MARKER, 8, 8)], 0, 5, id="marked after its end"),
        pytest.param([_shown(TRY, 0, 9), _shown(MARKER, 8, 8)], 0, 8, id="killed, and blocked until later"),
        pytest.param([_shown(TRY, 0, None), _shown(MARKER, 8, 8)], 0, 8, id="killed, without an end"),
    ],
)
def test_times_are_those_of_the_last_try(runs: list[TaskRun], start: int | None, end: int | None) -> None:
    assert instance_times(runs) == (None if start is None else _at(start), None if end is None else _at(end))
