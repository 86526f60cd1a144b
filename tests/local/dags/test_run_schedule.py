"""The dates of a manual run, and of the runs before and after, from the schedule of the DAG."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from executions import collecting
from prefect.client.schemas.objects import CreatedBy, FlowRun

from airflow_compat.authoring import DAG, AssetAlias, BaseTimetable
from airflow_compat.dags._identity import dates_as_text, dates_from_text, dates_of
from airflow_compat.dags._run_schedule import neighbours_of, run_schedule_of
from airflow_compat.schedules import Asset, CronTriggerTimetable, DataInterval, Dataset, read_schedule

MOMENT = datetime(2026, 1, 5, 6, tzinfo=timezone.utc)


class _DayBefore(BaseTimetable):
    def infer_manual_data_interval(self, *, run_after: Any) -> Any:
        midnight = run_after.start_of("day")
        return DataInterval(midnight - timedelta(days=1), midnight)


def test_a_timetable_of_the_author_gives_the_interval() -> None:
    dag = DAG("sales", schedule=_DayBefore(), start_date=MOMENT)

    schedule = run_schedule_of(dag, logging.getLogger("run"))

    assert schedule.data_interval_for(MOMENT) == DataInterval(
        datetime(2026, 1, 4, tzinfo=timezone.utc), datetime(2026, 1, 5, tzinfo=timezone.utc)
    )
    assert list(schedule.runs_between(MOMENT, MOMENT)) == []


def test_a_schedule_that_prefect_does_not_have_is_told(caplog: pytest.LogCaptureFixture) -> None:
    dag = DAG("sales", schedule=[AssetAlias("orders")], start_date=MOMENT)

    schedule = run_schedule_of(dag, logging.getLogger("run"))

    assert schedule.data_interval_for(MOMENT) == DataInterval(MOMENT, MOMENT)
    assert "AssetAlias" in caplog.text


@pytest.mark.parametrize(
    ("version", "schedule", "run_type", "is_dated"),
    [
        ("3", Asset("orders"), "asset_triggered", False),
        ("2", Dataset("orders"), "dataset_triggered", True),
        # An automation of the user's own.
        ("3", None, "manual", True),
    ],
)
def test_a_run_that_an_automation_starts(version: Any, schedule: Any, run_type: str, is_dated: bool) -> None:
    flow_run = FlowRun(flow_id=uuid4(), created_by=CreatedBy(type="AUTOMATION"), expected_start_time=MOMENT)

    dates = dates_of(flow_run, None, read_schedule(schedule, airflow_version=version))

    assert (dates.run_type, dates.is_dated, dates.run_after) == (run_type, is_dated, MOMENT)
    assert dates_from_text(dates_as_text(dates)) == dates


_BERLIN = ZoneInfo("Europe/Berlin")


# Recorded from `dag.test()` of Airflow 2.11.0.
@pytest.mark.parametrize(
    ("schedule", "zone", "previous", "following", "interval"),
    [
        ("@daily", timezone.utc, "05T00:00", "05T00:00", ("04T00:00", "05T00:00")),
        ("30 6 * * 1-5", timezone.utc, "05T06:30", "05T06:30", ("04T06:30", "05T06:30")),
        ("0 6 * * *", _BERLIN, "05T05:00", "05T05:00", ("04T05:00", "05T05:00")),
        (timedelta(hours=4), timezone.utc, "05T08:34", "05T12:34", ("05T08:34", "05T12:34")),
        (CronTriggerTimetable("0 6 * * *", timezone="UTC"), timezone.utc, None, "06T06:00", ("05T12:34", "05T12:34")),
        ("@once", timezone.utc, None, None, ("05T12:34", "05T12:34")),
        (None, timezone.utc, None, None, ("05T12:34", "05T12:34")),
    ],
)
def test_dates_of_a_test_run_in_airflow_2(
    schedule: Any, zone: Any, previous: str | None, following: str | None, interval: tuple[str, str]
) -> None:
    def shown(moment: datetime | None) -> str | None:
        return None if moment is None else f"{moment.astimezone(timezone.utc):%dT%H:%M}"

    moment = datetime(2026, 3, 5, 12, 34, tzinfo=timezone.utc)
    with collecting("2"):
        dag = DAG("sales", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=zone))
    flow_run = FlowRun(flow_id=uuid4(), expected_start_time=moment)

    dates = dates_of(flow_run, moment, run_schedule_of(dag, logging.getLogger("run")), is_test=True)

    assert (shown(dates.data_interval_start), shown(dates.data_interval_end)) == interval
    around = neighbours_of(dag, dates)
    assert (shown(around["prev_execution_date"]), shown(around["next_execution_date"])) == (previous, following)
    # A run that was triggered has its own date.
    assert neighbours_of(dag, replace(dates, is_test=False))["next_execution_date"] == moment
    assert dates_from_text(dates_as_text(dates)) == dates
