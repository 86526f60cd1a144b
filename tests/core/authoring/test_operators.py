"""Arguments of operators, and what the metaclass does with them."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from authored import DAY, Op, dag, edges

from airflow_compat.authoring import BaseAsyncOperator, BaseOperator, TriggerRule
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError, UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred


class Strict(Op):
    def __init__(self, *, must: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.must = must


def test_defaults_fill_the_arguments_of_each_class() -> None:
    with dag(default_args={"must": 1, "cmd": 2, "retries": "3", "unknown": 4}):
        task = Strict(task_id="a")
    assert (task.must, task.cmd, task.retries) == (1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"colour": "red"}, "Invalid arguments were passed to Strict .*'colour'"),
        ({}, "missing keyword argument 'must' of Strict"),
        ({"must": 1, "queue": 5}, "'queue' for task 'a' expects"),
        ({"must": 1, "retries": "x"}, "'retries' type must be int"),
        ({"must": 1, "pool_slots": 0}, "pool slots for a"),
        ({"must": 1, "trigger_rule": "never"}, "trigger_rule must be one of"),
        ({"must": 1, "weight_rule": "heavy"}, "weight_rule of task 'a'"),
        ({"must": 1, "execution_timeout": 5}, "execution_timeout must be timedelta"),
        ({"must": 1, "task_id": "a b"}, "invalid characters"),
        ({"must": 1, "default_args": 5}, "default_args is a int"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with dag(), pytest.raises(AirflowException, match=message):
        Strict(
            **{"task_id": "a", **arguments} if "colour" not in arguments else {"task_id": "a", "must": 1, **arguments}
        )


def test_positional_arguments_are_refused() -> None:
    with dag(), pytest.raises(TypeError, match="positional"):
        Op("a")  # type: ignore[misc]


def test_arguments_of_one_release() -> None:
    with collecting("2"), dag():
        assert Op(task_id="a", task_concurrency=3).max_active_tis_per_dag == 3
        assert Op(task_id="b", trigger_rule="dummy").trigger_rule == TriggerRule.ALWAYS
        callback = Op(task_id="c", on_failure_callback=print).on_failure_callback
        assert callback is print
    with collecting("3"), dag():
        with pytest.raises(DagDefinitionError):
            Op(task_id="a", task_concurrency=3)
        with pytest.raises(ValueError, match="trigger_rule"):
            Op(task_id="b", trigger_rule="dummy")
        assert Op(task_id="c", on_failure_callback=print).on_failure_callback == [print]
        with pytest.warns(UserWarning, match="no SLAs"):
            Op(task_id="d", sla=timedelta(1))


def test_illegal_arguments_can_be_allowed_in_airflow_2() -> None:
    allowed = {("operators", "allow_illegal_arguments"): True}
    with collecting("2", settings=allowed), dag(), pytest.warns(UserWarning, match="colour"):
        Op(task_id="a", colour="red")


def test_dates_are_limited_to_those_of_the_dag() -> None:
    late = datetime(2024, 6, 1, tzinfo=timezone.utc)
    with dag(end_date=late):
        task = Op(task_id="a", start_date=datetime(2023, 1, 1), end_date=datetime(2025, 1, 1))  # noqa: DTZ001
        plain = Op(task_id="b")
    assert (task.start_date, task.end_date) == (plain.start_date, plain.end_date) == (DAY, late)


def test_durations_and_numbers_are_converted_when_set() -> None:
    with dag():
        task = Op(task_id="a", retry_delay=5, max_retry_delay=7.5, priority_weight=2**40)
    task.retries = "4"
    assert (task.retry_delay, task.max_retry_delay, task.retries) == (timedelta(seconds=5), timedelta(seconds=7.5), 4)
    assert task.priority_weight == 2**31 - 1


def test_a_template_field_that_is_set_later_makes_an_edge() -> None:
    with dag() as made:
        a, b = Op(task_id="a"), Op(task_id="b")
        b.cmd = a.output
        assert edges(made) == ["a > b"]
        c = Op(task_id="c").prepare_for_execution()
        c.cmd = a.output
    assert edges(made) == ["a > b"]


def test_the_total_priority_follows_the_weight_rule() -> None:
    with dag():
        a, b, c = (Op(task_id=name, priority_weight=10) for name in "abc")
        a >> b >> c
        up = Op(task_id="up", weight_rule="upstream")
        c >> up
        absolute = Op(task_id="absolute", weight_rule="absolute")
        up >> absolute
    assert [task.priority_weight_total for task in (a, b, c, up, absolute)] == [32, 22, 12, 31, 1]


def test_deferral_raises_and_continues() -> None:
    class Waits(Op):
        def execute_complete(self, context: Any, event: Any) -> Any:
            return event

    with collecting("3"), dag():
        task = Waits(task_id="a")
    with pytest.raises(TaskDeferred) as raised:
        task.defer(trigger="trigger", method_name="execute_complete", timeout=5)  # type: ignore[arg-type]
    assert raised.value.timeout == timedelta(seconds=5)
    assert task.resume_execution("execute_complete", {"event": 1}, {}) == 1
    with pytest.raises(TaskDeferralTimeout):
        task.resume_execution("__fail__", {"error": "Trigger timeout"}, {})
    with pytest.raises(TaskDeferralError):
        task.resume_execution("__fail__", None, {})


def test_an_async_operator_runs_its_coroutine() -> None:
    class Slow(BaseAsyncOperator):
        async def aexecute(self, context: Any) -> Any:
            return context["x"]

    with dag():
        task = Slow(task_id="a", execution_timeout=timedelta(seconds=30))
    assert task.is_async
    assert task.execute({"x": 3}) == 3


def test_copies_are_independent() -> None:
    with dag() as made:
        task = Op(task_id="a", cmd=["x"])
    twin = copy.deepcopy(made).get_task("a")
    assert twin == task
    assert twin is not task
    twin.cmd.append("y")  # type: ignore[attr-defined]
    assert task.cmd == ["x"]
    assert twin.dag is not made


def test_methods_of_the_database_are_refused_by_name() -> None:
    with dag() as made:
        task = Op(task_id="a")
    with pytest.raises(UnsupportedFeatureError, match=r"Op\.clear needs Airflow's database"):
        task.clear()
    with pytest.raises(UnsupportedFeatureError, match=r"DAG\.get_last_dagrun"):
        made.get_last_dagrun()
    assert not hasattr(task, "whatever")


def test_inlets_and_outlets() -> None:
    with dag():
        task = Op(task_id="a", inlets="in", outlets=["out"])
        assert (task > "more") is task
        assert (task < ["less"]) is task
    assert task.inlets == ["in", "less"]
    assert task.outlets == ["out", "more"]


def test_an_operator_needs_a_dag_and_keeps_it() -> None:
    task = Op(task_id="a")
    with pytest.raises(RuntimeError, match="has not been assigned to a DAG yet"):
        _ = task.dag
    with pytest.raises(DagDefinitionError, match="Expected dag"):
        task.dag = 5
    task.dag = dag()
    with pytest.raises(DagDefinitionError, match="can not be changed"):
        task.dag = dag()
    assert BaseOperator(task_id="b").dag_id == "adhoc_airflow"


def test_mails_are_sent_by_default() -> None:
    with dag():
        task = Op(task_id="a", email="team@example.org")
    assert (task.email_on_failure, task.email_on_retry) == (True, True)
