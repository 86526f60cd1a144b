"""Task groups: ids, defaults, edges and mapped groups."""

from __future__ import annotations

from typing import Any

import pytest
from authored import Op, context_of, dag, edges

from airflow_compat.authoring import TaskGroup, task_group
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError, MappingError
from airflow_compat.exceptions import DuplicateTaskIdFound


def test_ids_have_the_prefixes_of_their_groups() -> None:
    with dag() as made, TaskGroup("outer"), TaskGroup("inner", prefix_group_id=False):
        Op(task_id="a")
        with TaskGroup("deep"):
            Op(task_id="b")
    assert made.task_ids == ["a", "deep.b"]
    assert list(made.task_group_dict) == ["outer", "outer.inner", "deep"]
    assert made.task_group_dict["outer"]["inner"] is made.task_group_dict["outer.inner"]


def test_the_innermost_default_wins() -> None:
    with (
        dag(default_args={"retries": 1, "owner": "dag", "cmd": "dag"}),
        TaskGroup("g", default_args={"retries": 2, "cmd": "group"}),
    ):
        a = Op(task_id="a")
        b = Op(task_id="b", default_args={"retries": 3}, cmd="own")
    assert (a.retries, a.owner, a.cmd) == (2, "dag", "group")
    assert (b.retries, b.owner, b.cmd) == (3, "dag", "own")


def test_edges_of_a_group_lead_to_its_first_and_from_its_last_tasks() -> None:
    with dag() as made:
        a = Op(task_id="a")
        with TaskGroup("g") as group:
            Op(task_id="b") >> Op(task_id="c")
            Op(task_id="d")
        a >> group >> Op(task_id="z")
    assert edges(made) == ["a > g.b", "a > g.d", "g.b > g.c", "g.c > z", "g.d > z"]
    assert group.upstream_task_ids == {"a"}
    assert group.downstream_task_ids == {"z"}


@pytest.mark.parametrize(("release", "expected"), [("2", ["a > b"]), ("3", ["a > b", "a > z"])])
def test_an_empty_group_passes_edges_on_in_airflow_3(release: Any, expected: list[str]) -> None:
    with collecting(release), dag() as made:
        a, z = Op(task_id="a"), Op(task_id="z")
        a >> Op(task_id="b")
        with TaskGroup("g") as group:
            pass
        a >> group >> z
    assert edges(made) == expected


def test_a_taken_id_gets_a_suffix_if_wanted() -> None:
    with dag() as made:
        with TaskGroup("g"):
            Op(task_id="a")
        with TaskGroup("g", add_suffix_on_collision=True):
            Op(task_id="a")
        with pytest.raises(DuplicateTaskIdFound, match="group_id 'g'"), TaskGroup("g"):
            pass
    assert made.task_ids == ["g.a", "g__1.a"]


def test_a_nested_group_with_the_name_of_another_is_refused_in_airflow_2() -> None:
    for release, taken in (("2", True), ("3", False)):
        with collecting(release), dag():  # type: ignore[arg-type]
            with TaskGroup("b"):
                pass
            with TaskGroup("a"):
                if taken:
                    with pytest.raises(DuplicateTaskIdFound):
                        TaskGroup("b")
                else:
                    assert TaskGroup("b").group_id == "a.b"


def test_a_group_needs_a_dag_and_a_valid_id() -> None:
    with pytest.raises(DagDefinitionError, match="outside a DAG"):
        TaskGroup("g")
    with dag(), pytest.raises(DagDefinitionError, match="invalid characters"):
        TaskGroup("a.b")


def test_a_function_makes_a_group_per_call() -> None:
    with dag() as made:

        @task_group(default_args={"retries": 4})
        def work(x: Any) -> Any:
            """Explains the work."""
            return Op(task_id="a", cmd=x) >> Op(task_id="b")

        work(1) >> work(2) >> work.override(group_id="other")(3)
    assert made.task_ids == ["work.a", "work.b", "work__1.a", "work__1.b", "other.a", "other.b"]
    assert "work.b > work__1.b" in edges(made)
    assert made.get_task("other.a").retries == 4  # type: ignore[attr-defined]
    assert made.task_group_dict["work"].tooltip == "Explains the work."


def test_a_group_is_mapped_over_results_and_literals() -> None:
    with dag() as made:
        one = Op(task_id="one")

        @task_group
        def work(x: Any, y: Any) -> None:
            Op(task_id="a", cmd=x, env=y)

        group = work.partial(y=7).expand(x=one.output)
        rows = work.expand_kwargs([{"x": 1, "y": 2}, {"x": 3, "y": 4}])
    task = made.get_task("work.a")
    assert task.upstream_task_ids == {"one"}
    assert task.get_needs_expansion()
    assert task.get_closest_mapped_task_group() is group
    assert group.expand_input.literal_length() is None
    assert rows.expand_input.literal_length() == 2
    context = context_of(task, results={"one": [10, 20]}, map_index=1)
    assert task.cmd.resolve(context) == 20  # type: ignore[attr-defined]
    assert made.get_task("work__1.a").env.resolve(context) == 4  # type: ignore[attr-defined]


def test_wrong_arguments_of_a_group_function_are_refused() -> None:
    with dag():
        key = Op(task_id="one").output["key"]

        @task_group
        def work(x: Any) -> None:
            Op(task_id="a", cmd=x)

        @task_group
        def wild(*args: Any) -> None: ...

        for wrong in (
            work.expand,
            lambda: work.expand(z=[1]),
            lambda: work.expand(x=5),
            lambda: work.expand(x=key),
            lambda: work.expand_kwargs(5),
            lambda: work.expand_kwargs([5]),
            lambda: wild.expand_kwargs([{}]),
        ):
            with pytest.raises(MappingError):
                wrong()
        with pytest.raises(TypeError):
            task_group(colour="red")(lambda: None)


def test_a_mapped_group_that_is_never_expanded_warns() -> None:
    @task_group
    def work(x: Any) -> None: ...

    with pytest.warns(UserWarning, match="never mapped"):
        work.partial(x=1)
