"""The DAGs that are made from what a host sends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_compat._airflow.graph import Expansion
from airflow_compat.dags._graph_of_dag import graph_of
from airflow_compat.dags._hosted.files import with_why_not
from airflow_compat.dags._hosted.graphs import dag_from
from airflow_compat.dags._hosted.needs import names_needed
from airflow_compat.dags._hosted.schedules import schedule_from
from airflow_compat.errors import HostError
from airflow_compat.schedules import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable

CRON = {"class": "CronTriggerTimetable", "expression": "0 3 * * *", "timezone": "UTC", "delta": None, "interval": 0.0}


def task(*upstream: str, **others: Any) -> dict[str, Any]:
    return {
        "class": "acme.operators.Load",
        "kind": "",
        "mode": "",
        "attributes": {"retries": 2, "pool": "warehouse", "trigger_rule": "all_success"},
        "weight_rule": "downstream",
        "seconds": {"retry_delay": 3.0, "max_retry_delay": None, "execution_timeout": None},
        "start_date": None,
        "callbacks": [],
        "upstream": list(upstream),
        "roles": [],
        "inlets": [],
        "outlets": [],
        "fields": {"text": "{{ ds }}"},
        "expansion": None,
        **others,
    }


def description(tasks: dict[str, Any], root: list[Any], **others: Any) -> dict[str, Any]:
    return {
        "dag_id": "etl",
        "attributes": {"max_active_tasks": 4},
        "schedule": None,
        "timezone": "UTC",
        "start_date": "2024-01-01T00:00:00+00:00",
        "end_date": None,
        "dagrun_timeout": 60.0,
        "fail_fast": False,
        "tags": [],
        "params": {"p": {"schema": {"type": "integer"}, "description": None, "default": 3}},
        "callbacks": [],
        "edge_labels": [],
        "tasks": tasks,
        "root": root,
        **others,
    }


def group(group_id: str, children: list[Any], expansion: Any = None) -> dict[str, Any]:
    return {
        "group_id": group_id,
        "prefix_group_id": True,
        "label": group_id,
        "expansion": expansion,
        "children": children,
    }


@pytest.mark.parametrize("release", ["2", "3"])
def test_a_graph_has_edges_groups_mapping_and_arguments(release: Any) -> None:
    result = {"task_id": "find", "key": "return_value"}
    tasks = {
        "find": task(),
        "each": task("find", expansion={"arguments": {"text": {"map": result}, "size": {"length": 3}}}),
        "outer.inner.load": task("find"),
        "choose": task(kind="branch"),
        "many.one": task("find", "choose"),
        "clean": task("each", roles=["is_teardown"]),
    }
    root = [
        "find",
        group("outer", [group("inner", ["outer.inner.load"])]),
        "each",
        "choose",
        group("many", ["many.one"], {"rows": [None, None]}),
        "clean",
    ]
    dag = dag_from(description(tasks, root, edge_labels=[["choose", "many.one", "yes"]]), release)
    graph = graph_of(dag)

    assert list(graph.tasks) == list(tasks)
    assert graph.tasks["find"].downstream == {"each", "outer.inner.load", "many.one"}
    assert graph.tasks["each"].expansion == Expansion(("find",), None)
    assert graph.groups["many"].expansion == Expansion((), 2)
    assert graph.tasks["outer.inner.load"].group_id == "outer.inner"
    assert (graph.tasks["choose"].is_branch, graph.tasks["find"].is_branch) == (True, False)
    assert graph.tasks["clean"].is_teardown
    assert graph.edge_labels == {("choose", "many.one"): "yes"}
    assert (graph.tasks["find"].retries, graph.tasks["find"].pool, graph.max_active_tasks) == (2, "warehouse", 4)
    assert dag.dagrun_timeout == timedelta(minutes=1)
    assert dag.params["p"] == 3
    assert all(names_needed(each) == ("acme.operators.Load",) for each in dag.task_dict.values())


def test_schedules_are_those_of_the_host() -> None:
    assert schedule_from(None, "3") is None
    assert schedule_from({"text": "@daily"}, "3") == "@daily"
    assert schedule_from(CRON, "3") == CronTriggerTimetable("0 3 * * *", timezone="UTC")
    several = {**CRON, "class": "MultipleCronTriggerTimetable", "expression": ["0 3 * * *", "0 4 * * *"]}
    assert schedule_from(several, "3") == MultipleCronTriggerTimetable("0 3 * * *", "0 4 * * *", timezone="UTC")
    delta = {**CRON, "class": "DeltaTriggerTimetable", "expression": None, "delta": 60.0}
    assert schedule_from(delta, "3") == DeltaTriggerTimetable(timedelta(minutes=1))
    either = schedule_from({"condition": {"any": [{"name": "a", "uri": "s3://a/b"}]}, "timetable": CRON}, "3")
    assert (either.timetable, either.assets.objects[0].uri) == (schedule_from(CRON, "3"), "s3://a/b")


def test_an_own_timetable_of_the_host_keeps_its_name() -> None:
    assert type(schedule_from({"unknown": "Workdays"}, "3")).__name__ == "Workdays"


def test_an_error_says_why_neither_side_can_load_a_file() -> None:
    problem = "etl.py, line 1: ModuleNotFoundError: No module named 'acme'. Install the package"

    assert with_why_not(problem, HostError("It does not start. Check `python`.")) == (
        "etl.py, line 1: ModuleNotFoundError: No module named 'acme'; the Airflow host can't load it either "
        "(It does not start; Check `python`). Install the package"
    )
