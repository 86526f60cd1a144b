"""PythonOperator, BranchPythonOperator and ShortCircuitOperator."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from executions import dag_of, run

from airflow_compat import get_current_context
from airflow_compat.errors import ContextNotFoundError
from airflow_compat.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow_compat.operators import BranchPythonOperator, EmptyOperator, PythonOperator, ShortCircuitOperator


def operator(fn: Any, release: str = "3", **arguments: Any) -> PythonOperator:
    with dag_of(release):
        return PythonOperator(task_id="t", python_callable=fn, **arguments)


def test_a_function_gets_its_arguments_and_context_keys_by_name() -> None:
    done = run(operator(lambda a, b, ds: [a, b, ds], op_args=[1], op_kwargs={"b": 2, "unknown": 3}))
    assert (done.state, done.outcome.result_pushed) == ("success", True)
    assert done.xcoms == {"return_value": [1, 2, "2024-03-05"]}


def test_a_function_with_keywords_gets_the_whole_context() -> None:
    def fn(ds: str, **context: Any) -> list[Any]:
        return [ds, context["run_id"], context["a"], context["templates_dict"]]

    done = run(operator(fn, op_kwargs={"a": 1}, templates_dict={"b": "{{ ds }}"}))
    assert done.xcoms["return_value"] == ["2024-03-05", done.ti.run_id, 1, {"b": "2024-03-05"}]


def test_a_positional_argument_may_not_be_a_context_key() -> None:
    done = run(operator(lambda ds: ds, op_args=[1]))
    assert done.state == "failed"
    assert str(done.outcome.error) == "The key 'ds' in args is a part of kwargs and therefore reserved."


def test_templates_are_rendered_in_a_copy() -> None:
    task = operator(lambda a, b: [a, b], op_args=["{{ ds }}"], op_kwargs={"b": {"c": ["{{ run_id }}"]}})
    done = run(task)
    assert done.xcoms["return_value"] == ["2024-03-05", {"c": [done.ti.run_id]}]
    assert task.op_args == ["{{ ds }}"]
    assert done.context["task"].op_args == ["2024-03-05"]


def test_results_of_other_tasks_are_resolved_and_not_rendered() -> None:
    with dag_of():
        first = PythonOperator(task_id="first", python_callable=lambda: None)
        task = PythonOperator(task_id="t", python_callable=lambda a: a, op_args=[[first.output, "{{ ds }}"]])
    done = run(task, others={("first", "return_value"): "{{ x }}"})
    assert done.xcoms["return_value"] == ["{{ x }}", "2024-03-05"]
    assert task.upstream_task_ids == {"first"}


@pytest.mark.parametrize("push", [True, False])
def test_a_result_that_is_not_pushed(push: bool) -> None:
    done = run(operator(lambda: None if push else 1, do_xcom_push=push))
    assert (done.xcoms, done.outcome.result_pushed) == ({}, False)


def test_multiple_outputs() -> None:
    assert run(operator(lambda: {"a": 1, "b": None}, multiple_outputs=True)).xcoms == {
        "a": 1,
        "b": None,
        "return_value": {"a": 1, "b": None},
    }


@pytest.mark.parametrize(("release", "error"), [("2", AirflowException), ("3", TypeError)])
@pytest.mark.parametrize("value", [[1], {1: 2}])
def test_multiple_outputs_need_a_dict_with_texts_as_keys(release: str, error: type[Exception], value: Any) -> None:
    done = run(operator(lambda: value, release, multiple_outputs=True))
    assert (done.state, type(done.outcome.error), done.outcome.may_retry, done.xcoms) == ("failed", error, True, {})


@pytest.mark.parametrize(
    ("error", "state", "may_retry"),
    [
        (AirflowSkipException("enough"), "skipped", False),
        (AirflowFailException("no"), "failed", False),
        (ValueError("no"), "failed", True),
        (SystemExit(1), "failed", True),
    ],
)
def test_errors(error: BaseException, state: str, may_retry: bool) -> None:
    def fail() -> None:
        raise error

    outcome = run(operator(fail)).outcome
    assert (outcome.state, outcome.may_retry, outcome.error) == (state, may_retry, error)


@pytest.mark.parametrize(("release", "state"), [("2", "success"), ("3", "failed")])
def test_an_exit_without_an_error(release: str, state: str) -> None:
    assert run(operator(lambda: sys.exit(0), release)).state == state


def test_an_interrupt_reaches_the_caller() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(operator(interrupt))


def test_a_coroutine_function() -> None:
    async def fn(ds: str) -> str:
        await asyncio.sleep(0)
        return ds

    assert run(operator(fn)).xcoms == {"return_value": "2024-03-05"}


def test_a_generator_runs_to_its_end() -> None:
    def fn() -> Any:
        yield "unknown"
        return 5

    assert run(operator(fn)).xcoms == {"return_value": 5}


def test_the_current_context_is_that_of_the_task() -> None:
    done = run(operator(lambda: get_current_context()["run_id"]))
    assert done.xcoms["return_value"] == done.ti.run_id
    with pytest.raises(ContextNotFoundError):
        get_current_context()


def test_hooks() -> None:
    calls: list[Any] = []

    class Own(PythonOperator):
        def pre_execute(self, context: Any) -> None:
            calls.append("method before")

        def post_execute(self, context: Any, result: Any = None) -> None:
            calls.append(("method after", result))

    def fn() -> int:
        calls.append("execute")
        return 7

    with dag_of("2"):
        task = Own(
            task_id="t",
            python_callable=fn,
            pre_execute=lambda context: calls.append(f"before {context['ds']}"),
            post_execute=lambda context, result: calls.append(f"after {result}"),
        )
    run(task)
    assert calls == ["before 2024-03-05", "method before", "execute", "after 7", ("method after", 7)]


def test_provide_context_is_an_argument_of_airflow_1() -> None:
    assert run(operator(lambda ds, **_: ds, "2", provide_context=True)).state == "success"
    with pytest.raises(AirflowException, match="provide_context"):
        operator(lambda ds, **_: ds, provide_context=True)


def test_lineage_is_pushed_in_airflow_2() -> None:
    from airflow_compat.authoring import Asset

    for release, keys in (("2", {"pipeline_outlets", "pipeline_inlets"}), ("3", set())):
        task = operator(lambda: None, release, outlets=[Asset("s3://a")], inlets=[Asset("s3://b")])
        assert run(task).xcoms.keys() == keys


def branches(release: str, choose: Any, **arguments: Any) -> Any:
    with dag_of(release):
        task = BranchPythonOperator(task_id="branch", python_callable=choose, **arguments)
        first, second = EmptyOperator(task_id="first"), EmptyOperator(task_id="second")
        task >> [first, second]
        first >> EmptyOperator(task_id="after")
    return task


@pytest.mark.parametrize(("release", "pushed"), [("2", "first"), ("3", None)])
def test_a_branch(release: str, pushed: str | None) -> None:
    done = run(branches(release, lambda: "first"))
    assert (done.state, done.outcome.skips.task_ids) == ("success", {"second"})
    assert done.xcoms == {
        "skipmixin_key": {"followed": ["first"]},
        **({"return_value": pushed} if pushed else {}),
    }


def test_a_branch_that_skips_nothing_has_a_result() -> None:
    done = run(branches("3", lambda: ["first", "second"]))
    assert (done.outcome.skips.task_ids, done.xcoms["return_value"]) == (set(), ["first", "second"])


def test_a_branch_to_an_unknown_task_fails() -> None:
    done = run(branches("3", lambda: "other"))
    assert done.state == "failed"
    assert "other" in str(done.outcome.error)


def short_circuit(release: str, value: Any, **arguments: Any) -> Any:
    with dag_of(release):
        task = ShortCircuitOperator(task_id="stop", python_callable=lambda: value, **arguments)
        task >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
    return task


@pytest.mark.parametrize(("release", "xcoms"), [("2", {"return_value": False}), ("3", {})])
def test_a_short_circuit(release: str, xcoms: dict[str, Any]) -> None:
    done = run(short_circuit(release, value=False))
    assert (done.state, done.outcome.skips.task_ids) == ("success", {"a", "b"})
    assert set(done.xcoms.pop("skipmixin_key")["skipped"]) == {"a", "b"}
    assert done.xcoms == xcoms


def test_a_short_circuit_of_the_next_task() -> None:
    done = run(short_circuit("3", value=0, ignore_downstream_trigger_rules=False))
    assert done.outcome.skips.task_ids == {"a"}


def test_a_short_circuit_that_continues() -> None:
    done = run(short_circuit("3", value="yes"))
    assert (done.outcome.skips.task_ids, done.xcoms) == (set(), {"return_value": "yes"})
