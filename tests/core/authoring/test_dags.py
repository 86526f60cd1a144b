"""Arguments of DAGs, and schedules."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from authored import DAY, Op, dag

from airflow_compat.authoring import DAG, Asset, AssetAlias, AssetTriggeredTimetable, Timetable
from airflow_compat.authoring import dag as dag_function
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError
from airflow_compat.exceptions import (
    FailFastDagInvalidTriggerRule,
    FailStopDagInvalidTriggerRule,
    RemovedInAirflow3Warning,
)
from airflow_compat.schedules import CronDataIntervalTimetable, CronTriggerTimetable


@pytest.mark.parametrize(
    ("release", "arguments", "message"),
    [
        ("3", {"schedule_interval": "@daily"}, "unexpected keyword argument 'schedule_interval'.*airflow_version='2'"),
        ("3", {"concurrency": 3}, "'concurrency'"),
        ("3", {"fail_stop": True}, "'fail_stop'"),
        ("2", {"fail_fast": True}, "unexpected keyword argument 'fail_fast'.*airflow_version='3'"),
        ("3", {"max_active_runs": "3"}, "'max_active_runs' of DAG 'd' expects int"),
        ("3", {"tags": ["x" * 101]}, "longer than 100"),
        ("3", {"owner_links": {"me": "nothing"}}, "Wrong link format"),
        ("3", {"default_args": 5}, "default_args"),
        ("3", {"schedule": 5}, "not a valid schedule"),
        ("3", {"schedule": [1]}, "should be either assets"),
        ("3", {"schedule": "@continuous"}, "max_active_runs <= 1"),
        ("3", {"schedule": "@daily", "start_date": None, "catchup": True}, "start_date is required"),
        ("2", {"schedule": "@daily", "start_date": None}, "missing the start_date"),
        ("2", {"schedule": "@daily", "timetable": 1}, "At most one allowed"),
    ],
)
def test_wrong_arguments_are_refused(release: Any, arguments: dict[str, Any], message: str) -> None:
    with collecting(release), pytest.raises(DagDefinitionError, match=message):
        dag(**arguments)
    with pytest.raises(TypeError):
        dag(colour="red")


def test_old_arguments_work_in_airflow_2() -> None:
    with collecting("2"):
        with pytest.warns(RemovedInAirflow3Warning, match="schedule_interval"):
            made = DAG("d", "text", schedule_interval="0 6 * * *", start_date=DAY)
        with pytest.warns(RemovedInAirflow3Warning, match="concurrency"):
            limited = dag(concurrency=4)
    assert (made.description, made.schedule, made.schedule_interval) == ("text", "0 6 * * *", "0 6 * * *")
    assert limited.max_active_tasks == limited.concurrency == 4


def test_dates_are_in_utc_and_give_the_time_zone() -> None:
    zone = timezone(timedelta(hours=2))
    made = dag(start_date=datetime(2024, 1, 1, tzinfo=zone), end_date=datetime(2024, 2, 1))  # noqa: DTZ001
    assert made.start_date == datetime(2023, 12, 31, 22, tzinfo=timezone.utc)
    assert made.end_date == datetime(2024, 2, 1, tzinfo=timezone.utc)
    assert made.timezone.utcoffset(None) == timedelta(hours=2)
    texts = DAG("d", default_args={"start_date": "2024-05-01", "end_date": "2024-06-01"})
    assert texts.start_date == texts.default_args["start_date"] == datetime(2024, 5, 1, tzinfo=timezone.utc)
    with collecting("3", settings={("core", "default_timezone"): "Europe/Berlin"}):
        assert dag(start_date=datetime(2024, 1, 1)).start_date == datetime(2023, 12, 31, 23, tzinfo=timezone.utc)  # noqa: DTZ001


def test_a_schedule_has_a_timetable() -> None:
    with collecting("2"):
        assert dag(schedule="@daily").timetable == CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
    assert dag(schedule="@daily").timetable == CronTriggerTimetable("0 0 * * *", timezone="UTC")
    assets = dag(schedule=[Asset("a"), AssetAlias("b")]).timetable
    assert isinstance(assets, AssetTriggeredTimetable)
    assert assets.asset_condition.objects == (Asset("a"), AssetAlias("b"))
    assert isinstance(dag(schedule=Asset("a") | Asset("b")).timetable, AssetTriggeredTimetable)

    class Own(Timetable):
        active_runs_limit = 3

    own = Own()
    assert dag(schedule=own, max_active_runs=2).timetable is own
    with pytest.raises(DagDefinitionError, match="max_active_runs <= 3"):
        dag(schedule=own)
    assert (own.summary, own.can_be_scheduled) == ("Own", True)


def test_moments_around_a_date() -> None:
    with collecting("2"):
        made = dag(schedule="0 6 * * *")
    assert made.following_schedule(DAY) == datetime(2024, 1, 1, 6, tzinfo=timezone.utc)
    assert made.previous_schedule(DAY) == datetime(2023, 12, 31, 6, tzinfo=timezone.utc)
    assert dag().following_schedule(DAY) is None


def test_a_dag_that_fails_fast_has_only_the_default_rule() -> None:
    with collecting("3"), dag(fail_fast=True), pytest.raises(FailFastDagInvalidTriggerRule):
        Op(task_id="a", trigger_rule="all_done")
    with collecting("2"), dag(fail_stop=True) as made:
        up = Op(task_id="up")
        Op(task_id="down").as_teardown(setups=up)
        with pytest.raises(FailStopDagInvalidTriggerRule):
            Op(task_id="a", trigger_rule="all_done")
    assert made.fail_fast
    assert made.fail_stop


def test_a_dag_knows_its_file() -> None:
    assert dag().fileloc == dag.__code__.co_filename
    made = DAG("d")
    assert made.fileloc == __file__

    @dag_function(schedule=None)
    def build() -> None: ...

    assert build().fileloc == __file__
    assert build().folder in __file__


@pytest.mark.parametrize(("release", "tags"), [("2", ["b", "a"]), ("3", {"a", "b"})])
def test_tags(release: Any, tags: object) -> None:
    with collecting(release):
        assert dag(tags=["b", "a"]).tags == tags


def test_dag_functions_need_parentheses_in_airflow_2() -> None:
    def build() -> None: ...

    with collecting("2"), pytest.raises(DagDefinitionError, match=r"Write @dag\(\)"):
        dag_function(build)
    assert dag_function(build)().dag_id == "build"
    assert dag_function("named")(build)().dag_id == "named"
    assert dag_function(dag_id="named")(build)().dag_id == "named"


def test_the_result_of_a_dag_function_is_that_of_the_dag_in_airflow_3() -> None:
    def build() -> Any:
        return Op(task_id="a").output

    for release, expected in (("2", False), ("3", True)):
        with collecting(release):  # type: ignore[arg-type]
            assert dag_function()(build)().get_task("a").returns_dag_result is expected
    with dag() as made, pytest.raises(DagDefinitionError, match="Only plain return value"):
        made.add_result(Op(task_id="a").output["key"])


def test_documentation_can_be_a_file(tmp_path: Any) -> None:
    (tmp_path / "text.md").write_text("# Text")
    assert dag(doc_md=str(tmp_path / "text.md")).doc_md == "# Text"
    assert dag(doc_md="missing.md").doc_md == "missing.md"
