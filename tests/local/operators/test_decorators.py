"""`@task` and its forms, `@setup` and `@teardown`."""

from __future__ import annotations

from typing import Any

import pytest
from executions import dag_of, run

from airflow_compat.authoring import PokeReturnValue, TaskGroup, TriggerRule
from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import EmptyOperator, setup, task, teardown


def test_a_call_makes_a_task() -> None:
    with dag_of() as dag:

        @task
        def add(a: int, b: int = 2, *, ds: str) -> Any:
            """Add numbers."""
            return [a + b, ds]

        result = add(1)
    assert dag.task_ids == ["add"]
    assert result.operator.doc_md == "Add numbers."
    assert result.operator.operator_name == "@task"
    assert run(result).xcoms == {"return_value": [3, "2024-03-05"]}
    assert add.function(1, ds="x") == [3, "x"]


def test_ids_are_unique() -> None:
    with dag_of() as dag:

        @task
        def t() -> None: ...

        for _ in range(3):
            t()
        with TaskGroup("g"):
            t()
            t()
        t.override(task_id="other")()
        t.override(task_id="other")()
    assert dag.task_ids == ["t", "t__1", "t__2", "g.t", "g.t__1", "other", "other__1"]


def test_results_are_passed_on() -> None:
    with dag_of():

        @task
        def first() -> int:
            return 1

        @task
        def second(value: int, other: dict[str, int]) -> Any:
            return [value, other]

        value = first()
        result = second(value, {"a": value})
    assert result.operator.upstream_task_ids == {"first"}
    assert run(result, others={("first", "return_value"): 5}).xcoms == {"return_value": [5, {"a": 5}]}


def test_arguments_are_checked_at_the_call() -> None:
    @task
    def fn(a: int, ds: str | None = None, **kwargs: Any) -> None: ...

    with dag_of():
        fn(1)
        fn(a=1, more=2)
        with pytest.raises(TypeError, match="missing a required argument: 'a'"):
            fn()
        with pytest.raises(TypeError, match="too many positional arguments"):
            fn(1, 2, 3)


def test_a_context_parameter_has_no_default() -> None:
    @task
    def fn(ds: str = "today") -> None: ...

    with dag_of(), pytest.raises(ValueError, match="Context key parameter ds can't have a default other than None"):
        fn()


def test_a_parameter_without_a_default_may_follow_one_of_the_context() -> None:
    @task
    def fn(ds: str | None = None, *, a: int) -> Any:
        return [ds, a]

    with dag_of():
        result = fn(a=1)
    assert run(result).xcoms == {"return_value": ["2024-03-05", 1]}


def test_methods_are_refused() -> None:
    with pytest.raises(TypeError, match="@task does not support methods"):
        task(lambda self: None)
    with pytest.raises(TypeError, match="use named arguments instead"):
        task(3)


def test_default_args_fill_arguments_of_the_function() -> None:
    with dag_of(default_args={"a": 5, "retries": 2}):

        @task
        def fn(a: int) -> int:
            return a

        result = fn()
    assert result.operator.retries == 2
    assert run(result).xcoms == {"return_value": 5}


def test_the_annotation_decides_about_multiple_outputs() -> None:
    @task
    def one() -> dict[str, int]:
        return {"a": 1}

    @task(multiple_outputs=False)
    def other() -> dict[str, int]:
        return {"a": 1}

    @task
    def unknown() -> Missing:  # noqa: F821
        return {"a": 1}

    with dag_of():
        found = [run(each()).xcoms for each in (one, other, unknown)]
    assert found == [{"a": 1, "return_value": {"a": 1}}, {"return_value": {"a": 1}}, {"return_value": {"a": 1}}]


def test_mapping() -> None:
    with dag_of() as dag:

        @task
        def numbers() -> list[int]:
            return [1, 2]

        @task(retries=3)
        def add(a: int, b: int, ds: str | None = None) -> Any:
            return [a, b, ds]

        add.partial(a=10).expand(b=numbers())
        add.override(task_id="rows").expand_kwargs([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    mapped = dag.get_task("add")
    assert (mapped.retries, mapped.upstream_task_ids) == (3, {"numbers"})
    row = mapped.expand_input.row(1, lambda arg: [7, 8])
    assert run(mapped.unmap(row)).xcoms == {"return_value": [10, 8, "2024-03-05"]}
    rows = dag.get_task("rows")
    assert run(rows.unmap(rows.expand_input.row(1, lambda arg: None))).xcoms["return_value"][:2] == [3, 4]
    assert dag.task_ids == ["numbers", "add", "rows"]


def test_mapped_arguments_are_checked() -> None:
    @task
    def fn(a: int, ds: str | None = None) -> None: ...

    with dag_of():
        with pytest.raises(TypeError, match="no arguments to expand against"):
            fn.expand()
        with pytest.raises(TypeError, match=r"expand\(\) got an unexpected keyword argument 'b'"):
            fn.expand(b=[1])
        with pytest.raises(ValueError, match=r"cannot call expand\(\) on task context variable 'ds'"):
            fn.expand(ds=["x"])
        with pytest.raises(ValueError, match=r"expand\(\) got an unexpected type 'int' for keyword argument 'a'"):
            fn.expand(a=1)
        with pytest.raises(AirflowException, match="duplicate partial argument: a"):
            fn.partial(a=1).partial(a=2)


def test_a_branch() -> None:
    with dag_of("2"):

        @task.branch
        def choose() -> str:
            return "a"

        made = choose()
        made >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    done = run(made)
    assert (done.outcome.skips.task_ids, done.xcoms["return_value"]) == ({"b"}, "a")


def test_a_short_circuit() -> None:
    with dag_of():
        made = task.short_circuit(task_id="stop")(lambda: False)()
        made >> EmptyOperator(task_id="a")
    assert run(made).outcome.skips.task_ids == {"a"}


def test_a_sensor() -> None:
    with dag_of():

        @task.sensor(mode="reschedule", poke_interval=10)
        def ready(n: int, ds: str) -> Any:
            return PokeReturnValue(is_done=n > 1, xcom_value=[n, ds])

        first, second = ready(1), ready(2)
    assert run(first).state == "up_for_reschedule"
    assert run(second).xcoms == {"return_value": [2, "2024-03-05"]}


@pytest.mark.parametrize(
    ("decorate", "answer", "message"),
    [
        (task.run_if, False, "Task was skipped due to condition."),
        (task.run_if, (False, "not today"), "not today"),
        (task.skip_if, True, "Task was skipped due to condition."),
    ],
)
def test_conditions(decorate: Any, answer: Any, message: str) -> None:
    with dag_of():

        @decorate(lambda context: answer if context["ds"] else None)
        @task
        def fn() -> int:
            return 1

        skipped = fn()

        @decorate(lambda context: decorate is task.run_if)
        @task
        def other() -> int:
            return 1

        runs = other()
    done = run(skipped)
    assert (done.state, str(done.outcome.error)) == ("skipped", message)
    assert run(runs).state == "success"


def test_conditions_need_a_task() -> None:
    with pytest.raises(TypeError, match="run_if can only be used with task"):
        task.run_if(lambda context: True)(lambda: None)


def test_setup_and_teardown() -> None:
    with dag_of():

        @setup
        def start() -> None: ...

        @teardown(on_failure_fail_dagrun=True)
        @task(retries=1)
        def stop() -> None: ...

        first, last = start().operator, stop().operator
    assert first.is_setup
    assert (last.is_teardown, last.on_failure_fail_dagrun, last.retries) == (True, True, 1)
    assert last.trigger_rule == TriggerRule.ALL_DONE_SETUP_SUCCESS


def test_unknown_forms() -> None:
    with pytest.raises(AttributeError, match=r"@task.pyhton does not exist. Supported are bash, "):
        task.pyhton(print)


def test_forms_of_providers_fail_when_they_run() -> None:
    with dag_of() as dag:

        @task.docker(image="python:3.12", retries=1)
        def fn(a: int, ds: str) -> int:
            return a

        made = fn(1)
        fn.expand(a=[1, 2])
    assert (dag.task_ids, made.operator.retries) == (["fn", "fn__1"], 1)
    done = run(made)
    assert (done.state, done.outcome.may_retry) == ("failed", True)
    assert "Task 'fn' uses @task.docker" in str(done.outcome.error)
