"""A run's dates, from its moment, schedule and labels, and the dates of its neighbours."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat._airflow.data_interval import (
    LABEL_END,
    LABEL_LOGICAL_DATE,
    LABEL_RUN_TYPE,
    LABEL_START,
    RunDates,
    make_run_dates,
    neighbours,
    read_labels,
    run_id,
)
from airflow_compat._airflow.ticks import CronTicks, IntervalTicks
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import AirflowCompatError, InvalidRunDatesError

DAY = timedelta(days=1)
NOON = datetime(2024, 3, 5, 12, tzinfo=timezone.utc)
MIDNIGHT = datetime(2024, 3, 5, tzinfo=timezone.utc)
# What Airflow 2.11 gave to a run of a DAG with `@daily` that its scheduler knew as its own.
RECORDED = RunDates("backfill", NOON.replace(hour=6, minute=7, second=8), MIDNIGHT - DAY, MIDNIGHT, MIDNIGHT)

versions = pytest.mark.parametrize("version", ["2", "3"])
needs_croniter = pytest.mark.skipif(find_spec("croniter") is None, reason="croniter isn't installed")


class Daily:
    """Ticks at each midnight in UTC."""

    def before(self, moment: datetime) -> datetime:
        return self.latest_end(moment - timedelta(microseconds=1))

    def after(self, moment: datetime) -> datetime:
        return self.latest_end(moment) + DAY

    def latest_end(self, moment: datetime) -> datetime:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class Never:
    """A schedule without ticks."""

    def before(self, moment: datetime) -> None:
        return None

    after = latest_end = before


def make(kind: str, moment: datetime, version: AirflowVersion, ticks: Any = None, **labels: str) -> RunDates:
    marks = read_labels({f"airflow-compat.{name.replace('_', '-')}": value for name, value in labels.items()})
    return make_run_dates(kind, moment, Daily() if ticks is None else ticks, marks, airflow_version=version)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "backfill"])
def test_airflow_3_dates_are_all_the_runs_moment(run_type: str) -> None:
    assert make(run_type, NOON, "3") == RunDates(run_type, NOON, NOON, NOON, NOON)


def test_airflow_2_scheduled_run_has_interval_ending_at_its_moment() -> None:
    yesterday = MIDNIGHT - DAY
    assert make("scheduled", MIDNIGHT, "2") == RunDates("scheduled", yesterday, yesterday, MIDNIGHT, MIDNIGHT)


def test_airflow_2_manual_run_has_last_complete_interval() -> None:
    assert make("manual", NOON, "2") == RunDates("manual", NOON, MIDNIGHT - DAY, MIDNIGHT, NOON)
    assert make("manual", MIDNIGHT, "2") == RunDates("manual", MIDNIGHT, MIDNIGHT - DAY, MIDNIGHT, MIDNIGHT)


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "backfill"])
def test_airflow_2_dates_without_ticks_are_the_runs_moment(run_type: str) -> None:
    expected = RunDates(run_type, NOON, NOON, NOON, NOON)
    assert make(run_type, NOON, "2", Never()) == expected
    assert make_run_dates(run_type, NOON, None, read_labels({}), airflow_version="2") == expected


@versions
def test_each_label_overrides_its_date(version: AirflowVersion) -> None:
    plain = make("scheduled", MIDNIGHT, version)
    date, start, end = utc("2023-01-02"), utc("2023-01-01"), utc("2025-01-03")
    assert make("scheduled", MIDNIGHT, version, run_type="manual").run_type == "manual"
    assert make("scheduled", MIDNIGHT, version, logical_date=date.isoformat()).logical_date == date
    only_start = make("scheduled", MIDNIGHT, version, data_interval_start=start.isoformat())
    assert only_start == RunDates("scheduled", plain.logical_date, start, plain.data_interval_end, MIDNIGHT)
    only_end = make("scheduled", MIDNIGHT, version, data_interval_end=end.isoformat())
    assert only_end == RunDates("scheduled", plain.logical_date, plain.data_interval_start, end, MIDNIGHT)


@pytest.mark.parametrize(
    ("run_type", "version", "start", "end"),
    [
        ("backfill", "3", NOON, NOON),
        ("manual", "3", NOON, NOON),
        ("backfill", "2", NOON, MIDNIGHT + DAY),
        ("scheduled", "2", NOON, MIDNIGHT + DAY),
        ("manual", "2", MIDNIGHT - DAY, MIDNIGHT),
    ],
)
def test_interval_follows_labelled_date(run_type: str, version: AirflowVersion, start: datetime, end: datetime) -> None:
    executed = NOON + 400 * DAY
    dates = make("manual", executed, version, logical_date=NOON.isoformat(), run_type=run_type)
    # A backfill stands for the run that the scheduler would have started, once the interval was over.
    assert dates == RunDates(run_type, NOON, start, end, end if run_type == "backfill" else executed)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-05T12:00:00+00:00", NOON),
        ("2024-03-05T12:00:00Z", NOON),
        ("2024-03-05T14:00:00+02:00", NOON),
        ("2024-03-05 12:00", NOON),
        ("2024-03-05", MIDNIGHT),
        ("2024-03-05T12:00:00.000009+00:00", NOON.replace(microsecond=9)),
    ],
)
def test_label_without_offset_is_in_utc(text: str, moment: datetime) -> None:
    read = read_labels({LABEL_LOGICAL_DATE: text}).logical_date
    assert read == moment
    assert read.tzinfo == timezone.utc


@pytest.mark.parametrize("name", [LABEL_LOGICAL_DATE, LABEL_START, LABEL_END, LABEL_RUN_TYPE])
@pytest.mark.parametrize("value", ["", "soon", "2024-13-01", "0001-01-01T00:00:00+05:00", "Z", 5, 1.5, True])
def test_malformed_label_raises_error_with_its_name(name: str, value: object) -> None:
    with pytest.raises(InvalidRunDatesError, match=f"label {name} is {re.escape(repr(value))}. Use ") as caught:
        read_labels({name: value})
    assert isinstance(caught.value, AirflowCompatError)
    assert caught.value.__cause__ is None


def test_interval_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidRunDatesError, match=f"{LABEL_START} to an earlier date than {LABEL_END}"):
        make("scheduled", MIDNIGHT, "3", data_interval_end="2024-03-04")


def test_other_labels_are_ignored() -> None:
    marks = read_labels({"prefect.flow.id": "1", "team": "data"})
    assert marks == read_labels({})
    assert not marks.are_complete
    labels = dict.fromkeys((LABEL_LOGICAL_DATE, LABEL_START, LABEL_END), "2024-03-05")
    assert read_labels(labels).are_complete


def test_run_id_has_logical_date_in_airflow_2_and_start_in_3() -> None:
    dates = make("scheduled", MIDNIGHT, "2")
    assert run_id(dates, airflow_version="2") == "scheduled__2024-03-04T00:00:00+00:00"
    assert run_id(dates, airflow_version="3") == "scheduled__2024-03-05T00:00:00+00:00"
    dates = make("manual", NOON.replace(microsecond=562818), "3", logical_date="2024-01-01")
    assert run_id(dates, airflow_version="3") == "manual__2024-03-05T12:00:00.562818+00:00"
    dates = make("manual", NOON, "3", logical_date="2024-01-01", run_type="backfill")
    assert run_id(dates, airflow_version="3") == "backfill__2024-01-01T00:00:00+00:00"


def test_neighbouring_runs_match_airflow_2_recordings() -> None:
    assert neighbours(RECORDED, Daily()) == {
        "prev_ds": "2024-03-05",
        "prev_ds_nodash": "20240305",
        "prev_execution_date": MIDNIGHT,
        "next_ds": "2024-03-05",
        "next_ds_nodash": "20240305",
        "next_execution_date": MIDNIGHT,
        "yesterday_ds": "2024-03-04",
        "yesterday_ds_nodash": "20240304",
        "tomorrow_ds": "2024-03-06",
        "tomorrow_ds_nodash": "20240306",
    }


def test_neighbouring_runs_follow_schedule_or_manual_run() -> None:
    keys = neighbours(make("scheduled", MIDNIGHT, "2"), Daily())
    assert (keys["prev_execution_date"], keys["next_execution_date"]) == (MIDNIGHT - 2 * DAY, MIDNIGHT)
    assert (keys["prev_ds"], keys["next_ds_nodash"]) == ("2024-03-03", "20240305")
    keys = neighbours(make("manual", NOON, "2"), Daily())
    assert (keys["prev_execution_date"], keys["next_execution_date"]) == (NOON, NOON)
    assert (keys["prev_ds"], keys["next_ds"]) == ("2024-03-05", "2024-03-05")


@pytest.mark.parametrize("ticks", [None, Never()])
def test_run_without_schedule_has_no_neighbours(ticks: Any) -> None:
    keys = neighbours(RECORDED, ticks)
    assert {key for key, value in keys.items() if value is None} == {
        f"{side}_{key}" for side in ("prev", "next") for key in ("ds", "ds_nodash", "execution_date")
    }
    assert (keys["yesterday_ds"], keys["tomorrow_ds"]) == ("2024-03-04", "2024-03-06")


@given(
    st.timedeltas(timedelta(microseconds=1), timedelta(days=400)),
    st.timedeltas(timedelta(days=-40_000), timedelta(days=60_000)),
)
def test_interval_in_utc_is_elapsed_time(interval: timedelta, since: timedelta) -> None:
    moment = NOON + since
    ticks = IntervalTicks(interval)
    assert ticks.before(moment) == moment - interval
    assert ticks.after(moment) == moment + interval
    assert ticks.latest_end(moment) == moment


def test_days_follow_calendar_and_hours_are_elapsed_time() -> None:
    turned_on, turned_back = utc("2024-03-31 07:00"), utc("2024-10-27 08:00")
    daily = IntervalTicks(DAY, "Europe/Berlin")
    assert daily.before(turned_on) == utc("2024-03-30 08:00")
    assert daily.before(turned_back) == utc("2024-10-26 07:00")
    assert daily.after(utc("2024-10-26 07:00")) == turned_back
    hourly = IntervalTicks(timedelta(hours=1), "Europe/Berlin")
    assert [hourly.before(utc(f"2024-10-27 0{hour}:30")) for hour in (1, 2)] == [
        utc("2024-10-27 00:30"),
        utc("2024-10-27 01:30"),
    ]
    assert IntervalTicks(timedelta(days=1, hours=2), "Europe/Berlin").before(turned_on) == utc("2024-03-30 06:00")


# In Berlin, 02:00 to 03:00 is skipped on 2024-03-31 and shown twice on 2024-10-27; the times here are in UTC.
@needs_croniter
@pytest.mark.parametrize(
    ("cron", "ticks"),
    [
        ("0 * * * *", "03-31 00:00, 03-31 01:00, 03-31 02:00"),
        ("*/30 * * * *", "03-31 00:30, 03-31 01:00, 03-31 01:30, 03-31 02:00"),
        ("30 2 * * *", "03-30 01:30, 03-31 01:30, 04-01 00:30"),
        ("15 2,3 * * *", "03-30 02:15, 03-31 01:15, 04-01 00:15"),
        ("0 * * * *", "10-26 23:00, 10-27 00:00, 10-27 02:00, 10-27 03:00"),
        ("*/30 * * * *", "10-27 00:00, 10-27 00:30, 10-27 02:00"),
        ("30 2 * * *", "10-26 00:30, 10-27 00:30, 10-28 01:30"),
        ("30 3 * * *", "10-26 01:30, 10-27 02:30, 10-28 02:30"),
    ],
)
def test_cron_ticks_follow_prefect_at_clock_changes(cron: str, ticks: str) -> None:
    moments = [utc(f"2024-{text}") for text in ticks.split(", ")]
    steps = CronTicks(cron, "Europe/Berlin")
    assert [steps.before(moment) for moment in moments[1:]] == moments[:-1]
    assert [steps.after(moment) for moment in moments[:-1]] == moments[1:]
    assert [steps.latest_end(moment) for moment in moments] == moments
    assert [steps.latest_end(moment + timedelta(microseconds=1)) for moment in moments] == moments


@needs_croniter
def test_cron_finds_ticks_before_clock_change() -> None:
    ticks = CronTicks("20 2 * * *", "Europe/Berlin")
    assert ticks.after(utc("2024-03-31 01:10")) == utc("2024-03-31 01:20")
    assert ticks.before(utc("2024-10-27 01:10")) == utc("2024-10-27 00:20")
    assert CronTicks("*/30 * * * *", "Europe/Berlin").before(utc("2024-10-27 01:05")) == utc("2024-10-27 00:30")


@needs_croniter
def test_day_or_false_requires_both_day_fields() -> None:
    friday_13th = utc("2024-09-13")
    assert CronTicks("0 0 13 * 5", day_or=False).before(utc("2024-12-01")) == friday_13th
    assert CronTicks("0 0 13 * 5").before(utc("2024-12-01")) == utc("2024-11-29")


@needs_croniter
def test_impossible_day_has_no_ticks() -> None:
    ticks = CronTicks("0 0 30 2 *")
    assert (ticks.before(NOON), ticks.after(NOON), ticks.latest_end(NOON)) == (None, None, None)
    assert make("scheduled", NOON, "2", ticks) == RunDates("scheduled", NOON, NOON, NOON, NOON)
