"""`make_context` as a callback sees it, and `assert_called_with_context`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import Mock

import pendulum
import pytest

from airflow_compat.context import Context
from airflow_compat.errors import (
    AirflowCompatError,
    FakeError,
    UnsupportedFeatureError,
    VariableNotFoundError,
    XComValueError,
)
from airflow_compat.testing import (
    RecordingCallback,
    assert_called_with_context,
    fake_connections,
    fake_variables,
    make_context,
)

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_context_keys.json").read_text())


@pytest.mark.parametrize("version", ["2", "3"])
def test_it_has_every_key_that_airflow_s_own_has_and_each_can_be_read(version: Literal["2", "3"]) -> None:
    context = make_context(airflow_version=version)
    assert isinstance(context, Context)
    assert set(context) == {*RECORDED[version], "exception", "templates_dict"}
    assert set(dict(context)) == set(context)
    assert context.airflow_version == version


def test_task_fields() -> None:
    error = ValueError("no rows")
    context = make_context(
        "load", "etl", exception=error, params={"day": "monday"}, try_number=2, max_tries=3, map_index=4
    )
    ti = context["ti"]
    assert ti is context["task_instance"]
    assert (ti.task_id, ti.dag_id, ti.state, ti.try_number, ti.max_tries, ti.map_index) == (
        "load",
        "etl",
        "failed",
        2,
        3,
        4,
    )
    assert ti.key == ("etl", "load", context["run_id"], 2, 4)
    assert (context["task"].task_id, context["task"].retries, context["dag"].dag_id) == ("load", 3, "etl")
    assert context["exception"] is error
    assert context["params"] == context["dag_run"].conf == context["dag"].params == {"day": "monday"}
    assert context["task_instance_key_str"] == "etl__load__20260101"
    assert ti.dag_run is context["dag_run"]
    assert ti.duration == 0
    assert ti.log_url.endswith("/load")
    ti.log.info("can be written to")
    assert context["dag_run"].get_task_instances() == [ti]
    assert context["dag_run"].get_task_instances(state="success") == []
    assert context["dag_run"].get_task_instance("load") is ti


@pytest.mark.parametrize(
    ("given", "state", "exception", "run_state"),
    [
        ({}, "running", None, "running"),
        ({"exception": "no rows"}, "failed", "no rows", "failed"),
        ({"state": "success"}, "success", None, "success"),
        ({"state": "up_for_retry", "exception": "again"}, "up_for_retry", "again", "running"),
    ],
)
def test_state_default(given: dict[str, Any], state: str, exception: Any, run_state: str) -> None:
    context = make_context(**given)
    assert (context["ti"].state, context["exception"], context["dag_run"].state) == (state, exception, run_state)
    assert (context["ti"].end_date is None) is (state == "running")


def test_dates_are_one_moment_of_airflows_class() -> None:
    zone = timezone(timedelta(hours=2))
    context = make_context(logical_date=datetime(2026, 3, 29, 1, 30, tzinfo=zone), run_type="manual")
    moment = datetime(2026, 3, 28, 23, 30, tzinfo=timezone.utc)
    for key in ("logical_date", "data_interval_start", "data_interval_end"):
        assert context[key] == moment
        assert isinstance(context[key], pendulum.DateTime)
    assert (context["ds"], context["ts"]) == ("2026-03-28", "2026-03-28T23:30:00+00:00")
    assert context["run_id"] == "manual__2026-03-28T23:30:00+00:00"
    assert context["dag_run"].run_type == "manual"


@pytest.fixture
def _in_new_york() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_new_york")
def test_date_without_zone_is_in_utc() -> None:
    naive = make_context(logical_date=datetime(2026, 3, 29), airflow_version="2")  # noqa: DTZ001
    assert naive["ts"] == "2026-03-29T00:00:00+00:00"
    assert (naive["yesterday_ds"], naive["execution_date"]) == ("2026-03-28", naive["logical_date"])
    assert naive["prev_start_date_success"] is None


def test_derived_keys_follow_overrides() -> None:
    start = datetime(2026, 3, 28, tzinfo=timezone.utc)
    context = make_context(run_id="mine", data_interval_start=start, reason="timed_out")
    assert context["ti"].run_id == context["dag_run"].run_id == "mine"
    assert context["dag_run"].data_interval_start is start
    assert context["reason"] == "timed_out"
    mine = object()
    assert make_context(ti=mine)["task_instance"] is mine
    assert make_context(task_instance=mine)["ti"] is mine


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"data_intervall_start": 1}, "'data_intervall_start' is neither .*nearest: data_interval_start"),
        ({"execution_date": 1}, "'execution_date' is neither an argument nor a key of Airflow 3's"),
        ({"run_type": "cron"}, "run_type is 'cron'. Use one of: scheduled, manual, backfill"),
        ({"logical_date": "2026-01-01"}, "logical_date is str"),
        ({"xcom": {1: 2}}, "1 is not the name of an XCom"),
        ({"xcom": {("a", "b", "c"): 2}}, "is not the name of an XCom"),
    ],
)
def test_invalid_arguments_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(FakeError, match=message):
        make_context(**given)


def test_xcom_follows_airflows_rules_and_records_pushes() -> None:
    given = {"extract": [1, (2, 3)], ("extract", "rows"): 2, ("part", "n", 1): "b", ("part", "n", 0): "a"}
    ti = make_context("load", xcom=given)["ti"]
    assert ti.xcom_pull("extract") == [1, (2, 3)]
    assert ti.xcom_pull("extract") is not ti.xcom_pull("extract")
    assert ti.xcom_pull("extract", key="rows") == 2
    assert ti.xcom_pull("part", key="n") == ["a", "b"]
    assert ti.xcom_pull(["extract", "missing"]) == [[1, (2, 3)], None]
    assert ti.xcom_pull("missing", map_indexes=-1, default="d") == "d"
    assert ti.xcom_pull(key="mine") is None
    ti.xcom_push("mine", {"n": 1})
    ti.xcom_push(key="mine", value={"n": 2})
    assert ti.xcom_pull(key="mine") == {"n": 2}
    assert ti.pushed == {"mine": {"n": 2}}
    with pytest.raises(XComValueError, match="'mine' of task 'load'"):
        ti.xcom_push("mine", object())
    assert ti.pushed == {"mine": {"n": 2}}


def test_xcom_of_version_2_finds_the_newest_of_any_task() -> None:
    ti = make_context("load", airflow_version="2", xcom={("a", "k"): 1, ("b", "k"): 2})["ti"]
    assert ti.xcom_pull(key="k") == 2
    ti.xcom_push("k", 3)
    ti.xcom_push("k", 4)
    assert ti.xcom_pull(key="k") == 4
    assert ti.xcom_pull("missing", default="d") == "d"


def test_xcom_of_other_dags_and_runs_is_refused() -> None:
    ti = make_context(xcom={"extract": 1})["ti"]
    assert ti.xcom_pull("extract", dag_id="etl", run_id=ti.run_id) == 1
    for elsewhere in ({"dag_id": "other"}, {"run_id": "scheduled__2025-01-01"}):
        with pytest.raises(UnsupportedFeatureError, match="has the values of one run"):
            ti.xcom_pull("extract", **elsewhere)
    with pytest.raises(XComValueError, match="'return_value' of task 'extract'"):
        make_context(xcom={"extract": object()})


def test_connections_and_variables_come_from_the_fakes() -> None:
    context = make_context()
    with fake_connections({"shop_db": "postgres://db.example.com/shop"}), fake_variables({"target": "staging"}):
        assert context["conn"].shop_db.host == "db.example.com"
        assert context["var"].value.target == "staging"
        with pytest.raises(VariableNotFoundError, match="fake_variables"):
            context["var"].value["missing"]


def test_unsupported_keys_are_refused_as_in_a_run() -> None:
    context = make_context()
    for read in (
        lambda: context["ti"].job_id,
        lambda: bool(context["inlet_events"]),
        lambda: context["execution_date"],
    ):
        with pytest.raises(UnsupportedFeatureError):
            read()


@pytest.mark.parametrize("make", [RecordingCallback, Mock], ids=["recorder", "mock"])
def test_a_call_is_found_among_several(make: Any) -> None:
    callback = make()
    contexts = [make_context("extract", state="success"), make_context("load", exception=ValueError("no rows"))]
    for context in contexts:
        callback(context)
    assert assert_called_with_context(callback) is contexts[1]
    assert assert_called_with_context(callback, task_id="extract", state="success", dag_id="etl") is contexts[0]
    for exception in (ValueError, Exception, ValueError("no rows"), "no rows"):
        assert assert_called_with_context(callback, task_id="load", exception=exception) is contexts[1]
    for wrong in (
        {"task_id": "extract", "state": "failed"},
        {"exception": KeyError},
        {"exception": ValueError("other")},
        {"exception": RuntimeError("no rows")},
        {"exception": "no"},
        {"try_number": 2},
        {"dag_id": "other"},
    ):
        with pytest.raises(AssertionError, match=r"was expected\. .* called 2 times:"):
            assert_called_with_context(callback, **wrong)


def test_failure_message_lists_calls_and_differences() -> None:
    callback = RecordingCallback()
    with pytest.raises(AssertionError) as caught:
        assert_called_with_context(callback)
    assert str(caught.value) == "a call was expected. The callback was called not at all."
    callback(make_context("load", exception=ValueError("no rows")))
    with pytest.raises(AssertionError) as caught:
        assert_called_with_context(callback, task_id="extract", exception=KeyError)
    assert str(caught.value) == (
        "a call with task_id='extract', exception=KeyError was expected. The callback was called once:\n"
        "  1. task_id='load', dag_id='etl', state='failed', try_number=1, exception=ValueError('no rows'); "
        "differs in task_id, exception"
    )


def test_a_mock_called_by_name_and_a_plain_context() -> None:
    callback = Mock()
    callback(context=make_context("load"))
    assert_called_with_context(callback, task_id="load")
    plain = {"ti": make_context("other")["ti"]}
    callback(plain)
    assert assert_called_with_context(callback, task_id="other") is plain
    callback()
    with pytest.raises(AssertionError, match="exception=None"):
        assert_called_with_context(callback, exception="x")


def test_callback_that_records_nothing_is_refused() -> None:
    with pytest.raises(FakeError, match="records no calls"):
        assert_called_with_context(print)


def test_recorder_keeps_the_values_at_its_call() -> None:
    now = {"state": "failed"}

    def ti() -> Any:
        return SimpleNamespace(task_id="load", dag_id="etl", try_number=1, **now)

    callback = RecordingCallback()
    callback(Context(lambda: {"ti": ti}, "3"))
    now["state"] = "success"
    assert_called_with_context(callback, state="failed")


def test_a_recorder_can_raise_and_remembers_the_call() -> None:
    callback = RecordingCallback(raises=AirflowCompatError("as told"))
    with pytest.raises(AirflowCompatError, match="as told"):
        callback(make_context("load"))
    assert_called_with_context(callback, task_id="load")
    assert repr(callback) == "<RecordingCallback, called once>"


@pytest.mark.parametrize("is_read", [False, True])
def test_dict_operators_find_unread_values(is_read: bool) -> None:
    def made() -> Context:
        context = Context(lambda: {"ds": lambda: "2026-03-01", "run_id": lambda: "manual__1"}, "2")
        assert not is_read or len(context) == 2
        return context

    both = {"ds": "2026-03-01", "run_id": "manual__1"}
    joined = made() | {"run_id": "mine", "more": 1}
    assert dict(joined) == {"ds": "2026-03-01", "run_id": "mine", "more": 1}
    assert joined.airflow_version == "2"
    assert {"more": 1} | made() == {"more": 1, **both}
    context = made()
    context |= {"run_id": "mine"}
    assert dict(context) == {**both, "run_id": "mine"}
    assert list(reversed(made())) == ["run_id", "ds"]
    context = made()
    assert context.popitem() == ("run_id", "manual__1")
    assert dict(context) == {"ds": "2026-03-01"}
    context = made()
    context.clear()
    assert dict(context) == {}
    with pytest.raises(KeyError):
        context.popitem()
    with pytest.raises(TypeError):
        made() | 1
