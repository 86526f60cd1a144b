"""Entries of prefect.yaml for DAGs, and the problems reported with them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from airflow_compat._dag_source.dags import DagFile, read_dag_source
from airflow_compat._dag_source.problems import Problem
from airflow_compat.deployments._names import attribute_name, entrypoint, function_name
from airflow_compat.deployments._params import read_params
from airflow_compat.deployments._specs import DeploymentSpec, GenerateOptions, deployment_specs
from airflow_compat.errors import DagFileError

NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
HEAD = """
import pendulum
from datetime import datetime, timedelta, timezone
from airflow.sdk import DAG, Asset, AssetAlias, AssetOrTimeSchedule, CronPartitionTimetable, Param, ParamsDict
from airflow.sdk import PartitionedAssetTimetable, PartitionedAtRuntime, Variable
from airflow.timetables.trigger import CronTriggerTimetable, MultipleCronTriggerTimetable
from airflow.utils.dates import days_ago
from dateutil.relativedelta import relativedelta
from common import shared
START = datetime(2024, 1, 1)
"""


def file(source: str, path: str = "sales.py") -> DagFile:
    return read_dag_source((HEAD + source).encode(), path)


def spec(arguments: str, **options: Any) -> DeploymentSpec:
    specs, _ = deployment_specs([file(f"DAG('sales', {arguments})")], GenerateOptions(NOW, **options))
    return specs[0]


def messages(found: DeploymentSpec, level: str = "error") -> list[str]:
    return [problem.message for problem in found.problems if problem.level == level]


def test_entry_of_a_full_dag() -> None:
    found = spec(
        "description='Sales.', doc_md='More.', tags=['a', 'b', 'a'], schedule='0 2 * * *', start_date=START, "
        "catchup=False, max_active_runs=1, params={'region': 'eu', 'n': Param(3, type='integer', minimum=1)}"
    )
    assert found.name == "sales"
    assert dict(found.values) == {
        "entrypoint": "flows/sales.py:sales",
        "description": "Sales.\n\nMore.",
        "tags": ["a", "b"],
        "parameters": {"region": "eu", "n": 3},
        "schedules": [{"cron": "0 2 * * *", "timezone": "UTC", "active": True}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
    }
    assert found.schemas == {"n": {"type": "integer", "minimum": 1}}
    assert found.problems == ()
    assert found.unknown == frozenset()


def test_entry_of_a_minimal_dag() -> None:
    assert dict(spec("").values) == {"entrypoint": "flows/sales.py:sales", "schedules": []}
    [daily] = spec("start_date=START", airflow_version="2").values["schedules"]
    assert daily["interval"] == 86_400


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("schedule='@daily', start_date=START", {"cron": "0 0 * * *", "timezone": "UTC"}),
        ("schedule_interval='@hourly', start_date=START", {"cron": "0 * * * *"}),
        ("timetable=CronTriggerTimetable('0 1 * * *', timezone='Asia/Tokyo')", {"timezone": "Asia/Tokyo"}),
        (
            "schedule='@daily', start_date=pendulum.datetime(2024, 1, 1, tz='Europe/Berlin')",
            {"timezone": "Europe/Berlin"},
        ),
        (
            "schedule='@daily', start_date=datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2)))",
            {"timezone": "Etc/GMT-2"},
        ),
        (
            "schedule='@daily', default_args={'start_date': pendulum.datetime(2024, 1, 1, tz='Asia/Tokyo')}",
            {"timezone": "Asia/Tokyo"},
        ),
        ("schedule='@daily', default_args={'start_date': '2024-01-01'}", {"timezone": "UTC"}),
        ("schedule='@daily', start_date=days_ago(2)", {"cron": "0 0 * * *"}),
        ("schedule='@daily', start_date=pendulum.today('Asia/Tokyo').add(days=-1)", {"timezone": "Asia/Tokyo"}),
        (
            "schedule=timedelta(hours=4), start_date=START",
            {"interval": 14_400, "anchor_date": "2024-01-01T00:00:00+00:00"},
        ),
        ("schedule='@daily', start_date=START, is_paused_upon_creation=True", {"active": False}),
    ],
)
def test_schedules(arguments: str, expected: dict[str, Any]) -> None:
    [schedule] = spec(arguments).values["schedules"]
    assert schedule.items() >= expected.items()


def test_default_time_zone_is_airflows() -> None:
    [schedule] = spec("schedule='@daily', start_date=START", timezone="Europe/Berlin").values["schedules"]
    assert schedule["timezone"] == "Europe/Berlin"


def test_assets_become_triggers() -> None:
    found = spec("schedule=(Asset('s3://a') | Asset('s3://b')) & Asset('s3://c')")
    assert found.values["schedules"] == []
    [trigger] = found.values["triggers"]
    assert (trigger["type"], trigger["require"], len(trigger["triggers"])) == ("compound", "all", 2)
    both = spec(
        "schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable('0 1 * * *', timezone='UTC'), assets=[Asset('a')])"
    )
    assert both.values["schedules"][0]["cron"] == "0 1 * * *"
    assert both.values["triggers"][0]["type"] == "event"


@pytest.mark.parametrize(
    ("arguments", "key", "message"),
    [
        ("schedule=Variable.get('x')", "schedules", "the DAG's schedule reads an Airflow Variable; add `"),
        ("schedule=[Asset(shared)]", "schedules", "the DAG's schedule is common.shared"),
        ("schedule=AssetAlias('x')", "schedules", "is AssetAlias, which has no counterpart in Prefect"),
        ("schedule='@continuous'", "schedules", "'@continuous' has no counterpart"),
        ("schedule='no cron'", "schedules", "has no counterpart"),
        ("schedule=[AssetAlias('x')]", "schedules", "AssetAlias has no counterpart in Prefect"),
        ("schedule=5", "schedules", "has no counterpart"),
        ("schedule=CronTriggerTimetable()", "schedules", "Airflow does not accept the arguments"),
        (
            "schedule='@daily', start_date=datetime.max()",
            "schedules",
            "the DAG's start_date calls datetime.datetime.max()",
        ),
        ("schedule='@daily', default_args=shared", "schedules", "the DAG's start_date is common.shared"),
        ("schedule='@daily', end_date='tomorrow'", "schedules", "the DAG's end_date is not an ISO date"),
        ("tags=['a', shared]", "tags", "one of the DAG's tags is common.shared"),
        ("description=shared", "description", "the DAG's description is common.shared"),
        ("doc_md='docs/sales.md'", "description", "the DAG's doc_md is in another file"),
        ("params=shared", "parameters", "the DAG's params is common.shared"),
        ("max_active_runs=shared", "concurrency_limit", "the DAG's max_active_runs is common.shared"),
        ("max_active_runs=0", "concurrency_limit", "0 is not a valid limit"),
        ("**shared", "schedules", "may be among unpacked arguments"),
    ],
)
def test_unknown_values_are_not_written(arguments: str, key: str, message: str) -> None:
    found = spec(arguments)
    assert key not in found.values
    assert key in found.unknown
    [told] = [each for each in messages(found) if f"`{key}`" in each]
    assert message in told
    assert "add `" in told


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("'a': shared", "the value is common.shared"),
        ("'a': Variable.get('x')", "reads an Airflow Variable"),
        ("'a': b'x'", "a bytes can't be a parameter"),
        ("'a-b': 1", "a function's parameter can't have this name"),
        ("'api_key': 'open-sesame'", "store the value in a Secret block"),
        ("'a': {'password': 'open-sesame'}", "store the secret in a Secret block"),
        ("'db_pwd': 'open-sesame'", "store the value in a Secret block"),
        ("'a': 'postgres://etl:open-sesame@db/shop'", "the value holds a URL with a login or token"),
        ("'a': '{\"token\": \"open-sesame\"}'", "store the secret in a Secret block"),
        ("'a': '{{ ds }}'", "`prefect deploy` would replace"),
        ("'a': ['x', {'{{ ds }}': 1}]", "`prefect deploy` would replace"),
    ],
)
def test_unsupported_params_are_left_out(given: str, message: str) -> None:
    found = spec(f"params={{{given}, 'fine': 1}}")
    assert found.values["parameters"] == {"fine": 1}
    [told] = messages(found)
    assert message in told
    assert "open-sesame" not in told


def test_params_in_all_forms() -> None:
    second = "Param(None, 'What.', type=['null', 'string'])"
    found = spec(f"params=ParamsDict({{'a': Param(type='string'), 'b': {second}, 'c': (1, START)}})")
    assert found.values["parameters"] == {"b": None, "c": [1, "2024-01-01T00:00:00"]}
    assert found.schemas == {"a": {"type": "string"}, "b": {"type": ["null", "string"], "description": "What."}}


def test_repr_hides_params() -> None:
    params = file("DAG('sales', params={'a': Param('open-sesame', type='string')})").dags[0].arguments["params"]
    assert "open-sesame" not in repr(read_params(params))
    assert "open-sesame" not in repr(spec("params={'a': Param('open-sesame', type='string')}"))


def test_differences_are_reported() -> None:
    assert "catchup=True" in messages(spec("schedule='@daily', start_date=START, catchup=True"), "warning")[0]
    found = spec("doc_md='at {{ ds }}'")
    assert found.values["description"] == "at { { ds }}"
    assert "would replace" in messages(found, "warning")[0]
    assert messages(spec("dagrun_timeout=timedelta(hours=1), fail_fast=True"), "note") == [
        "not for prefect.yaml: dagrun_timeout (@flow(timeout_seconds=...) or alerts)",
        "not for prefect.yaml: fail_fast",
    ]


def test_partitions_are_left_out_with_a_warning() -> None:
    found = spec("schedule=CronPartitionTimetable('0 1 * * *', timezone='UTC', run_offset=-1)")
    assert found.values["schedules"][0]["cron"] == "0 1 * * *"
    assert "CronPartitionTimetable: Prefect runs have no partitions" in messages(found, "warning")[0]
    at_runtime = spec("schedule=PartitionedAtRuntime()")
    assert at_runtime.values["schedules"] == []
    assert "PartitionedAtRuntime: Prefect runs have no partitions" in messages(at_runtime, "warning")[0]
    both = messages(spec("schedule=PartitionedAssetTimetable(assets=shared)"))
    assert "is PartitionedAssetTimetable, which has no counterpart in Prefect" in both[0]


def test_images_are_hints() -> None:
    source = (
        "from airflow.providers.docker.operators.docker import DockerOperator\n"
        "with DAG('d'):\n    DockerOperator(image='ours/etl:1')\n"
    )
    specs, problems = deployment_specs([file(source)], GenerateOptions(NOW))
    [problem] = problems
    assert problem.level == "note"
    assert problem.message.startswith(
        "DockerOperator runs an image; set the image of a docker or kubernetes work pool in"
    )
    assert problem.detail == "image 'ours/etl:1'"
    assert "work_pool" not in specs[0].values


def test_colliding_ids_and_entrypoints_are_refused() -> None:
    files = [file("DAG('a')", "x.py"), file("DAG('a')", "y.py"), file("DAG('a_b')\nDAG('a.b')", "z.py")]
    specs, problems = deployment_specs(files, GenerateOptions(NOW))
    assert [each.name for each in specs] == ["a", "a_b"]
    assert [(each.path, each.name) for each in problems] == [("y.py", "a"), ("z.py", "a.b")]
    assert (problems[0].message, problems[0].detail) == (
        "another DAG has the same dag_id, so only the first DAG is written; rename one of the DAGs",
        "the first DAG is at x.py:11",
    )
    assert problems[1].message.startswith("another DAG has the same entrypoint")
    assert problems[1].detail == "flows/z.py:a_b is the entrypoint of a_b"


def test_files_problems_are_kept() -> None:
    broken = DagFile("x.py", problems=(Problem("x.py", "no"),))
    assert deployment_specs([broken], GenerateOptions(NOW)) == ((), broken.problems)


@pytest.mark.parametrize(
    ("dag_id", "expected"),
    [("sales", "sales"), ("sales.daily-load", "sales_daily_load"), ("2nd", "dag_2nd"), ("class", "class_"), ("é", "é")],
)
def test_functions_names(dag_id: str, expected: str) -> None:
    assert function_name(dag_id) == expected
    assert expected.isidentifier()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("flows/{path}.py:{function}", "flows/team/sales.py:a_b"),
        ("{folder}/flows_{file}.py:run", "team/flows_sales.py:run"),
        ("{dag_id}/flow.py:flow", "a.b/flow.py:flow"),
    ],
)
def test_patterns_of_entrypoints(pattern: str, expected: str) -> None:
    assert entrypoint("a.b", "team/sales.py", pattern) == expected


@pytest.mark.parametrize(
    "pattern", ["flows/{nothing}.py:{function}", "flows", "{dag_id.x}:f", "{", "x.py:{dag_id}", "{0}:f"]
)
def test_invalid_entrypoint_patterns(pattern: str) -> None:
    with pytest.raises(DagFileError, match="entrypoints"):
        entrypoint("a.b", "team/sales.py", pattern)


def test_the_flow_of_a_dag_file_takes_params_in_conf() -> None:
    dag = "DAG('team.sales-eu', dagrun_timeout=timedelta(hours=1), params={'region': 'eu', 'string-date': 'x'})"
    options = GenerateOptions(NOW, "flows.py:{function}", holds_dag_flows=lambda path: path == "flows.py")
    [found], problems = deployment_specs([file(dag)], options)
    assert dict(found.values) == {
        "entrypoint": "flows.py:team__dot__sales__dash__eu",
        "parameters": {"conf": {}},
        "schedules": [],
    }
    assert problems == ()


@pytest.mark.parametrize(
    ("dag_id", "name"),
    [("etl", "etl"), ("a_b", "a_b"), ("a.b", "a__dot__b"), ("a-b", "a__dash__b"), ("2024.x", "dag__2024__dot__x")],
)
def test_attribute_names_keep_dag_ids_apart(dag_id: str, name: str) -> None:
    assert attribute_name(dag_id) == name
    assert name.isidentifier()


@pytest.mark.parametrize(
    ("start_date", "count"), [("datetime.now()", 1), ("datetime.now() - timedelta(days=1)", 0), ("days_ago(0)", 0)]
)
def test_a_start_date_of_now_is_reported(start_date: str, count: int) -> None:
    found = spec(f"schedule='@daily', start_date={start_date}")
    assert sum("is the time at which Airflow reads the file" in each for each in messages(found, "warning")) == count
