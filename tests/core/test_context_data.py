"""The context's data: dates as Airflow's templates give them, and objects that have no silent gaps."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import read_json

from airflow_compat._airflow.context import AIRFLOW_KEYS, PAGE, Dag, DagRun, Task, TaskInstance, date_keys, make_run_id
from airflow_compat.errors import UnsupportedFeatureError

START = datetime(2024, 3, 5, 6, 7, 8, tzinfo=timezone.utc)
OBJECTS = [
    Dag("etl", "loads", ("daily", "prod")),
    Task("load", "etl", 2, timedelta(minutes=5)),
    DagRun("etl", "manual__1", "manual", START, START, {"table": ["sales"]}),
    TaskInstance("load", "etl", "manual__1", 1, 2, "failed", START, START + timedelta(seconds=90), "http://ui/run"),
]
each_object = pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)


def test_dates_are_as_recorded() -> None:
    recorded = read_json("airflow_dates.json")
    keys = date_keys(datetime.fromisoformat(recorded["logical_date"]))
    assert {f"{{{{ {key} }}}}": text for key, text in keys.items()} == recorded["templates"]


@given(st.timedeltas(timedelta(days=-300_000), timedelta(days=2_000_000)))
def test_dates_can_be_read_back(since: timedelta) -> None:
    logical_date = START + since
    keys = date_keys(logical_date)
    assert datetime.fromisoformat(keys["ts"]) == logical_date
    assert date.fromisoformat(keys["ds"]) == logical_date.date()
    assert keys["ds_nodash"] == keys["ds"].replace("-", "")
    seconds = logical_date.replace(microsecond=0, tzinfo=None).isoformat()
    assert keys["ts_nodash"] == seconds.replace("-", "").replace(":", "")
    assert keys["ts_nodash_with_tz"].endswith("+0000")


def test_dates_keep_their_zone_and_their_microseconds() -> None:
    logical_date = datetime(2024, 3, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    assert date_keys(logical_date) == {
        "ds": "2024-03-05",
        "ds_nodash": "20240305",
        "ts": "2024-03-05T06:07:08.000009+02:00",
        "ts_nodash": "20240305T060708",
        "ts_nodash_with_tz": "20240305T060708.000009+0200",
    }


def test_the_page_that_errors_name_is_there() -> None:
    assert (Path(__file__).parents[2] / PAGE).is_file()


def test_a_run_id_is_airflows() -> None:
    assert make_run_id("scheduled", START) == "scheduled__2024-03-05T06:07:08+00:00"


def test_the_date_keys_are_keys_of_airflow() -> None:
    assert set(date_keys(START)) <= AIRFLOW_KEYS
    assert {"ti", "task_instance", "dag_run", "dag", "task", "exception"} <= AIRFLOW_KEYS


@each_object
@pytest.mark.parametrize("name", ["xcom_pull", "operator", "_private", "external_trigger"])
def test_an_attribute_that_is_not_there_is_named(value: Any, name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(value, name)
    assert isinstance(caught.value, UnsupportedFeatureError)
    assert str(caught.value) == (
        f"{type(value).__name__}.{name} has no counterpart in a Prefect run, or none yet; see {PAGE}"
    )


@each_object
def test_code_that_asks_first_gets_an_answer(value: Any) -> None:
    assert not hasattr(value, "xcom_pull")
    assert getattr(value, "xcom_pull", None) is None
    assert not hasattr(value, "__html__")


@each_object
def test_the_objects_can_be_copied_and_pickled(value: Any) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == value
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert dataclasses.replace(value) == value


@each_object
def test_the_objects_cannot_be_changed(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.dag_id = "other"


def test_a_repr_shows_no_parameters() -> None:
    assert "sales" not in repr(OBJECTS[2])


def test_a_duration_is_in_seconds() -> None:
    assert OBJECTS[3].duration == 90.0


@pytest.mark.parametrize("missing", ["start_date", "end_date"])
def test_a_duration_without_a_start_or_an_end_is_none(missing: str) -> None:
    assert dataclasses.replace(OBJECTS[3], **{missing: None}).duration is None
