"""Setups and teardowns."""

from __future__ import annotations

import pytest
from authored import Op, dag, edges

from airflow_compat.authoring import TaskGroup, TriggerRule, context_wrapper
from airflow_compat.errors import DagDefinitionError


def test_a_teardown_gets_its_rule_and_its_setups() -> None:
    with dag() as made:
        up, down = Op(task_id="up"), Op(task_id="down")
        assert down.as_teardown(setups=up, on_failure_fail_dagrun=True) is down
    assert up.is_setup
    assert (down.is_teardown, down.trigger_rule) == (True, TriggerRule.ALL_DONE_SETUP_SUCCESS)
    assert down.on_failure_fail_dagrun
    assert edges(made) == ["up > down"]
    assert made.teardowns == [down]


def test_a_task_after_a_group_does_not_wait_for_its_teardowns() -> None:
    with dag() as made:
        with TaskGroup("g") as group:
            up = Op(task_id="up").as_setup()
            up >> Op(task_id="work") >> Op(task_id="down").as_teardown(setups=up)
        group >> Op(task_id="end")
    assert "g.work > end" in edges(made)
    assert "g.down > end" not in edges(made)


def test_tasks_of_a_block_run_between_setup_and_teardown() -> None:
    with dag() as made:
        up = Op(task_id="up").as_setup()
        down = Op(task_id="down").as_teardown(setups=up)
        free = Op(task_id="free")
        with down as block:
            Op(task_id="a") >> Op(task_id="b")
            block.add_task(free)
        with pytest.raises(DagDefinitionError, match="outside a setup or teardown block"):
            block.add_task(free)
    assert edges(made) == ["a > b", "b > down", "free > down", "up > a", "up > down", "up > free"]


def test_nested_blocks_connect_their_setups_and_teardowns() -> None:
    with dag() as made:
        s1, s2 = (Op(task_id=name).as_setup() for name in ("s1", "s2"))
        t1, t2 = Op(task_id="t1").as_teardown(setups=s1), Op(task_id="t2").as_teardown(setups=s2)
        with t1:
            Op(task_id="a")
            with t2:
                Op(task_id="b")
            # As in Airflow, this one belongs to no block.
            Op(task_id="c")
    assert edges(made) == ["a > t1", "b > t2", "s1 > a", "s1 > s2", "s1 > t1", "s2 > b", "s2 > t2", "t2 > t1"]


def test_a_block_of_several_setups() -> None:
    with dag() as made:
        ups = [Op(task_id=name).as_setup() for name in ("s1", "s2")]
        Op(task_id="t").as_teardown(setups=ups)
        with context_wrapper([up.output for up in ups]):
            Op(task_id="a")
    assert edges(made) == ["a > t", "s1 > a", "s1 > t", "s2 > a", "s2 > t"]


def test_roles_exclude_each_other() -> None:
    with dag() as made:
        one = Op(task_id="one").as_setup()
        with pytest.raises(DagDefinitionError, match="Cannot mark task 'one' as teardown"):
            one.as_teardown()
        two = Op(task_id="two")
        with pytest.raises(DagDefinitionError, match="not a teardown"):
            two.on_failure_fail_dagrun = True
        with pytest.raises(DagDefinitionError, match="not setups or teardowns"), two:
            pass
        with (
            pytest.raises(DagDefinitionError, match="in one list"),
            context_wrapper([one, Op(task_id="x").as_teardown()]),
        ):
            pass
        one >> Op(task_id="late", trigger_rule="all_done")
    with pytest.raises(DagDefinitionError, match="must be followed with trigger rule ALL_SUCCESS"):
        made.validate()


def test_a_task_knows_the_setups_that_it_needs() -> None:
    with dag():
        up, other = Op(task_id="up").as_setup(), Op(task_id="other").as_setup()
        work, down = Op(task_id="work"), Op(task_id="down").as_teardown(setups=up)
        up >> work >> down
        other >> Op(task_id="x").as_teardown(setups=other) >> work
    assert [task.task_id for task in work.get_upstreams_only_setups()] == ["up"]
    assert {task.task_id for task in work.get_upstreams_only_setups_and_teardowns()} == {"up", "down"}
    assert {task.task_id for task in work.get_upstreams_follow_setups()} == {"up", "down", "other", "x"}
