"""Graphs of DAGs that are written as authors write them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from random_dag_author import Author, Names
from random_dag_runs import graph_of_spec
from random_dags import spec_of

from airflow_compat._airflow.graph import Expansion, GroupNode
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.authoring import (
    DAG,
    BaseBranchOperator,
    BaseOperator,
    DictOfListsExpandInput,
    Label,
    MappedTaskGroup,
    TaskGroup,
    task_group,
)
from airflow_compat.authoring._current import collecting
from airflow_compat.dags._graph_of_dag import graph_of
from airflow_compat.exceptions import AirflowSkipException
from airflow_compat.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator

NAMES = Names(
    DAG,
    TaskGroup,
    MappedTaskGroup,
    DictOfListsExpandInput,
    PythonOperator,
    BranchPythonOperator,
    ShortCircuitOperator,
    AirflowSkipException,
)


class Work(BaseOperator):
    template_fields = ("value",)

    def __init__(self, *, value: object = None, **arguments: object) -> None:
        super().__init__(**arguments)
        self.value = value


class Branch(BaseBranchOperator):
    pass


def new_dag(**arguments: object) -> DAG:
    return DAG("etl", schedule=None, start_date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), **arguments)


def test_tasks_and_edges() -> None:
    with new_dag(max_active_tasks=3) as dag:
        extract = Work(task_id="extract", retries=2, pool="warehouse", pool_slots=2)
        load = Work(task_id="load", trigger_rule="all_done", max_active_tis_per_dag=1, depends_on_past=True)
        extract >> Label("rows") >> load

    graph = graph_of(dag)

    assert (graph.dag_id, graph.max_active_tasks, graph.fail_fast) == ("etl", 3, False)
    assert graph.edge_labels == {("extract", "load"): "rows"}
    assert graph.tasks["extract"].downstream == {"load"}
    assert (graph.tasks["extract"].retries, graph.tasks["extract"].pool, graph.tasks["extract"].pool_slots) == (
        2,
        "warehouse",
        2,
    )
    assert graph.tasks["load"].upstream == {"extract"}
    assert graph.tasks["load"].trigger_rule == "all_done"
    assert graph.tasks["load"].max_active_tis_per_dag == 1
    assert graph.tasks["load"].depends_on_past is True


def test_groups_and_mapping() -> None:
    @task_group
    def rows(value: object) -> None:
        Work(task_id="clean", value=value) >> Work(task_id="save")

    with new_dag() as dag:
        names = Work(task_id="names")
        with TaskGroup("outer"):
            Work.partial(task_id="each").expand(value=names.output)
            rows.expand(value=[1, 2, 3])

    graph = graph_of(dag)

    assert graph.tasks["outer.each"].expansion == Expansion(("names",))
    assert graph.tasks["outer.each"].group_id == "outer"
    assert graph.tasks["names"].group_id is None
    assert graph.groups == {
        "outer": GroupNode("outer", children=("outer.each", "outer.rows")),
        "outer.rows": GroupNode(
            "outer.rows",
            parent="outer",
            children=("outer.rows.clean", "outer.rows.save"),
            expansion=Expansion(length=3),
        ),
    }


def test_setups_teardowns_and_branches() -> None:
    with new_dag() as dag:
        create, use, branch = Work(task_id="create"), Work(task_id="use"), Branch(task_id="branch")
        drop = Work(task_id="drop").as_teardown(setups=create, on_failure_fail_dagrun=True)
        create >> use >> drop
        branch >> use

    tasks = graph_of(dag).tasks

    assert tasks["create"].is_setup
    assert (tasks["drop"].is_teardown, tasks["drop"].on_failure_fail_dagrun) == (True, True)
    assert tasks["drop"].trigger_rule == "all_done_setup_success"
    assert (tasks["branch"].can_skip, tasks["branch"].is_branch, tasks["use"].can_skip) == (True, True, False)


def test_priorities_add_up_by_the_weight_rule() -> None:
    with new_dag() as dag:
        first = Work(task_id="first", priority_weight=3)
        second = Work(task_id="second", priority_weight=5, weight_rule="upstream")
        third = Work(task_id="third", priority_weight=7, weight_rule="absolute")
        first >> second >> third

    assert {task_id: node.priority for task_id, node in graph_of(dag).tasks.items()} == {
        "first": 15,
        "second": 8,
        "third": 7,
    }


@pytest.mark.parametrize("release", ["2", "3"])
def test_random_dags_have_the_graphs_of_their_specs(release: AirflowVersion) -> None:
    for seed in range(60):
        spec = spec_of(seed, release)
        with collecting(release):
            graph = graph_of(Author(NAMES).dag_of(spec))

        tasks = {task_id: replace(node, priority=1) for task_id, node in graph.tasks.items()}
        expected = graph_of_spec(spec)
        assert tasks == expected.tasks, f"seed {seed}"
        groups = {group_id: replace(group, children=()) for group_id, group in graph.groups.items()}
        # Groups without tasks are not written.
        assert groups == {group_id: expected.groups[group_id] for group_id in groups}, f"seed {seed}"
