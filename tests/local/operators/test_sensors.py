"""Sensors for times, days and files, and the branches by them."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pendulum
import pytest
from executions import DATE, dag_of, run

from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import (
    BranchDateTimeOperator,
    BranchDayOfWeekOperator,
    DateTimeSensor,
    DateTimeSensorAsync,
    DayOfWeekSensor,
    EmptyOperator,
    FileSensor,
    PythonSensor,
    Resume,
    TimeDeltaSensor,
    TimeDeltaSensorAsync,
    TimeSensor,
    TimeSensorAsync,
    WaitSensor,
    WeekDay,
    run_trigger,
)

NOON = pendulum.datetime(2024, 3, 5, 12, tz="UTC")
"""A Tuesday."""


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (
        "_dates",
        "sensors.date_time",
        "sensors.time",
        "sensors.time_delta",
        "sensors.weekday",
        "branch_datetime",
    ):
        monkeypatch.setattr(f"airflow_compat.operators.{module}.utcnow", lambda: NOON)


def sensor(kind: Any, release: str = "3", zone: str = "UTC", **arguments: Any) -> Any:
    with dag_of(release, start_date=pendulum.datetime(2024, 1, 1, tz=zone)):
        return kind(task_id="t", mode="reschedule", **arguments)


@pytest.mark.parametrize(
    ("kind", "arguments", "is_done"),
    [
        (PythonSensor, {"python_callable": lambda ds: ds == "2024-03-05"}, True),
        (PythonSensor, {"python_callable": lambda a: a, "op_args": [0]}, False),
        (TimeSensor, {"target_time": time(11, 59)}, True),
        (TimeSensor, {"target_time": time(12, 1)}, False),
        # The run's data interval ends at 6.
        (TimeDeltaSensor, {"delta": timedelta(hours=5)}, True),
        (TimeDeltaSensor, {"delta": timedelta(hours=7)}, False),
        (TimeDeltaSensor, {"delta": "{{ 60 * 7 }}"}, False),
        (DateTimeSensor, {"target_time": "{{ data_interval_end.add(hours=1) }}"}, True),
        (DateTimeSensor, {"target_time": datetime(2024, 3, 5, 13, tzinfo=timezone.utc)}, False),
        (DateTimeSensor, {"target_time": "2024-03-05T12:30:00+01:00"}, True),
        (DayOfWeekSensor, {"week_day": "Tuesday"}, True),
        (DayOfWeekSensor, {"week_day": {WeekDay.MONDAY, "friday"}}, False),
        (DayOfWeekSensor, {"week_day": "TUESDAY", "use_task_logical_date": True}, True),
    ],
)
@pytest.mark.parametrize("release", ["2", "3"])
def test_sensors(kind: Any, arguments: dict[str, Any], is_done: bool, release: str) -> None:
    assert run(sensor(kind, release, **arguments)).state == ("success" if is_done else "up_for_reschedule")


@pytest.mark.parametrize(("hour", "is_done"), [(20, True), (22, False)])
@pytest.mark.parametrize("release", ["2", "3"])
def test_a_time_is_in_the_zone_of_the_dag(hour: int, is_done: bool, release: str) -> None:
    # It is 21 o'clock there.
    found = run(sensor(TimeSensor, release, "Asia/Tokyo", target_time=time(hour)))
    assert found.state == ("success" if is_done else "up_for_reschedule")


@pytest.mark.parametrize(
    ("kind", "arguments", "moment"),
    [
        (TimeSensorAsync, {"target_time": time(13)}, NOON.add(hours=1)),
        (TimeSensor, {"target_time": time(13), "deferrable": True}, NOON.add(hours=1)),
        (TimeDeltaSensorAsync, {"delta": timedelta(hours=7)}, DATE.add(hours=7)),
        (DateTimeSensorAsync, {"target_time": "{{ data_interval_end.add(days=1) }}"}, DATE.add(days=1)),
    ],
)
def test_sensors_that_defer(kind: Any, arguments: dict[str, Any], moment: datetime) -> None:
    task = sensor(kind, **arguments)
    deferral = run(task).outcome.deferral
    assert deferral is not None
    assert (deferral.trigger.moment, deferral.method) == (moment, "execute_complete")  # type: ignore[attr-defined]
    done = run(task, resume=Resume(deferral.method))
    assert (done.state, done.xcoms) == ("success", {})


def test_a_moment_in_the_past_fires_at_once() -> None:
    task = sensor(DateTimeSensorAsync, target_time="2024-01-01", end_from_trigger=True)
    deferral = run(task).outcome.deferral
    assert deferral is not None
    event = asyncio.run(run_trigger(deferral.trigger))
    done = run(task, resume=Resume(deferral.method, event=event))
    assert (done.state, done.outcome.result_pushed) == ("success", False)


def test_a_wait() -> None:
    assert run(sensor(WaitSensor, time_to_wait=timedelta(0))).state == "success"
    assert run(sensor(WaitSensor, time_to_wait=timedelta(seconds=0.1))).state == "success"
    assert run(sensor(WaitSensor, time_to_wait=5, deferrable=True)).state == "deferred"


@pytest.fixture
def _files(airflow_connections: Any, tmp_path: Path) -> None:
    airflow_connections.update({"fs_default": json.dumps({"conn_type": "fs", "extra": {"path": str(tmp_path)}})})


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize(
    ("pattern", "arguments", "is_done"),
    [
        ("{{ ds }}.csv", {}, True),
        ("*.csv", {}, True),
        ("other.csv", {}, False),
        ("full", {}, True),
        ("empty", {}, False),
        ("**/deep.txt", {"recursive": True}, True),
        ("**/deep.txt", {}, False),
    ],
)
def test_files(pattern: str, arguments: dict[str, Any], is_done: bool, tmp_path: Path) -> None:
    (tmp_path / "2024-03-05.csv").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "inner").mkdir(parents=True)
    (tmp_path / "full" / "inner" / "deep.txt").touch()
    assert run(sensor(FileSensor, filepath=pattern, **arguments)).state == (
        "success" if is_done else "up_for_reschedule"
    )


@pytest.mark.usefixtures("_files")
def test_a_file_sensor_that_defers(tmp_path: Path) -> None:
    task = sensor(FileSensor, filepath="a", deferrable=True, poke_interval=0)
    deferral = run(task).outcome.deferral
    assert deferral is not None
    (tmp_path / "a").touch()
    event = asyncio.run(run_trigger(deferral.trigger))
    assert run(task, resume=Resume(deferral.method, event=event)).state == "success"


def branch(kind: Any, **arguments: Any) -> set[str]:
    with dag_of():
        task = kind(task_id="t", follow_task_ids_if_true="yes", follow_task_ids_if_false="no", **arguments)
        task >> [EmptyOperator(task_id="yes"), EmptyOperator(task_id="no")]
    return {"yes", "no"} - run(task).outcome.skips.task_ids


@pytest.mark.parametrize(
    ("lower", "upper", "taken"),
    [
        (time(11), time(13), "yes"),
        (time(13), time(14), "no"),
        (time(11), None, "yes"),
        (None, time(11), "no"),
        # Until 10 o'clock tomorrow.
        (time(11), time(10), "yes"),
        (datetime(2024, 3, 5, 11, tzinfo=timezone.utc), datetime(2024, 3, 5, 11, 30, tzinfo=timezone.utc), "no"),
    ],
)
def test_a_branch_by_time(lower: Any, upper: Any, taken: str) -> None:
    assert branch(BranchDateTimeOperator, target_lower=lower, target_upper=upper) == {taken}


def test_a_branch_by_the_logical_date() -> None:
    bounds = {"target_lower": time(5), "target_upper": time(7)}
    assert branch(BranchDateTimeOperator, **bounds) == {"no"}
    assert branch(BranchDateTimeOperator, **bounds, use_task_logical_date=True) == {"yes"}
    with pytest.raises(AirflowException, match="Both target_upper and target_lower are None"):
        branch(BranchDateTimeOperator, target_lower=None, target_upper=None)


@pytest.mark.parametrize(("day", "taken"), [("Tuesday", "yes"), ({WeekDay.MONDAY}, "no")])
def test_a_branch_by_the_day(day: Any, taken: str) -> None:
    assert branch(BranchDayOfWeekOperator, week_day=day) == {taken}


@pytest.mark.parametrize(("day", "error"), [("Caturday", AttributeError), (3, TypeError)])
def test_invalid_days(day: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        sensor(DayOfWeekSensor, week_day=day)


def test_the_default_path_of_files_is_the_root(airflow_connections: Any, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert run(sensor(FileSensor, filepath=str(tmp_path / "a"))).state == "success"
    done = run(sensor(FileSensor, filepath="a", fs_conn_id="other"))
    assert "onnection 'other' isn't" in str(done.outcome.error)
