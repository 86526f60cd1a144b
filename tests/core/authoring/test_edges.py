"""Edges, chains and labels."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from authored import Op, dag, edges

from airflow_compat.authoring import Label, TaskGroup, chain, chain_linear, cross_downstream
from airflow_compat.errors import DagDefinitionError
from airflow_compat.exceptions import AirflowDagCycleException, AirflowException, DuplicateTaskIdFound, TaskNotFound


def test_shifts_connect_tasks_and_lists() -> None:
    with dag() as made:
        a, b, c, d = (Op(task_id=name) for name in "abcd")
        a >> [b, c] >> d
        d << a
    assert edges(made) == ["a > b", "a > c", "a > d", "b > d", "c > d"]
    assert [task.task_id for task in made.roots] == ["a"]
    assert [task.task_id for task in made.topological_sort()] == ["a", "b", "c", "d"]
    assert d.get_flat_relative_ids(upstream=True) == {"a", "b", "c"}
    assert d.get_flat_relative_ids(upstream=True, depth=0) == set()


def test_chain_connects_neighbouring_lists_in_pairs() -> None:
    with dag() as made:
        a, b, c, d, e, f = (Op(task_id=name) for name in "abcdef")
        chain(a, [b, c], [d, e], f)
    assert edges(made) == ["a > b", "a > c", "b > d", "c > e", "d > f", "e > f"]


def test_chain_linear_and_cross_downstream_connect_all() -> None:
    with dag() as made:
        a, b, c, d, e = (Op(task_id=name) for name in "abcde")
        chain_linear(a, [b, c], [d, e])
        cross_downstream([a], [d, e])
    assert edges(made) == ["a > b", "a > c", "a > d", "a > e", "b > d", "b > e", "c > d", "c > e"]


@pytest.mark.parametrize(
    ("connect", "message"),
    [
        (lambda a, b: chain([a, b], [a, b, a]), "2 and 3 tasks"),
        (lambda a, b: chain(1, 2), "Pass tasks or lists"),
        (lambda a, b: chain_linear(a), "nothing to connect"),
        (lambda a, b: chain_linear(a, Label("x"), b), "Use `>>`"),
        (lambda a, b: a >> print, "call a function with @task"),
        (lambda a, b: Label("x") >> 5, "Put it between tasks"),
    ],
)
def test_what_cannot_be_connected_is_refused(connect: object, message: str) -> None:
    with dag():
        a, b = Op(task_id="a"), Op(task_id="b")
        with pytest.raises(DagDefinitionError, match=message):
            connect(a, b)  # type: ignore[operator]


def test_objects_with_the_methods_of_tasks_can_be_connected() -> None:
    class Pair:
        def __init__(self, first: Op, last: Op) -> None:
            self.roots, self.leaves = [first], [last]

        def update_relative(self, other: object, upstream: bool = True, edge_modifier: object = None) -> None:
            """Do nothing, as tasks do."""

    with dag() as made:
        a, b, c, d = (Op(task_id=name) for name in "abcd")
        a >> Pair(b, c)
        d << Pair(b, c)
        # A mock has every attribute, and its roots are empty.
        d >> MagicMock()

    assert edges(made) == ["a > b", "c > d"]


def test_labels_are_stored_for_their_edges() -> None:
    with dag() as made:
        a, b = Op(task_id="a"), Op(task_id="b")
        with TaskGroup("g") as group:
            Op(task_id="c")
        a >> Label("yes") >> [b, group]
    assert edges(made) == ["a > b", "a > g.c"]
    assert made.get_edge_info("a", "b") == {"label": "yes"}
    assert made.get_edge_info("a", "g.upstream_join_id") == {"label": "yes"}
    assert made.get_edge_info("b", "a") == {}


def test_tasks_without_a_dag_join_that_of_the_other() -> None:
    made = dag()
    a, b = Op(task_id="a", dag=made), Op(task_id="b")
    a >> b
    assert b.dag is made
    assert made.task_ids == ["a", "b"]


def test_tasks_of_two_dags_are_refused() -> None:
    with dag():
        a = Op(task_id="a")
    with dag():
        b = Op(task_id="b")
    with pytest.raises(DagDefinitionError, match="several DAGs"):
        a >> b
    with pytest.raises(AirflowException, match="have no DAG yet"):
        Op(task_id="c") >> Op(task_id="d")


def test_a_cycle_is_found() -> None:
    with dag() as made:
        a, b, c = (Op(task_id=name) for name in "abc")
        a >> b >> c
    made.check_cycle()
    c >> b
    with pytest.raises(AirflowDagCycleException, match=r"Faulty task: (b|c)"):
        made.check_cycle()


def test_ids_are_unique() -> None:
    with dag() as made, TaskGroup("g"):
        Op(task_id="a")
        with pytest.raises(DuplicateTaskIdFound):
            Op(task_id="a")
    with pytest.raises(DuplicateTaskIdFound):
        Op(task_id="g", dag=made)
    with pytest.raises(TaskNotFound):
        made.get_task("a")
    assert made["g.a"].node_id == "g.a"
    assert made["g"].node_id == "g"
