"""The context's data: its keys, its dates, and its objects, which refuse unknown attributes."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import read_json

from airflow_compat._airflow.context_keys import DATE_FORMS, EXTRA_KEYS, KEYS, PAGE, UnsupportedValue, missing_key
from airflow_compat._airflow.run_objects import Dag, DagRun, Task, TaskInstance, TaskInstanceKey
from airflow_compat.errors import UnsupportedFeatureError

START = datetime(2024, 3, 5, 6, 7, 8, tzinfo=timezone.utc)
RUN = DagRun("etl", "manual__1", "manual", START, START, {"table": ["sales"]})
TI = TaskInstance("load", "etl", "manual__1", 1, 2, "failed", START, START + timedelta(seconds=90))
OBJECTS = [Dag("etl", "loads", ("daily", "prod")), Task("load", "etl", 2, timedelta(minutes=5)), RUN, TI]


class SomeTasks:
    """A run's tasks, as a server would return them."""

    def __init__(self, *found: TaskInstance) -> None:
        self.found = found

    def task_instances(self, states: object) -> list[TaskInstance]:
        return [ti for ti in self.found if states is None or ti.state in states]


each_object = pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)


def test_keys_match_recordings() -> None:
    recorded = read_json("airflow_context_keys.json")
    assert {version: sorted(keys) for version, keys in KEYS.items()} == recorded
    assert (len(KEYS["2"]), len(KEYS["3"])) == (44, 33)
    assert not EXTRA_KEYS & (KEYS["2"] | KEYS["3"])


def date_keys(logical_date: datetime) -> dict[str, str]:
    return {key: to_text(logical_date) for key, to_text in DATE_FORMS.items()}


def test_dates_match_recordings() -> None:
    recorded = read_json("airflow_dates.json")
    keys = date_keys(datetime.fromisoformat(recorded["logical_date"]))
    assert {f"{{{{ {key} }}}}": text for key, text in keys.items()} == recorded["templates"]


@given(st.timedeltas(timedelta(days=-300_000), timedelta(days=2_000_000)))
def test_dates_can_be_parsed(since: timedelta) -> None:
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


def test_page_named_in_errors_exists() -> None:
    assert (Path(__file__).parents[3] / PAGE).is_file()


def test_the_date_keys_are_keys_of_airflow() -> None:
    assert DATE_FORMS.keys() <= KEYS["2"] & KEYS["3"]


@pytest.mark.parametrize(
    ("key", "version", "message"),
    [
        ("execution_date", "3", 'airflow_version="2"'),
        ("partition_key", "2", 'airflow_version="3"'),
        ("reason", "3", PAGE),
    ],
)
def test_missing_airflow_key_error_has_its_name(key: str, version: Any, message: str) -> None:
    error = missing_key(key, version)
    assert isinstance(error, UnsupportedFeatureError)
    assert repr(key) in str(error)
    assert message in str(error)


def test_unknown_key_raises_key_error() -> None:
    assert type(missing_key("nobody_knows_this", "3")) is KeyError


@pytest.mark.parametrize(
    "use",
    [
        lambda value: value["core"],
        lambda value: value.get("core", "dags_folder"),
        list,
        len,
        bool,
        lambda value: "core" in value,
    ],
)
def test_unsupported_value_has_repr_but_no_other_use(use: Callable[[Any], object]) -> None:
    value = UnsupportedValue("conf")
    with pytest.raises(UnsupportedFeatureError, match=r"context\['conf'\].*what-does-not-map"):
        use(value)
    assert str(copy.deepcopy(value)) == "<conf: no counterpart in Prefect>"
    assert json.dumps({"conf": value}, default=str) == '{"conf": "<conf: no counterpart in Prefect>"}'


@each_object
@pytest.mark.parametrize("name", ["next_kwargs", "operator", "_private", "pool_slots"])
def test_missing_attribute_error_has_its_name(value: Any, name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(value, name)
    assert isinstance(caught.value, UnsupportedFeatureError)
    assert str(caught.value) == (
        f"{type(value).__name__}.{name} has no counterpart in a Prefect run, or has no value yet. See {PAGE}"
    )


@each_object
def test_hasattr_and_getattr_work_for_missing_attributes(value: Any) -> None:
    assert not hasattr(value, "operator")
    assert getattr(value, "operator", None) is None
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


@pytest.mark.parametrize(
    ("value", "linked"),
    [
        (Dag("etl"), {"told": {"doc_md": "text"}}),
        (Task("load", "etl"), {"told": {"queue": "fast"}}),
        (RUN, {"services": SomeTasks()}),
        (TI, {"task": Task("load", "etl")}),
        (TI, {"dag_run": RUN}),
        (TI, {"services": SomeTasks()}),
    ],
)
def test_equality_and_repr_ignore_linked_objects(value: Any, linked: dict[str, Any]) -> None:
    other = dataclasses.replace(value, **linked)
    assert other == value
    assert repr(other) == repr(value)


def test_repr_hides_parameters() -> None:
    assert "sales" not in repr(RUN)


def test_a_duration_is_in_seconds() -> None:
    assert TI.duration == 90.0


@pytest.mark.parametrize("missing", ["start_date", "end_date"])
def test_a_duration_without_a_start_or_an_end_is_none(missing: str) -> None:
    assert dataclasses.replace(TI, **{missing: None}).duration is None


def test_airflow_2_names_exist() -> None:
    ti = dataclasses.replace(TI, dag_run=RUN)
    assert RUN.execution_date == RUN.logical_date == ti.execution_date == ti.logical_date == START
    assert ti.get_dagrun() is RUN
    assert RUN.external_trigger
    assert ti.key == TaskInstanceKey("etl", "load", "manual__1", 1, -1)
    assert ti.current_state() == "failed"


def test_objects_without_services_raise_errors() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"TaskInstance\.services"):
        TI.xcom_pull("extract")


def test_the_task_instances_of_a_run() -> None:
    mapped = [dataclasses.replace(TI, task_id="map", numbered=number, state="success") for number in (0, 1)]
    later = dataclasses.replace(TI, try_number=2, state="success")
    run = dataclasses.replace(RUN, services=SomeTasks(TI, *mapped, later))
    assert run.get_task_instances() == [TI, *mapped, later]
    assert run.get_task_instances("failed") == [TI]
    assert run.get_task_instances(["failed", "success"]) == [TI, *mapped, later]
    assert run.get_task_instance("load") == later
    assert run.get_task_instance("map", map_index=0) == mapped[0]
    assert run.get_task_instance("map") == mapped[1]
    assert run.get_task_instance("map", map_index=2) is run.get_task_instance("other") is None
    assert RUN.get_task_instances() == []
    assert RUN.get_task_instance("load") is None


def test_a_key_is_of_an_unmapped_task_by_default() -> None:
    assert TaskInstanceKey("etl", "load", "manual__1") == ("etl", "load", "manual__1", 1, -1)
