"""Branches, and `skip`."""

from __future__ import annotations

from typing import Any

import pytest
from authored import Op, context_of, dag

from airflow_compat.authoring import BaseBranchOperator, SkipMixin, TaskGroup
from airflow_compat.authoring._current import collecting
from airflow_compat.authoring._skip import collecting_skips
from airflow_compat.errors import DagDefinitionError
from airflow_compat.exceptions import AirflowException, DownstreamTasksSkipped


class Branch(BaseBranchOperator):
    def __init__(self, *, choice: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choice = choice

    def choose_branch(self, context: Any) -> Any:
        return self.choice


def branch(choice: Any) -> Branch:
    with dag():
        task = Branch(task_id="branch", choice=choice)
        a, b, join = Op(task_id="a"), Op(task_id="b"), Op(task_id="join", trigger_rule="none_failed")
        with TaskGroup("g") as group:
            Op(task_id="c") >> Op(task_id="d")
        task >> [a, b, join, group]
        [a, b] >> join
    return task


@pytest.mark.parametrize(
    ("choice", "skipped"),
    [
        ("a", {"b", "g.c"}),
        (["a", "b"], {"g.c"}),
        ("g", {"a", "b", "join"}),
        (None, {"a", "b", "join", "g.c"}),
        ([], {"a", "b", "join", "g.c"}),
        ((each for each in ["b"]), {"a", "g.c"}),
    ],
)
def test_a_branch_skips_what_is_not_below_its_choice(choice: Any, skipped: set[str]) -> None:
    task = branch(choice)
    context = context_of(task)
    with collecting_skips(context["ti"]) as found, pytest.raises(DownstreamTasksSkipped) as raised:
        task.execute(context)
    assert found.task_ids == skipped
    assert set(raised.value.tasks) == {(task_id, -1) for task_id in skipped}
    followed = context["ti"].pushed["skipmixin_key"]["followed"]
    assert set(followed) == {"a", "b", "join", "g.c"} - skipped


def test_a_branch_of_airflow_2_goes_on_and_returns_its_choice() -> None:
    with collecting("2"):
        task = branch("a")
    context = context_of(task)
    with collecting_skips(context["ti"]) as found:
        assert task.execute(context) == "a"
    assert found.task_ids == {"b", "g.c"}
    with pytest.raises(DagDefinitionError, match="outside a task"):
        task.execute(context)


def test_a_mapped_branch_goes_on() -> None:
    task = branch("a")
    context = context_of(task, map_index=2)
    with collecting_skips(context["ti"]) as found:
        assert task.execute(context) == "a"
    assert found.task_ids == {"b", "g.c"}


@pytest.mark.parametrize("choice", ["missing", 5, [5], ["a", None]])
def test_a_wrong_choice_is_refused(choice: Any) -> None:
    task = branch(choice)
    with pytest.raises(AirflowException, match="branch_task_ids"):
        task.execute(context_of(task))


@pytest.mark.parametrize("release", ["2", "3"])
def test_skip_has_the_arguments_of_its_release(release: Any) -> None:
    class Skips(Op, SkipMixin):
        def execute(self, context: Any) -> Any:
            arguments = (None, None) if release == "2" else (context["ti"],)
            self.skip(*arguments, context["task"].downstream_list)
            return "went on"

    with collecting(release), dag():
        task = Skips(task_id="a")
        task >> [Op(task_id="b"), Op(task_id="c")]
    context = {**context_of(task), "task": task}
    with collecting_skips(context["ti"]) as found:
        if release == "2":
            assert task.execute(context) == "went on"
        else:
            with pytest.raises(DownstreamTasksSkipped):
                task.execute(context)
    assert found.task_ids == {"b", "c"}
    assert set(context["ti"].pushed["skipmixin_key"]["skipped"]) == {"b", "c"}
    assert task.inherits_from_skipmixin
    assert not Op(task_id="d").inherits_from_skipmixin


def test_nothing_to_skip() -> None:
    with dag():
        task = Branch(task_id="branch", choice="branch")
        context = context_of(task)
        task.execute(context)
        assert context["ti"].pushed == {}
        SkipMixin().skip(context["ti"], [])
