"""What a DAG says of its schedule, read; its runs and data intervals. `tests/airflow` compares with Airflow itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_compat._airflow.assets import Asset, AssetAll, AssetAny, AssetOrTimeSchedule, Dataset
from airflow_compat._airflow.event_timetables import EventsTimetable, NullTimetable
from airflow_compat._airflow.interval_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow_compat._airflow.timetable import DataInterval
from airflow_compat._airflow.trigger_timetables import (
    CronTriggerTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from airflow_compat._airflow.zones import turns_of, zone_name
from airflow_compat._specs.asset_triggers import triggers_of
from airflow_compat._specs.schedule import read_schedule
from airflow_compat.errors import InvalidScheduleError, UnsupportedFeatureError

pytest.importorskip("croniter")

BERLIN = "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


def foreign(class_name: str, /, *bases: str, **attributes: Any) -> Any:
    """An object of Airflow's, as far as it is looked at."""
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
def test_what_a_plain_value_means_depends_on_the_version(version: Any, given: Any, expected: Any) -> None:
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
    """A zone of pendulum's, as far as it is looked at."""

    name = BERLIN

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1)


@pytest.mark.parametrize("zone", [BERLIN, ZoneInfo(BERLIN), Named()])
def test_time_zones_are_known_by_their_names(zone: Any) -> None:
    assert zone_name(zone) == BERLIN


@pytest.mark.parametrize("zone", ["Europe/Bonn", "../etc", timezone(timedelta(minutes=90)), 7])
def test_what_is_no_time_zone_is_refused(zone: Any) -> None:
    with pytest.raises(InvalidScheduleError, match="has no name that the IANA gives"):
        zone_name(zone)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("0 0 30 2 *", "has no moment, ever"),
        ("often", "is no cron expression"),
        ("", "is no cron expression"),
        ("61 * * * *", "is no cron expression"),
        ("0 0 * *", "is no cron expression"),
        ("0 6 * * 5L", r"write(s)? .* L first: '0 6 \* \* L5'"),
        ("0 6 * * friL", r"'0 6 \* \* L5'"),
        ("0 6 * * 1l,7L", r"'0 6 \* \* L1,L7'"),
        ("0 6 LW * 5", "write five fields"),
        (timedelta(0), "is not more than nothing"),
        (timedelta(hours=-1), "is not more than nothing"),
        (7, "is nothing that Airflow takes"),
        ([7], "is no asset"),
        ([Asset("a"), "b"], "is no asset"),
        (foreign("CronTriggerTimetable"), "has no expression"),
    ],
    ids=str,
)
def test_what_airflow_does_not_take_is_refused(given: Any, why: str) -> None:
    with pytest.raises(InvalidScheduleError, match=why):
        read_schedule(given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (foreign("AssetAlias"), "AssetAlias can't be kept as a schedule: which asset"),
        ([Asset("a"), foreign("DatasetAlias")], "DatasetAlias can't be kept"),
        (foreign("AssetNameRef"), "AssetNameRef can't be kept"),
        (foreign("CronPartitionTimetable", "CronTriggerTimetable"), "CronPartitionTimetable can't be kept"),
        ("R 0 * * *", "has random moments"),
        ("r(0-30)/2 0 * * *", "has random moments"),
        (foreign("AfterWorkday", "Timetable"), "AfterWorkday is none of Airflow's own"),
        (foreign("Mine", "CronTriggerTimetable", "Timetable"), "Mine is none of Airflow's own"),
    ],
    ids=str,
)
def test_what_can_not_be_kept_is_refused_by_name(given: Any, why: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=why):
        read_schedule(given)


def test_several_expressions_are_none_of_airflow_2() -> None:
    with pytest.raises(UnsupportedFeatureError, match="none of Airflow 2's"):
        read_schedule(MultipleCronTriggerTimetable("@daily", timezone="UTC"), airflow_version="2")
    with pytest.raises(InvalidScheduleError, match="has no cron expression"):
        MultipleCronTriggerTimetable(timezone="UTC")


def test_airflows_own_objects_are_known_by_class_and_attributes() -> None:
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
def test_uris_are_made_the_same_as_airflow_makes_them(given: str, uri: str) -> None:
    assert Asset(given).uri == Dataset(given).uri == uri


def test_an_asset_needs_a_name_or_a_uri() -> None:
    with pytest.raises(InvalidScheduleError, match="neither a name nor a URI"):
        Asset(" ")
    assert Asset("stock", "s3://b/stock") == Asset(uri="s3://b/stock")
    assert "open-sesame" not in repr(Asset("postgres://etl:open-sesame@db/shop"))


def test_conditions_become_as_few_triggers_as_will_do() -> None:
    a, b, c = Asset("s3://b/a"), Asset("s3://b/b?x=*"), Asset("c")
    [either] = triggers_of(a | b | a)
    assert either["match"] == {
        "prefect.resource.id": ["airflow-compat.asset.s3://b/a", "airflow-compat.asset.s3://b/b%3Fx=%252A"]
    }
    [all_] = triggers_of(a & b & c)
    assert (all_["require"], len(all_["triggers"])) == ("all", 3)
    [mixed] = triggers_of((a & b) | c)
    assert (mixed["require"], [each["type"] for each in mixed["triggers"]]) == ("any", ["compound", "event"])
    assert triggers_of(AssetAll(a)) == triggers_of(a)


def test_a_run_in_2_has_the_interval_that_it_ends_and_in_3_its_moment() -> None:
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


def test_catch_up_begins_with_the_start_date_and_goes_on_after_the_last_run() -> None:
    schedule = read_schedule("@daily", start_date=utc(2026, 11, 1), end_date=utc(2026, 11, 3), catchup=True)
    runs = schedule.next_runs(utc(2026, 11, 20), 10)
    assert [run.logical_date.day for run in runs] == [1, 2, 3]
    assert schedule.next_runs(utc(2026, 11, 20), 10, last=runs[1].data_interval) == runs[2:]


def test_a_backfill_has_what_lies_between_two_moments_whatever_the_dag_says() -> None:
    schedule = read_schedule("@daily", start_date=utc(2026, 11, 1), airflow_version="2")
    runs = list(schedule.runs_between(datetime(2020, 2, 27), datetime(2020, 3, 1)))  # noqa: DTZ001
    assert [(run.logical_date.day, run.data_interval_end.day) for run in runs] == [(27, 28), (28, 29), (29, 1), (1, 2)]


def test_an_expression_whose_years_are_over_ends() -> None:
    schedule = read_schedule("0 0 1 1 * 0 2026,2027", catchup=True, start_date=utc(2026, 6, 1))
    assert [run.logical_date for run in schedule.next_runs(utc(2026, 1, 1), 5)] == [utc(2027, 1, 1)]
    late = read_schedule("0 0 1 1 * 0 2026,2027", catchup=True, start_date=utc(2028, 1, 1))
    with pytest.raises(InvalidScheduleError, match="has no moment after 2028-01-01"):
        late.next_runs(utc(2026, 1, 1), 1)


def test_where_the_clock_is_turned_airflow_takes_the_second_time_or_both() -> None:
    night = utc(2026, 10, 24, 22)
    daily = read_schedule("30 2 * * *", timezone=BERLIN, start_date=night, catchup=True)
    assert daily.timezone == "UTC"
    daily = read_schedule(CronTriggerTimetable("30 2 * * *", timezone=BERLIN), start_date=night, catchup=True)
    assert daily.next_runs(night, 1)[0].run_after == utc(2026, 10, 25, 1, 30)
    hourly = read_schedule(CronTriggerTimetable("30 * * * *", timezone=BERLIN), start_date=night, catchup=True)
    assert [run.run_after.hour for run in hourly.next_runs(night, 5)] == [22, 23, 0, 1, 2]


def test_the_turns_of_a_clock() -> None:
    spring, autumn = turns_of(BERLIN, 2026)[:2]
    assert (spring.moment, spring.is_back) == (utc(2026, 3, 29, 1), False)
    assert (autumn.moment, autumn.is_back) == (utc(2026, 10, 25, 1), True)
    assert [time.hour for time in autumn.times] == [2, 3]
    assert turns_of("Asia/Kolkata", 2026) == ()


@pytest.mark.parametrize("given", [{"start_date": "2026-01-01"}, {"end_date": 7}, {"airflow_version": "1"}])
def test_arguments_of_another_form_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidScheduleError):
        read_schedule("@daily", **given)


def test_what_is_equal_to_a_preset_without_being_text_is_none() -> None:
    with pytest.raises(InvalidScheduleError):
        read_schedule(SimpleNamespace(schedule="@daily"))
