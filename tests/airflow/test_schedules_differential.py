"""Schedules against Airflow's own timetables: 500 runs and triggers of each, most of them near turns of the clock."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import product
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from croniter import CroniterBadDateError
from dateutil.relativedelta import relativedelta
from real_airflow import MAJOR, load

from airflow_compat._airflow.zones import in_utc, turns_of
from airflow_compat.errors import InvalidScheduleError, UnsupportedFeatureError
from airflow_compat.schedules._assets import Asset, AssetAll, AssetAny
from airflow_compat.schedules._dag_schedule import Schedule, read_schedule
from airflow_compat.schedules._event_timetables import NullTimetable
from airflow_compat.schedules._timetable import DataInterval, ScheduleBounds

BASE = load("airflow.timetables.base")
EVENTS = load("airflow.timetables.events")
INTERVAL = load("airflow.timetables.interval")
SIMPLE = load("airflow.timetables.simple")
TRIGGER = load("airflow.timetables.trigger")
CLOCKS = [INTERVAL, TRIGGER, EVENTS.timezone, SIMPLE.timezone]

if MAJOR == "2":
    with warnings.catch_warnings():
        # It looks for those who normalise URIs, and imports what warns of its own past.
        warnings.simplefilter("ignore")
        load("airflow.providers_manager").ProvidersManager()

RUNS, ASKED, TRIGGERED = 300, 100, 100
YEAR = 2023
START = datetime(2024, 1, 31, 10, 20, tzinfo=timezone.utc)

CRONS = """
    @hourly|@daily|@weekly|@monthly|@quarterly|@yearly|@midnight|@annually
    * * * * *|*/7 * * * *|*/15 * * * *|0 * * * *|17 * * * *|5,35 * * * *|0-10 */1 * * *|30 0-23 * * *
    0 0 * * *|30 0 * * *|30 1 * * *|0 2 * * *|30 2 * * *|15 2,3 * * *|0 3 * * *|45 23 * * *|59 1-3 * * *
    30 */2 * * *|0 */6 * * *|0 1/5 * * *|*/20 1-4 * * *|0 9-17 * * 1-5|0 * * * 1-5|*/30 * * * 0|0 * 1 * *|10 * 1-7 * 6
    0 0 * * 0|30 2 * * 0|0 6 * * MON,WED|0 12 * * 7|0 7 * * sun-tue|0 7 * * 1#2|0 8 * * L5|0 7 * * 5-6
    0 0 1 * *|0 0 15,L * *|30 2 L * *|0 0 1 */3 *|0 0 31 * *|0 0 13 * 5|0 4 29 2 *|0 2 */10 * *|0 1 1 JAN,jul *
    0 0 * * * 30|*/5 1-3 * * * 0,20|0 2 * 3,10 * 15|0 6 1 1 * 0 2020-2039
"""
EXPRESSIONS = [each.strip() for line in CRONS.strip().splitlines() for each in line.split("|")]
# In Santiago and Beirut the clock skips the hour after midnight; that of Lord Howe is turned by half an hour.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kolkata",
]
DELTAS = [
    timedelta(seconds=90),
    timedelta(minutes=7),
    timedelta(hours=1),
    timedelta(hours=36),
    timedelta(days=1),
    timedelta(days=1, hours=1, microseconds=5),
    timedelta(weeks=2),
    relativedelta(days=1),
    relativedelta(hours=5, minutes=30),
    relativedelta(weeks=1),
    relativedelta(months=1),
    relativedelta(months=5, days=3),
    relativedelta(years=1),
    relativedelta(days=1, hour=3),
]
# Whether missed runs are made, the start and the end.
DATES: list[tuple[bool, datetime | None, datetime | None]] = [
    (True, START, None),
    (False, START, None),
    (False, None, None),
    (True, START, START + timedelta(days=400)),
    (False, START + timedelta(days=200, seconds=7), START + timedelta(days=900)),
]


@dataclass(frozen=True)
class Case:
    """A schedule as a DAG says it, and Airflow's timetable for it."""

    name: str
    value: Any
    timetable: Any
    zone: str
    catchup: bool
    start: datetime | None
    end: datetime | None

    def read(self) -> Schedule:
        return replace(
            read_schedule(self.value, timezone=self.zone, airflow_version=MAJOR, catchup=self.catchup),  # type: ignore[arg-type]
            start_date=self.start,
            end_date=self.end,
        )


def cron_timetables(cron: str, zone: str, number: int) -> tuple[Any, Any]:
    """What a DAG says, in turns: the expression itself, or one of the timetables of it."""
    data_interval = INTERVAL.CronDataIntervalTimetable(cron, zone)
    trigger = TRIGGER.CronTriggerTimetable(cron, timezone=zone)
    day = TRIGGER.CronTriggerTimetable(cron, timezone=zone, interval=timedelta(days=1))
    spoken = (cron, data_interval if MAJOR == "2" else trigger)
    others = [(each, each) for each in (data_interval, trigger, day)]
    if MAJOR == "3":
        at_once = TRIGGER.CronTriggerTimetable(
            cron, timezone=zone, run_immediately=(True, timedelta(hours=3), None)[number % 3]
        )
        others.append((at_once, at_once))
    return [spoken, *others][number % (1 + len(others))]


def delta_timetables(delta: Any) -> list[tuple[Any, Any]]:
    data_interval, trigger = INTERVAL.DeltaDataIntervalTimetable(delta), TRIGGER.DeltaTriggerTimetable(delta)
    longer = TRIGGER.DeltaTriggerTimetable(delta, interval=relativedelta(months=1))
    spoken = (delta, data_interval if MAJOR == "2" else trigger)
    return [spoken, *((each, each) for each in (data_interval, trigger, longer))]


def other_timetables() -> Iterator[tuple[str, Any, Any, str]]:
    dates = [pendulum.datetime(2024, 3, 1).add(hours=number * number) for number in range(120)]
    for restricted in (False, True):
        events = EVENTS.EventsTimetable(dates[::-1], restrict_to_events=restricted)
        yield f"events-{restricted}", events, events, "UTC"
    yield "once", "@once", SIMPLE.OnceTimetable(), "UTC"
    yield "continuous", "@continuous", SIMPLE.ContinuousTimetable(), "UTC"
    yield "none", None, SIMPLE.NullTimetable(), "UTC"
    if MAJOR == "3":
        for zone in ZONES:
            several = TRIGGER.MultipleCronTriggerTimetable(
                "30 2 * * *", "0 */6 * * *", "15 3 1 * *", timezone=zone, interval=timedelta(hours=1)
            )
            yield f"several-{zone}", several, several, zone


def all_cases() -> Iterator[Case]:
    pairs = product(EXPRESSIONS, ZONES)
    # Each expression in five zones or six is enough for the time that there is.
    for number, (cron, zone) in enumerate(pair for place, pair in enumerate(pairs) if place % 4 != 3):
        value, timetable = cron_timetables(cron, zone, number)
        yield Case(f"{number}-{cron}-{zone}", value, timetable, zone, *DATES[number // 3 % len(DATES)])
    for number, (delta, dates) in enumerate(product(DELTAS, DATES)):
        value, timetable = delta_timetables(delta)[number % 4]
        yield Case(f"{number}-{delta}", value, timetable, "UTC", *dates)
    for (name, value, timetable, zone), dates in product(other_timetables(), DATES):
        yield Case(f"{name}-{dates[0]}-{dates[1]}", value, timetable, zone, *dates)


CASES = list(all_cases())
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Airflow's timetables ask for the time in several ways."""

    def set_to(moment: datetime) -> None:
        for module in CLOCKS:
            monkeypatch.setattr(module, "utcnow", lambda: pendulum.instance(moment))
        if hasattr(TRIGGER, "time"):
            monkeypatch.setattr(TRIGGER, "time", SimpleNamespace(time=moment.timestamp))

    return set_to


def moments(case: Case, count: int) -> list[datetime]:
    """The same each time: any, and more of those near to a turn of the clock."""
    chance = random.Random(case.name)
    turns = turns_of(case.zone, YEAR) or (None,)
    found = []
    for number in range(count):
        turn = chance.choice(turns) if number % 3 else None
        near = turn.moment if turn else START + timedelta(hours=chance.randint(-5000, 15000))
        moment = near + timedelta(minutes=chance.randint(-3000, 3000))
        found.append(moment + timedelta(seconds=chance.randint(0, 59)) if number % 2 else moment)
    return found


def instance(moment: datetime | None) -> Any:
    return moment and pendulum.instance(moment)


def plain(info: Any) -> tuple[datetime, ...] | None:
    return info and (info.logical_date, *info.data_interval, info.run_after)


def said(run: Any) -> tuple[datetime, ...] | None:
    return run and (run.logical_date, run.data_interval_start, run.data_interval_end, run.run_after)


def interval_of(airflows: Any) -> DataInterval:
    return DataInterval(*(in_utc(each, "UTC") for each in airflows))


def next_info(case: Case, last: Any, *, catchup: bool) -> Any:
    restriction = BASE.TimeRestriction(instance(case.start), instance(case.end), catchup)
    return case.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)


def same(case: Case, theirs: Callable[[], Any], ours: Callable[[], Any], context: Any) -> Any:
    """What both give; an expression whose years have passed is an error of both."""
    try:
        expected = theirs()
    except CroniterBadDateError:
        with pytest.raises(InvalidScheduleError):
            ours()
        return None
    except (AssertionError, ValueError) as exc:
        # Airflow's own arithmetic doesn't come out even, and its scheduler would make no run.
        assert any(said in str(exc) for said in ("shouldn't be earlier", "did not advance"))  # noqa: PT017
        return None
    found = ours()
    assert found == expected, (case.name, context)
    return expected


def bounds_of(case: Case, now: datetime, *, catchup: bool) -> ScheduleBounds:
    return ScheduleBounds(case.start, case.end, catchup, now, MAJOR)  # type: ignore[arg-type]


def test_there_are_enough() -> None:
    assert len(CASES) >= 300
    assert RUNS + ASKED + TRIGGERED == 500
    assert sum(bool(turns_of(zone, YEAR)) for zone in ZONES) >= 5
    assert {ZoneInfo(zone).key for zone in ZONES} == {case.zone for case in CASES}


@each_case
def test_the_runs_one_after_the_other(case: Case, set_clock: Callable[[datetime], None]) -> None:
    """Of a DAG that is switched on at some moment."""
    schedule, [now] = case.read(), moments(case, 1)
    ours = schedule.next_runs(now, RUNS)
    last, made = None, 0
    while made < RUNS:
        set_clock(now)
        try:
            info = next_info(case, last, catchup=case.catchup)
        except AssertionError:
            # Airflow's own, about a turn of the clock: its scheduler makes no run for this DAG then.
            return
        except CroniterBadDateError:
            break
        if info is None or (last is not None and info.data_interval.end <= last.end):
            break
        assert said(ours[made]) == plain(info), (case.name, now, last)
        made += 1
        last, now = info.data_interval, max(now, info.run_after)
    assert len(ours) == made


@each_case
def test_the_run_that_comes_next_at_any_moment(case: Case, set_clock: Callable[[datetime], None]) -> None:
    """Also where the one before was of another schedule, or long ago."""
    schedule = case.read()
    for number, now in enumerate(moments(case, ASKED)):
        set_clock(now)
        catchup = case.catchup if number % 4 else not case.catchup
        last = None
        if number % 2:
            end = pendulum.instance(now - timedelta(minutes=number * number))
            last = BASE.DataInterval(end - timedelta(minutes=number), end)
        same(
            case,
            lambda last=last, catchup=catchup: plain(next_info(case, last, catchup=catchup)),
            lambda last=last, catchup=catchup, now=now: said(
                schedule.timetable.next_run(last and interval_of(last), bounds_of(case, now, catchup=catchup))
            ),
            (now, last, catchup),
        )


@each_case
def test_the_data_interval_of_a_run_at_any_moment(case: Case) -> None:
    schedule = case.read()
    for moment in moments(case, TRIGGERED):
        same(
            case,
            lambda moment=moment: interval_of(
                case.timetable.infer_manual_data_interval(run_after=pendulum.instance(moment))
            ),
            lambda moment=moment: schedule.data_interval_for(moment),
            moment,
        )


def airflows_assets() -> tuple[Any, Any, Any, Any]:
    """Two of them, an alias, and the class that has assets beside a timetable; of the names that this release has."""
    if MAJOR == "2":
        module, beside = load("airflow.datasets"), load("airflow.timetables.datasets").DatasetOrTimeSchedule
        return module.Dataset("s3://lake/one"), module.Dataset("S3://lake/two/"), module.DatasetAlias("x"), beside
    module = load("airflow.sdk")
    beside = module.AssetOrTimeSchedule
    return module.Asset("s3://lake/one"), module.Asset("S3://lake/two/"), module.AssetAlias("x"), beside


def test_airflows_assets_and_dags_are_read() -> None:
    one, two, alias, beside = airflows_assets()
    ours, other = Asset("s3://lake/one"), Asset("s3://lake/two")
    timetable = read_schedule("@daily", airflow_version="3").timetable
    of_airflow = TRIGGER if MAJOR == "2" else load("airflow.sdk")
    time = of_airflow.CronTriggerTimetable("0 0 * * *", timezone="UTC")
    keyword = "datasets" if MAJOR == "2" else "assets"
    expected = {
        "a list": ([one, two], AssetAll(ours, other), NullTimetable()),
        "all": (one & two, AssetAll(ours, other), NullTimetable()),
        "nested": ((one | two) & one, AssetAll(AssetAny(ours, other), ours), NullTimetable()),
        "one": (one, ours, NullTimetable()),
        "beside": (beside(timetable=time, **{keyword: [one, two]}), AssetAll(ours, other), timetable),
    }
    dag = load("airflow.models.dag" if MAJOR == "2" else "airflow.sdk").DAG
    for said, assets, times in expected.values():
        start = datetime(2024, 1, 1, tzinfo=timezone.utc)
        for given in (said, dag("etl", schedule=said, start_date=start).timetable):
            schedule = read_schedule(given, airflow_version=MAJOR)  # type: ignore[arg-type]
            assert (schedule.assets, schedule.timetable) == (assets, times)
    for given in (alias, [one, alias]):
        with pytest.raises(UnsupportedFeatureError, match="Alias has no counterpart"):
            read_schedule(given, airflow_version=MAJOR)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["@daily", "0 2 * * 1-5", timedelta(hours=7), relativedelta(months=1), None, "@once"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_dags_own_timetable_is_what_is_read_of_its_arguments(value: Any, zone: str) -> None:
    dag = load("airflow.models.dag" if MAJOR == "2" else "airflow.sdk").DAG
    start = pendulum.datetime(2024, 1, 1, tz=zone)
    made = dag("etl", schedule=value, start_date=start)
    schedule = read_schedule(value, start_date=start, airflow_version=MAJOR)  # type: ignore[arg-type]
    assert schedule.timetable == read_schedule(made.timetable, airflow_version=MAJOR).timetable  # type: ignore[arg-type]
    assert (schedule.timezone, schedule.start_date) == (made.timezone.name, made.start_date)


@pytest.mark.parametrize(
    "uri",
    [
        "orders",
        "S3://Bucket/Key//",
        "s3://bucket",
        "file:///tmp/x/",
        "https://h/a?b=2&a=1&c=%20*#part",
        "x-own://Left/As/It/Is/",
        "scheme:opaque/",
        "abc/def/",
    ],
)
def test_uris_are_normalised_as_airflow_does(uri: str) -> None:
    theirs = load("airflow.datasets").Dataset(uri) if MAJOR == "2" else load("airflow.sdk").Asset(uri)
    assert Asset(uri).uri == theirs.uri
