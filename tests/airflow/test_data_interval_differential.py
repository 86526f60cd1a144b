"""A run's logical date, data interval and id, against Airflow's timetables, also where the clock is turned."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta, timezone
from functools import cache
from itertools import islice, product
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat._airflow.data_interval import DateLabels, RunDates, make_run_dates, neighbours, run_id
from airflow_compat._airflow.ticks import CronTicks, IntervalTicks
from airflow_compat._airflow.version import AirflowVersion

BASE = load("airflow.timetables.base")
INTERVAL = load("airflow.timetables.interval")
TRIGGER = load("airflow.timetables.trigger")
RUN_TYPE = load("airflow.utils.types").DagRunType

CRONS = [
    "* * * * *",
    "*/7 * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "5,35 * * * *",
    "30 */2 * * *",
    "0 */6 * * *",
    "0 0 * * *",
    "30 0 * * *",
    "30 1 * * *",
    "0 2 * * *",
    "30 2 * * *",
    "15 2,3 * * *",
    "0 3 * * *",
    "0 9-17 * * 1-5",
    "45 23 * * *",
    "0 0 * * 0",
    "30 2 * * 0",
    "0 6 * * MON,WED",
    "0 12 * * 7",
    "0 0 1 * *",
    "0 0 15,L * *",
    "0 0 1 */3 *",
    "0 0 1 1 *",
    "0 0 13 * 5",
    "0 4 29 2 *",
    "0 7 * * 1#2",
]
DELTAS = [
    timedelta(seconds=90),
    timedelta(minutes=7),
    timedelta(hours=1),
    timedelta(hours=36),
    timedelta(days=1),
    timedelta(days=1, hours=1, microseconds=5),
    timedelta(weeks=2),
]
# In Santiago and Beirut the clock skips the hour after midnight.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Santiago", "Asia/Beirut"]
YEAR = [datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(hours=hour) for hour in range(366 * 24)]
NO_LABELS = DateLabels()

each_cron = pytest.mark.parametrize(("cron", "zone"), list(product(CRONS, ZONES)))
each_delta = pytest.mark.parametrize("delta", DELTAS, ids=str)
few = settings(max_examples=25)


@cache
def turns(zone: str) -> list[datetime]:
    """When the clock is turned in 2024."""
    offsets = [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in YEAR]
    return [moment for moment, before, after in zip(YEAR[1:], offsets, offsets[1:], strict=False) if before != after]


@cache
def moments(zone: str = "UTC") -> st.SearchStrategy[datetime]:
    """Any, and more of those that are near to a turn of the clock."""
    anywhen = st.timedeltas(timedelta(days=-3000), timedelta(days=4000)).map(YEAR[0].__add__)
    near = st.timedeltas(timedelta(hours=-50), timedelta(hours=50))
    to_the_minute = near.map(lambda since: timedelta(minutes=since // timedelta(minutes=1)))
    at_turns = [st.builds(turn.__add__, near | to_the_minute) for turn in turns(zone)]
    return st.one_of(anywhen, *at_turns)


def is_shown_twice(moment: datetime, zone: str) -> bool:
    """Whether the clock shows this time twice: there Prefect takes the first and Airflow the second, or both."""
    local = datetime.fromtimestamp(moment.timestamp(), ZoneInfo(zone))
    return local.replace(fold=0).utcoffset() > local.replace(fold=1).utcoffset()  # type: ignore[operator]


def automated(timetable: Any, earliest: datetime, last: Any = None) -> Any:
    """The runs that Airflow's scheduler makes from a moment on."""
    restriction = BASE.TimeRestriction(pendulum.instance(earliest), None, True)
    while info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction):
        yield info
        last = info.data_interval


def triggered(timetable: Any, moment: datetime) -> Any:
    """The interval of a run that is triggered by hand."""
    return timetable.infer_manual_data_interval(run_after=pendulum.instance(moment))


def make(run_type: str, moment: datetime, ticks: CronTicks | IntervalTicks, version: AirflowVersion = "2") -> RunDates:
    return make_run_dates(run_type, moment, ticks, NO_LABELS, airflow_version=version)


@each_cron
@few
@given(data=st.data())
def test_a_scheduled_run_of_cron(cron: str, zone: str, data: st.DataObject) -> None:
    timetable = INTERVAL.CronDataIntervalTimetable(cron, zone)
    for info in islice(automated(timetable, data.draw(moments(zone))), 4):
        start, end = info.data_interval
        if is_shown_twice(start, zone) or is_shown_twice(end, zone):
            continue
        dates = make("scheduled", info.run_after, CronTicks(cron, zone))
        assert dates == RunDates("scheduled", info.logical_date, start, end, info.run_after)


@each_cron
@few
@given(data=st.data())
def test_a_manual_run_of_cron(cron: str, zone: str, data: st.DataObject) -> None:
    moment = data.draw(moments(zone))
    start, end = triggered(INTERVAL.CronDataIntervalTimetable(cron, zone), moment)
    dates = make("manual", moment, CronTicks(cron, zone))
    assert dates.logical_date == dates.run_after == moment
    assert dates.data_interval_start < dates.data_interval_end <= moment
    if any(is_shown_twice(each, zone) for each in (start, end, dates.data_interval_start, dates.data_interval_end)):
        return
    # Where a tick's time of day is skipped, Airflow's interval may be empty, or end later than the run is triggered.
    if start < end <= moment:
        assert (dates.data_interval_start, dates.data_interval_end) == (start, end)


@each_cron
@few
@given(data=st.data())
def test_in_airflow_3_a_run_of_cron_has_one_moment(cron: str, zone: str, data: st.DataObject) -> None:
    timetable = TRIGGER.CronTriggerTimetable(cron, timezone=zone)
    moment = data.draw(moments(zone))
    for info in islice(automated(timetable, moment), 2):
        dates = make("scheduled", info.run_after, CronTicks(cron, zone), "3")
        assert dates == RunDates("scheduled", info.logical_date, *info.data_interval, info.run_after)
    assert make("manual", moment, CronTicks(cron, zone), "3") == RunDates(
        "manual", moment, *triggered(timetable, moment), moment
    )


@each_delta
@given(moment=moments())
def test_a_run_of_an_interval(delta: timedelta, moment: datetime) -> None:
    timetable, ticks = INTERVAL.DeltaDataIntervalTimetable(delta), IntervalTicks(delta)
    for info in islice(automated(timetable, moment), 3):
        dates = make("scheduled", info.run_after, ticks)
        assert dates == RunDates("scheduled", info.logical_date, *info.data_interval, info.run_after)
    assert make("manual", moment, ticks) == RunDates("manual", moment, *triggered(timetable, moment), moment)


@each_delta
@given(moment=moments())
def test_in_airflow_3_a_run_of_an_interval_has_one_moment(delta: timedelta, moment: datetime) -> None:
    timetable, ticks = TRIGGER.DeltaTriggerTimetable(delta), IntervalTicks(delta)
    for info in islice(automated(timetable, moment), 2):
        dates = make("scheduled", info.run_after, ticks, "3")
        assert dates == RunDates("scheduled", info.logical_date, *info.data_interval, info.run_after)
    assert make("manual", moment, ticks, "3") == RunDates("manual", moment, *triggered(timetable, moment), moment)


def test_of_a_time_that_the_clock_shows_twice_prefect_knows_the_first_and_airflow_the_second() -> None:
    timetable = INTERVAL.CronDataIntervalTimetable("30 2 * * *", "Europe/Berlin")
    [info] = islice(automated(timetable, datetime(2024, 10, 26, 12, tzinfo=timezone.utc)), 1)
    assert info.data_interval.start == datetime(2024, 10, 27, 1, 30, tzinfo=timezone.utc)
    ours = make("scheduled", info.run_after, CronTicks("30 2 * * *", "Europe/Berlin"))
    assert ours.data_interval_start == datetime(2024, 10, 27, 0, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "backfill"])
@given(moment=moments())
def test_the_run_id(run_type: str, moment: datetime) -> None:
    dates = make(run_type, moment, CronTicks("0 0 * * *"), MAJOR)  # type: ignore[arg-type]
    timetable, interval = INTERVAL.CronDataIntervalTimetable("0 0 * * *", "UTC"), None
    date = {"logical_date": dates.logical_date} if MAJOR == "2" else {"run_after": dates.run_after}
    expected = timetable.generate_run_id(run_type=RUN_TYPE(run_type), data_interval=interval, **date)
    assert run_id(dates, airflow_version=MAJOR) == expected  # type: ignore[arg-type]


@pytest.mark.skipif(MAJOR != "2", reason="Airflow 3 has no such keys")
@pytest.mark.parametrize("schedule", ["30 2 * * *", "0 9 * * 1-5", "0 0 1 * *", timedelta(hours=5)], ids=str)
@few
@given(moment=moments())
def test_the_runs_before_and_after(schedule: str | timedelta, moment: datetime) -> None:
    dag = load("airflow.models.dag").DAG("etl", schedule=schedule, start_date=datetime(2015, 1, 1, tzinfo=timezone.utc))
    ticks = CronTicks(schedule) if isinstance(schedule, str) else IntervalTicks(schedule)
    [info] = islice(automated(dag.timetable, moment), 1)
    keys = neighbours(make("scheduled", info.run_after, ticks), ticks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert keys["prev_execution_date"] == dag.previous_schedule(info.logical_date)
    following = dag.next_dagrun_info(info.data_interval, restricted=False).logical_date
    assert (keys["next_execution_date"], keys["next_ds"]) == (following, following.strftime("%Y-%m-%d"))
