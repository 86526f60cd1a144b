"""Read a DAG's schedule, its runs and data intervals. `tests/airflow` compares with Airflow itself."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_compat._airflow.zones import turns_of, zone_name
from airflow_compat.errors import InvalidScheduleError, UnsupportedFeatureError
from airflow_compat.schedules._assets import Asset, AssetAll, AssetAny, AssetOrTimeSchedule, Dataset, trigger_of
from airflow_compat.schedules._dag_schedule import read_schedule
from airflow_compat.schedules._event_timetables import EventsTimetable, NullTimetable
from airflow_compat.schedules._periodic_timetables import (
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from airflow_compat.schedules._timetable import DataInterval

croniter = pytest.importorskip("croniter").croniter
relativedelta = pytest.importorskip("dateutil.relativedelta").relativedelta

BERLIN = "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


def foreign(class_name: str, /, *bases: str, **attributes: Any) -> Any:
    """Return an object like Airflow's, with only the attributes that are read."""
    parents = tuple(type(base, (), {}) for base in bases)
    return type(class_name, parents, attributes)()


@pytest.mark.parametrize(
    ("version", "given", "expected"),
    [
        ("2", "@daily", CronDataIntervalTimetable("0 0 * * *", "UTC")),
        ("3", "@daily", CronTriggerTimetable("0 0 * * *", timezone="UTC")),
        ("2", timedelta(hours=1), DeltaDataIntervalTimetable(timedelta(hours=1))),
        ("3", timedelta(hours=1), DeltaTriggerTimetable(timedelta(hours=1))),
        ("3", None, NullTimetable()),
    ],
)
def test_plain_value_depends_on_airflow_version(version: Any, given: Any, expected: Any) -> None:
    schedule = read_schedule(given, airflow_version=version)
    assert schedule.timetable == expected
    assert schedule.catchup is (version == "2")


def test_airflows_setting_makes_data_intervals_of_expressions() -> None:
    schedule = read_schedule("@daily", create_cron_data_intervals=True)
    assert isinstance(schedule.timetable, CronDataIntervalTimetable)


@pytest.mark.parametrize(
    ("start", "default", "zone", "moment"),
    [
        (datetime(2026, 6, 1), "UTC", "UTC", utc(2026, 6, 1)),  # noqa: DTZ001 - as DAGs have it
        (datetime(2026, 6, 1), BERLIN, BERLIN, utc(2026, 5, 31, 22)),  # noqa: DTZ001
        (utc(2026, 6, 1), BERLIN, "UTC", utc(2026, 6, 1)),
        (datetime(2026, 6, 1, tzinfo=ZoneInfo(BERLIN)), "UTC", BERLIN, utc(2026, 5, 31, 22)),
        (datetime(2026, 6, 1, tzinfo=timezone(timedelta(hours=2))), "UTC", "Etc/GMT-2", utc(2026, 5, 31, 22)),
    ],
)
def test_a_dags_time_zone_is_that_of_its_start_date(start: datetime, default: str, zone: str, moment: datetime) -> None:
    schedule = read_schedule("@daily", start_date=start, timezone=default)
    assert (schedule.timezone, schedule.start_date) == (zone, moment)
    assert schedule.timetable == CronTriggerTimetable("0 0 * * *", timezone=zone)


class Named(tzinfo):
    """A zone like pendulum's, with only the attributes that are read."""

    name = BERLIN

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1)


def _shown(value: object) -> str:
    """Return a text that is the same in each process, without addresses."""
    return re.sub(r" object at 0x\w+", "", str(value))


@pytest.mark.parametrize("zone", [BERLIN, ZoneInfo(BERLIN), Named()])
def test_time_zones_get_their_names(zone: Any) -> None:
    assert zone_name(zone) == BERLIN


@pytest.mark.parametrize("zone", ["Europe/Bonn", "../etc", timezone(timedelta(minutes=90)), 7])
def test_invalid_time_zone_is_refused(zone: Any) -> None:
    with pytest.raises(InvalidScheduleError, match="has no IANA name"):
        zone_name(zone)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("0 0 30 2 *", "never runs"),
        ("often", "is not a cron expression"),
        ("", "is not a cron expression"),
        ("61 * * * *", "is not a cron expression"),
        ("0 0 * *", "is not a cron expression"),
        ("0 6 LW * 5", "Use five fields"),
        (timedelta(0), "is not positive"),
        (timedelta(hours=-1), "is not positive"),
        (7, "is not valid in Airflow"),
        ([7], "is not an asset"),
        ([Asset("a"), "b"], "is not an asset"),
        (foreign("CronTriggerTimetable"), "has no expression"),
    ],
    ids=_shown,
)
def test_invalid_schedule_is_refused(given: Any, why: str) -> None:
    with pytest.raises(InvalidScheduleError, match=why):
        read_schedule(given)


@pytest.mark.parametrize(
    ("given", "written", "days"),
    [
        ("0 6 * * 5L", "0 6 * * L5", "Friday"),
        ("0 6 * * friL", "0 6 * * L5", "Friday"),
        ("0 6 * * Lfri", "0 6 * * L5", "Friday"),
        ("0 6 * * 7L", "0 6 * * L0", "Sunday"),
        ("0 6 * * 1l,0L", "0 6 * * L1,L0", "Monday and Sunday"),
        ("0 6 ? * 5L", "0 6 ? * L5", "Friday"),
        ("0 6 * * 5L 30", "0 6 * * L5 30", "Friday"),
        # Airflow has the second after the weekday; Quartz has it first, and AWS has the year last.
        ("0 0 6 * * 5L", "0 6 * * L5", "Friday"),
        ("30 0 6 ? * friL", "0 6 ? * L5 30", "Friday"),
        ("0 0 6 ? * 1L 2027", "0 6 ? * L1 0 2027", "Monday"),
        ("0 6 ? * 5L *", "0 6 ? * L5", "Friday"),
    ],
)
def test_hint_for_last_weekday_is_valid_in_airflow(given: str, written: str, days: str) -> None:
    with pytest.raises(InvalidScheduleError, match=re.escape(f". Use {written!r} for the last {days} of a month")):
        read_schedule(given)
    moments = croniter(written, datetime(2026, 11, 1))  # noqa: DTZ001 - what a clock shows
    for _ in range(10):
        found = moments.get_next(datetime)
        assert found.strftime("%A") in days
        assert (found + timedelta(days=7)).month != found.month
        assert found.hour == 6


@pytest.mark.parametrize(
    "days",
    ["1-5L", "mon-friL", "1,5L", "1L-5", "L1-5", "L1,3", "5L/2", "2#1,5L", "1-5L,3", "1-5L 0", "1-5L 0 2027"],
)
def test_unsupported_last_weekdays_get_general_hint(days: str) -> None:
    for given in (f"0 6 * * {days}", *([f"0 0 6 * * {days}"] if " " not in days else [])):
        with pytest.raises(InvalidScheduleError, match=r"\. Write the last Friday of a month as L5, or L1,L5 with "):
            read_schedule(given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (foreign("AssetAlias"), "AssetAlias has no counterpart as a schedule: the asset"),
        ([Asset("a"), foreign("DatasetAlias")], "DatasetAlias has no counterpart"),
        (foreign("AssetNameRef"), "AssetNameRef has no counterpart"),
        (foreign("CronPartitionTimetable", "CronTriggerTimetable"), "CronPartitionTimetable has no counterpart"),
        ("R 0 * * *", "has random values"),
        ("r(0-30)/2 0 * * *", "has random values"),
        (foreign("AfterWorkday", "Timetable"), "AfterWorkday is not one of Airflow's own"),
        (foreign("Mine", "CronTriggerTimetable", "Timetable"), "Mine is not one of Airflow's own"),
    ],
    ids=_shown,
)
def test_unsupported_schedule_is_refused_by_name(given: Any, why: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=why):
        read_schedule(given)


def test_several_expressions_are_refused_in_airflow_2() -> None:
    with pytest.raises(UnsupportedFeatureError, match="is not in Airflow 2"):
        read_schedule(MultipleCronTriggerTimetable("@daily", timezone="UTC"), airflow_version="2")
    with pytest.raises(InvalidScheduleError, match="has no cron expression"):
        MultipleCronTriggerTimetable(timezone="UTC")


def test_airflow_objects_are_recognised_by_class_and_attributes() -> None:
    day = timedelta(days=1)
    of_the_sdk = foreign("CronTriggerTimetable", "BaseTimetable", expression="0 2 * * *", timezone=BERLIN, interval=day)
    of_the_core = foreign(
        "CronTriggerTimetable", "Timetable", _expression="0 2 * * *", _timezone=Named(), _interval=day
    )
    expected = CronTriggerTimetable("0 2 * * *", timezone=BERLIN, interval=day)
    assert read_schedule(of_the_sdk).timetable == read_schedule(of_the_core).timetable == expected
    dates = [utc(2026, 1, 2), utc(2026, 1, 1)]
    events = foreign("EventsTimetable", "BaseTimetable", event_dates=dates, restrict_to_events=True)
    assert read_schedule(events).timetable == EventsTimetable(dates, restrict_to_events=True)


def test_assets_of_airflow_are_read_as_ours() -> None:
    one, two = (foreign("Asset", "BaseAsset", name=name, uri=f"s3://b/{name}", extra={}) for name in ("one", "two"))
    both = foreign("AssetAll", "AssetBooleanCondition", objects=[one, two])
    expected = AssetAll(Asset("one", "s3://b/one"), Asset("two", "s3://b/two"))
    for given in ([one, two], both, foreign("AssetTriggeredTimetable", "BaseTimetable", asset_condition=both)):
        assert read_schedule(given).assets == expected
    any_ = foreign("DatasetAny", objects=[foreign("Dataset", uri="s3://b/one"), both])
    assert read_schedule(any_).assets == AssetAny(Asset("s3://b/one"), expected)
    also = foreign("AssetOrTimeSchedule", "BaseTimetable", timetable="@daily", asset_condition=one)
    schedule = read_schedule(also)
    assert (schedule.assets, schedule.timetable) == (
        Asset("s3://b/one"),
        CronTriggerTimetable("@daily", timezone="UTC"),
    )
    assert read_schedule(AssetOrTimeSchedule(timetable=None, assets=[one])).assets == AssetAll(Asset("s3://b/one"))


@pytest.mark.parametrize(
    ("given", "uri"),
    [
        ("orders", "orders"),
        ("S3://bucket/key/", "s3://bucket/key"),
        ("postgres://etl:open-sesame@db/shop?b=2&a=1#x", "postgres://db/shop?a=1&b=2"),
        ("x-own://Left/As/It/Is/", "x-own://Left/As/It/Is/"),
    ],
)
def test_uris_are_normalised_as_in_airflow(given: str, uri: str) -> None:
    assert Asset(given).uri == Dataset(given).uri == uri


def test_an_asset_needs_a_name_or_a_uri() -> None:
    with pytest.raises(InvalidScheduleError, match="neither a name nor a URI"):
        Asset(" ")
    assert Asset("stock", "s3://b/stock") == Asset(uri="s3://b/stock")
    assert "open-sesame" not in repr(Asset("postgres://etl:open-sesame@db/shop"))


def test_conditions_use_few_triggers() -> None:
    a, b, c = Asset("s3://b/a"), Asset("s3://b/b?x=*"), Asset("c")
    either = trigger_of(a | b | a)
    assert either["match"] == {
        "prefect.resource.id": ["airflow-compat.asset.s3://b/a", "airflow-compat.asset.s3://b/b%3Fx=%252A"]
    }
    all_ = trigger_of(a & b & c)
    assert (all_["require"], len(all_["triggers"])) == ("all", 3)
    mixed = trigger_of((a & b) | c)
    assert (mixed["require"], [each["type"] for each in mixed["triggers"]]) == ("any", ["compound", "event"])
    assert trigger_of(AssetAll(a)) == trigger_of(a)


def test_run_has_past_interval_in_2_and_its_moment_in_3() -> None:
    after = utc(2026, 11, 21, 12)
    [second] = read_schedule("@daily", airflow_version="2", start_date=utc(2026, 11, 21)).next_runs(after, 1)
    assert (second.logical_date, second.data_interval_end, second.run_after) == (
        utc(2026, 11, 21),
        utc(2026, 11, 22),
        utc(2026, 11, 22),
    )
    [third] = read_schedule("@daily", start_date=utc(2026, 11, 21)).next_runs(after, 1)
    assert {third.logical_date, third.data_interval_end, third.run_after} == {utc(2026, 11, 21)}
    longer = CronTriggerTimetable("@daily", timezone="UTC", interval=timedelta(days=7))
    assert read_schedule(longer).data_interval_for(after) == DataInterval(after - timedelta(days=7), after)


def test_catch_up_starts_at_start_date_or_after_last_run() -> None:
    schedule = read_schedule("@daily", start_date=utc(2026, 11, 1), end_date=utc(2026, 11, 3), catchup=True)
    runs = schedule.next_runs(utc(2026, 11, 20), 10)
    assert [run.logical_date.day for run in runs] == [1, 2, 3]
    assert schedule.next_runs(utc(2026, 11, 20), 10, last=runs[1].data_interval) == runs[2:]


def test_without_start_date_airflow_2_only_runs_the_present() -> None:
    def runs(schedule: Any, version: Any, **arguments: Any) -> list[datetime]:
        found = read_schedule(schedule, airflow_version=version, **arguments).next_runs(utc(2026, 11, 20, 12), 1)
        return [run.run_after for run in found]

    daily = CronTriggerTimetable("@daily", timezone="UTC")
    assert runs(daily, "2", catchup=True) == []
    assert runs(daily, "2", catchup=False) == [utc(2026, 11, 20)]
    assert runs("@once", "2") == []
    assert runs("@once", "3") == [utc(2026, 11, 20, 12)]


def test_once_runs_until_the_end_date() -> None:
    def count(end: datetime) -> int:
        return len(read_schedule("@once", start_date=utc(2026, 11, 2), end_date=end).next_runs(utc(2026, 11, 20), 2))

    assert [count(utc(2026, 11, day)) for day in (1, 2, 3)] == [0, 1, 1]


def test_steps_of_months_keep_the_day_after_a_short_month_in_airflow_3() -> None:
    monthly = DeltaDataIntervalTimetable(relativedelta(months=1))
    schedule = read_schedule(monthly, start_date=utc(2026, 1, 31), catchup=False)
    [run] = schedule.next_runs(utc(2026, 5, 10), 1)
    assert run.data_interval == DataInterval(utc(2026, 3, 28), utc(2026, 4, 28))


@pytest.mark.parametrize(("months", "start"), [(1, utc(2026, 4, 7)), (2, utc(2026, 3, 7))])
def test_steps_of_months_count_30_days_from_the_epoch_in_airflow_2(months: int, start: datetime) -> None:
    timetable = DeltaDataIntervalTimetable(relativedelta(months=months))
    schedule = read_schedule(timetable, start_date=utc(2026, 1, 31), catchup=False, airflow_version="2")
    [run] = schedule.next_runs(utc(2026, 5, 10), 1)
    assert run.data_interval == DataInterval(start, utc(2026, 5, 7))


def test_backfill_ignores_dates_and_catchup_of_dag() -> None:
    schedule = read_schedule("@daily", start_date=utc(2026, 11, 1), airflow_version="2")
    runs = list(schedule.runs_between(datetime(2020, 2, 27), datetime(2020, 3, 1)))  # noqa: DTZ001
    assert [(run.logical_date.day, run.data_interval_end.day) for run in runs] == [(27, 28), (28, 29), (29, 1), (1, 2)]


def test_expression_with_past_years_ends() -> None:
    schedule = read_schedule("0 0 1 1 * 0 2026,2027", catchup=True, start_date=utc(2026, 6, 1))
    assert [run.logical_date for run in schedule.next_runs(utc(2026, 1, 1), 5)] == [utc(2027, 1, 1)]
    late = read_schedule("0 0 1 1 * 0 2026,2027", catchup=True, start_date=utc(2028, 1, 1))
    with pytest.raises(InvalidScheduleError, match="never runs after 2028-01-01"):
        late.next_runs(utc(2026, 1, 1), 1)


def test_runs_at_clock_changes_match_airflow() -> None:
    night = utc(2026, 10, 24, 22)
    daily = read_schedule("30 2 * * *", timezone=BERLIN, start_date=night, catchup=True)
    assert daily.timezone == "UTC"
    daily = read_schedule(CronTriggerTimetable("30 2 * * *", timezone=BERLIN), start_date=night, catchup=True)
    assert daily.next_runs(night, 1)[0].run_after == utc(2026, 10, 25, 1, 30)
    hourly = read_schedule(CronTriggerTimetable("30 * * * *", timezone=BERLIN), start_date=night, catchup=True)
    assert [run.run_after.hour for run in hourly.next_runs(night, 5)] == [22, 23, 0, 1, 2]


def test_clock_changes_of_a_zone() -> None:
    spring, autumn = turns_of(BERLIN, 2026)[:2]
    assert (spring.moment, spring.is_back) == (utc(2026, 3, 29, 1), False)
    assert (autumn.moment, autumn.is_back) == (utc(2026, 10, 25, 1), True)
    assert [time.hour for time in autumn.times] == [2, 3]
    assert turns_of("Asia/Kolkata", 2026) == ()


@pytest.mark.parametrize("given", [{"start_date": "2026-01-01"}, {"end_date": 7}, {"airflow_version": "1"}])
def test_invalid_arguments_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidScheduleError):
        read_schedule("@daily", **given)


def test_object_equal_to_a_preset_is_not_a_preset() -> None:
    with pytest.raises(InvalidScheduleError):
        read_schedule(SimpleNamespace(schedule="@daily"))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 2 * * *", True),
        ("@daily", True),
        (timedelta(hours=7), True),
        (EventsTimetable([utc(2026, 1, 1)]), True),
        (None, False),
        ("@once", False),
        ("@continuous", False),
    ],
)
@pytest.mark.parametrize("version", ["2", "3"])
def test_is_periodic_of_each_schedule(schedule: Any, expected: bool, version: Any) -> None:
    assert read_schedule(schedule, airflow_version=version).timetable.is_periodic is expected


def test_several_cron_expressions_are_periodic() -> None:
    several = MultipleCronTriggerTimetable("0 2 * * *", "0 5 * * *", timezone="UTC")
    assert read_schedule(several).timetable.is_periodic
