"""Without a note on differences, Prefect's own schedules run at Airflow's moments."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice, product
from typing import Any

import pytest
import yaml
from dateutil.relativedelta import relativedelta
from prefect import flow
from prefect.client.schemas.schedules import CronSchedule, construct_schedule
from prefect.server.schemas import schedules as server

from airflow_compat.errors import UnsupportedFeatureError, UnsupportedFeatureWarning
from airflow_compat.schedules import (
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    EventsTimetable,
    MultipleCronTriggerTimetable,
    Schedule,
    prefect_schedules,
    read_schedule,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata"]
CRONS = [
    "@hourly",
    "@daily",
    "@monthly",
    "*/15 * * * *",
    "17 * * * *",
    "* * * * * */20",
    "30 1 * * *",
    "30 2 * * *",
    "0 9-17 * * 1-5",
    "0 * * * 1-5",
    "30 3 * * 0",
    "0 6 L * *",
    "0 6 13 * 5",
    "0 12 * * 1#2",
    "0 6 1 1 * 15",
]
DELTAS = [
    timedelta(minutes=7),
    timedelta(days=1, hours=1),
    timedelta(weeks=2),
    relativedelta(months=1),
    relativedelta(years=1),
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


# Before the clocks are turned, in spring, in autumn, and in the south.
NOWS = [utc(2026, 3, 28, 20, 0, 7), utc(2026, 10, 24, 21), utc(2026, 10, 31, 22, 13), utc(2026, 4, 4, 9)]


def dates_of(schedules: list[Any], now: datetime, count: int) -> list[datetime]:
    """Return the runs of Prefect's server, which calls the same classes."""
    found: set[datetime] = set()
    total = 0
    for each in schedules:
        kept = getattr(server, type(each).__name__).model_validate(each.model_dump(mode="json"))
        dates = asyncio.run(kept.get_dates(n=count, start=now))
        total += len(dates)
        found |= {date.astimezone(timezone.utc) for date in dates}
    assert len(found) == total, "two runs at the same moment"
    return sorted(found)[:count]


def airflows(schedule: Schedule, now: datetime, count: int) -> list[datetime]:
    runs = schedule.next_runs(now, count + 2)
    return [run.run_after for run in runs if run.run_after >= now][:count]


@pytest.fixture
def checked() -> Callable[..., list[datetime]]:
    """Compare the runs, and return those of Prefect."""

    def check(schedule: Schedule, now: datetime, count: int = 60) -> list[datetime]:
        dates = dates_of(prefect_schedules(schedule, now=now), now, count)
        assert dates == airflows(schedule, now, count)
        return dates

    return check


@pytest.mark.parametrize(("cron", "zone"), list(product(CRONS, ZONES)))
@pytest.mark.parametrize("version", ["2", "3"])
def test_a_cron_expression(cron: str, zone: str, version: Any, checked: Callable[..., list[datetime]]) -> None:
    schedule = read_schedule(cron, timezone=zone, airflow_version=version, catchup=False)
    differs = bool(schedule.entries(now=NOWS[0]).notes)
    for now in NOWS:
        if differs:
            with pytest.warns(UnsupportedFeatureWarning, match="the clock"):
                assert prefect_schedules(schedule, now=now)
        else:
            checked(schedule, now)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("30 2 * * *", "Europe/Berlin"),
        ("0 1 * * *", "America/New_York"),
        ("0 * * * 1-5", "Europe/Berlin"),
        ("20 * * * *", "Australia/Lord_Howe"),
    ],
)
def test_notes_on_clock_changes_are_true(cron: str, zone: str) -> None:
    schedule = read_schedule(cron, timezone=zone)
    with pytest.warns(UnsupportedFeatureWarning, match="the clock"):
        made = prefect_schedules(schedule, now=NOWS[0])
    assert any(dates_of(made, now, 60) != airflows(schedule, now, 60) for now in NOWS)


@pytest.mark.parametrize(("cron", "zone"), [("0 3 * * *", "Europe/Berlin"), ("0 9 * * 1-5", "America/New_York")])
def test_most_schedules_have_no_notes(cron: str, zone: str) -> None:
    assert prefect_schedules(read_schedule(cron, timezone=zone)) == [CronSchedule(cron=cron, timezone=zone)]


def test_hourly_schedule_with_clock_changes_is_written_in_utc() -> None:
    assert read_schedule("30 * * * *", timezone="Australia/Adelaide").as_yaml() == [
        {"cron": "0 * * * *", "timezone": "UTC", "active": True}
    ]


@pytest.mark.parametrize("version", ["2", "3"])
@pytest.mark.parametrize("cron", [cron for cron in CRONS if "#" not in cron])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (timedelta(days=3), None),
        (timedelta(days=3), timedelta(days=40)),
        (timedelta(days=-300), timedelta(hours=30)),
        (timedelta(days=-300), timedelta(days=-1)),
    ],
)
def test_a_cron_expression_with_a_start_or_an_end(
    cron: str, start: timedelta, end: timedelta | None, version: Any, checked: Callable[..., list[datetime]]
) -> None:
    for now, zone in zip(NOWS, ["Asia/Kolkata", "UTC", "UTC", "Asia/Kolkata"], strict=True):
        schedule = read_schedule(
            cron, timezone=zone, airflow_version=version, catchup=False, start_date=(now + start).replace(tzinfo=None),
            end_date=end and (now + end).replace(tzinfo=None),
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnsupportedFeatureWarning)
            checked(schedule, now)


def test_second_monday_with_an_end_is_refused() -> None:
    schedule = read_schedule("0 12 * * 1#2", end_date=utc(2100, 1, 1))
    with pytest.raises(UnsupportedFeatureError, match="'0 12 \\* \\* 1#2' with an end_date has no counterpart"):
        prefect_schedules(schedule)


@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
@pytest.mark.parametrize("delta", DELTAS, ids=str)
@pytest.mark.parametrize("version", ["2", "3"])
@pytest.mark.parametrize("catchup", [True, False])
@pytest.mark.parametrize(("start", "end"), [(-40, None), (12, None), (-40, 50), (12, 50), (-40, -3)])
def test_a_delta(delta: Any, version: Any, catchup: bool, start: int, end: int | None) -> None:
    now, about = utc(2026, 3, 28, 20, 0, 7), utc(2026, 3, 27)
    schedule = read_schedule(
        delta,
        airflow_version=version,
        catchup=catchup,
        start_date=about + timedelta(days=start),
        end_date=None if end is None else about + timedelta(days=end),
    )
    made = dates_of(prefect_schedules(schedule, now=now), now, 40)
    if version == "3" or isinstance(delta, relativedelta):
        # Without catch-up Airflow counts from when its scheduler first saw the DAG, or months of 30 days from 1970 on.
        schedule = replace(schedule, catchup=True)
    expected = (run.run_after for run in schedule.next_runs(now, 20_000 if isinstance(delta, timedelta) else 500))
    assert made == list(islice((moment for moment in expected if moment >= now), 40))


def test_a_delta_without_a_start_counts_from_its_deployment_or_from_1970(
    checked: Callable[..., list[datetime]],
) -> None:
    [made] = prefect_schedules(read_schedule(timedelta(hours=7)))
    assert abs(made.anchor_date - datetime.now(timezone.utc)) < timedelta(minutes=1)  # type: ignore[union-attr]
    checked(read_schedule(DeltaDataIntervalTimetable(timedelta(hours=7))), NOWS[0])


@pytest.mark.parametrize(
    ("delta", "why"),
    [
        (relativedelta(days=1, hour=3), "sets a part of the date"),
        (relativedelta(months=1, days=3), "combines months with other units"),
        (timedelta(seconds=1, microseconds=5), "fractions of a second"),
    ],
    ids=str,
)
def test_unsupported_delta_is_refused(delta: Any, why: str) -> None:
    schedule = read_schedule(delta, start_date=utc(2099, 1, 1))
    with pytest.raises(UnsupportedFeatureError, match=why):
        schedule.as_yaml()


@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
def test_months_from_a_day_missing_in_some_months_are_refused() -> None:
    schedule = read_schedule(relativedelta(months=1), start_date=utc(2027, 1, 31), catchup=True)
    with pytest.raises(UnsupportedFeatureError, match="up to the 28th"):
        schedule.as_yaml(now=utc(2027, 1, 1))
    assert dates_of(prefect_schedules(schedule, now=utc(2027, 2, 1)), utc(2027, 2, 1), 2) == [
        utc(2027, 2, 28),
        utc(2027, 3, 28),
    ]


def test_events(checked: Callable[..., list[datetime]]) -> None:
    now = NOWS[0]
    moments = [now + timedelta(minutes=number * number) for number in range(-30, 900)]
    made = read_schedule(EventsTimetable(moments), end_date=now + timedelta(minutes=800 * 800))
    assert len(made.as_yaml(now=now)) > 1
    assert checked(made, now, 1000) == sorted(
        {each for each in moments if now <= each <= now + timedelta(minutes=800 * 800)}
    )


def test_several_expressions(checked: Callable[..., list[datetime]]) -> None:
    apart = MultipleCronTriggerTimetable("0 6 * * *", "30 18 * * 1-5", timezone="Europe/Berlin")
    assert len(read_schedule(apart).as_yaml()) == 2
    checked(read_schedule(apart), NOWS[0])
    together = MultipleCronTriggerTimetable("0 6 * * *", "0 */3 1,15 * *", "30 4 * * 1", timezone="Asia/Kolkata")
    assert len(read_schedule(together).as_yaml()) == 1
    for now in NOWS:
        checked(read_schedule(together), now)
    checked(read_schedule(together, start_date=utc(2026, 10, 27)), NOWS[1])


def test_coinciding_expressions_without_a_rule_are_refused() -> None:
    together = MultipleCronTriggerTimetable("0 6 * * 1#2", "0 6 1 * *", timezone="UTC")
    with pytest.raises(UnsupportedFeatureError, match="may coincide"):
        read_schedule(together).as_yaml()


def test_once_is_at_a_future_start_date(checked: Callable[..., list[datetime]]) -> None:
    now = NOWS[0]
    assert checked(read_schedule("@once", start_date=utc(2026, 4, 1)), now) == [utc(2026, 4, 1)]
    with pytest.warns(UnsupportedFeatureWarning, match="Start the run with `prefect deployment run`") as warned:
        assert prefect_schedules(read_schedule("@once", start_date=utc(2026, 3, 1)), now=now) == []
    assert warned[0].filename == __file__
    last = read_schedule("@once", start_date=utc(2026, 4, 1), end_date=utc(2026, 4, 1))
    assert checked(last, now) == [utc(2026, 4, 1)]
    late = read_schedule("@once", start_date=utc(2026, 4, 2), end_date=utc(2026, 4, 1))
    assert prefect_schedules(late, now=now) == []
    assert read_schedule("@once", airflow_version="2").as_yaml() == []


def test_continuous_is_refused_and_none_has_no_schedule() -> None:
    with pytest.raises(UnsupportedFeatureError, match="'@continuous' has no counterpart"):
        read_schedule("@continuous").as_yaml()
    assert read_schedule(None).as_yaml() == []


def test_catchup_note_names_backfill() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="airflow-compat backfill"):
        read_schedule("@daily", start_date=utc(2026, 1, 1), catchup=True).as_yaml()


@pytest.mark.parametrize(
    "value",
    [
        "0 3 * * *",
        timedelta(hours=7),
        CronTriggerTimetable("@daily", timezone="Asia/Kolkata", interval=timedelta(days=1)),
        EventsTimetable([utc(2099, 1, 1), utc(2099, 2, 1)]),
    ],
    ids=str,
)
def test_prefect_yaml_entries_match_schedules(value: Any) -> None:
    schedule = read_schedule(value, start_date=utc(2026, 11, 1), end_date=utc(2099, 6, 1))
    entries = yaml.safe_load(yaml.safe_dump(schedule.as_yaml()))
    assert [entry.pop("active") for entry in entries] == [True]
    assert [construct_schedule(**entry) for entry in entries] == prefect_schedules(schedule)


def test_deploying_takes_both_schedules_and_triggers() -> None:
    schedule = read_schedule("0 3 * * *", timezone="Asia/Kolkata")
    made = flow(print_nothing).to_deployment("prod", schedules=prefect_schedules(schedule))
    assert [each.schedule for each in made.schedules] == prefect_schedules(schedule)


def print_nothing() -> None:
    """A flow."""
