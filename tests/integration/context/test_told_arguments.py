"""The context shows the arguments of a DAG and its tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cloudpickle
import prefect
import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from airflow_compat import get_current_context, on_failure, task
from airflow_compat.errors import UnsupportedFeatureError, UnsupportedFeatureWarning
from airflow_compat.options import deployment_options, flow_options, task_options

DEFAULT_ARGS = {"owner": "sales", "email": ["oncall@example.com"], "email_on_failure": False, "retries": 2}


def in_flow(made: Any, **options: Any) -> Any:
    """Run a task in a flow and return its result; None if it fails."""

    @flow(name="etl", **options)
    def etl() -> Any:
        state = made(return_state=True)
        return state.result() if state.is_completed() else None

    return etl()


def ignore(context: Any) -> None: ...


def test_ported_task_shows_its_arguments_and_default_args() -> None:
    @task(
        default_args={**DEFAULT_ARGS, "email_on_retry": False},
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=True,
        pool_slots=3,
        execution_timeout=timedelta(hours=1),
        doc_md="# Load",
        trigger_rule="all_success",
    )
    def load() -> tuple[Any, Any]:
        """Not the text of doc_md."""
        context = get_current_context()
        return context["task"], context["dag"]

    operator, dag = in_flow(load)
    assert (operator.owner, operator.email, operator.retries, operator.pool_slots) == (
        "sales",
        ["oncall@example.com"],
        2,
        3,
    )
    assert (operator.retry_delay, operator.execution_timeout) == (timedelta(minutes=2), timedelta(hours=1))
    assert (operator.doc_md, operator.trigger_rule, operator.email_on_failure) == ("# Load", "all_success", False)
    assert dag.owner == "sales"
    assert dag.default_args["email"] == ["oncall@example.com"]


def pickled(made: Any) -> Any:
    return cloudpickle.loads(cloudpickle.dumps(made))


@pytest.mark.parametrize("copied", [lambda made: made, lambda made: made.with_options(retries=0), pickled])
def test_flow_and_its_copy_show_their_arguments(copied: Callable[[Any], Any]) -> None:
    arguments: dict[str, Any] = {
        "dag_id": "etl",
        "description": "Loads.",
        "doc_md": "# Etl",
        "tags": ["daily", "finance"],
        "max_active_runs": 3,
        "dagrun_timeout": timedelta(hours=1),
        "default_args": DEFAULT_ARGS,
    }

    @prefect.task
    def load() -> tuple[Any, Any]:
        context = get_current_context()
        return context["dag"], context["task"]

    def etl() -> tuple[Any, Any]:
        return load()

    dag, operator = copied(flow(etl, **flow_options(**arguments)))()
    assert (dag.owner, dag.tags, dag.description, dag.doc_md) == ("sales", ("daily", "finance"), "Loads.", "# Etl")
    assert (dag.max_active_runs, dag.dagrun_timeout) == (3, timedelta(hours=1))
    assert dag.default_args == DEFAULT_ARGS
    assert operator.owner == "sales"
    with pytest.raises(UnsupportedFeatureError, match=r"Dag\.timetable has no counterpart"):
        dag.timetable  # noqa: B018


@pytest.mark.parametrize("arguments", [{"dag_id": "etl"}, {"on_failure_callback": ignore}])
def test_flow_callback_sees_the_arguments(arguments: dict[str, Any]) -> None:
    seen = []

    def etl() -> None:
        raise ValueError

    made: Any = flow(etl, **flow_options(default_args=DEFAULT_ARGS, max_active_runs=3, **arguments))
    on_failure(lambda context: seen.append((context["dag"].owner, context["dag"].max_active_runs)))(made)
    made(return_state=True)
    assert seen == [("sales", 3)]


@pytest.mark.parametrize("arguments", [{"task_id": "load"}, {"on_failure_callback": ignore}, {}])
def test_task_options_show_the_owner(arguments: dict[str, Any]) -> None:
    seen = []

    @on_failure(lambda context: seen.append((context["task"].owner, context["dag"].owner)))
    @prefect.task(**task_options({"owner": "sales"}, **arguments))
    def load() -> None:
        raise ValueError

    in_flow(load)
    assert seen == [("sales", "sales")]


def test_deployment_shows_owner_and_tags_if_the_code_does_not(unique: str) -> None:
    seen = []

    @on_failure(lambda context: seen.append((context["dag"].owner, context["dag"].tags, context["task"].owner)))
    @flow(name=unique)
    def etl() -> None:
        raise ValueError

    options = deployment_options(dag_id=unique, tags=["daily"], default_args=DEFAULT_ARGS)
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(etl, tags=options["tags"])
    from prefect.flow_engine import run_flow

    run_flow(etl, flow_run=run, return_type="state")
    assert seen == [("sales", ("daily",), "sales")]


def test_the_owner_is_airflow_by_default() -> None:
    @prefect.task
    def load() -> tuple[str, str]:
        context = get_current_context()
        return context["task"].owner, context["dag"].owner

    assert in_flow(load) == ("airflow", "airflow")


class Param:
    """Airflow's class, with the attributes that are read."""

    def __init__(self, value: Any) -> None:
        self.value, self.schema = value, {}


PARAMS_OF_AIRFLOW = {"a": 1, "b": 9, "c": None, "da": 1}
"""What 2.11 and 3.3 give for the params of `dag_with_params`, where the run sets b."""


def told_by(failed: str, **arguments: Any) -> tuple[Any, Any]:
    """The contexts of a task's and its flow's failure callbacks, for a DAG with params and `default_args`."""
    seen: dict[str, Any] = {}

    def keep(name: str) -> Callable[[Any], None]:
        def callback(context: Any) -> None:
            operator, dag = context["task"], context["dag"]
            seen[name] = {
                "params": context["params"],
                "dag.params": dag.params,
                "task.params": operator.params,
                "email": operator.email,
                "queue": operator.queue,
                "default_args": dag.default_args,
            }

        return callback

    @on_failure(keep("task"))
    @prefect.task
    def load() -> None:
        raise ValueError

    params = {"a": 1, "b": Param(2), "c": Param(None), "needed": Param(type("ArgNotSet", (), {})())}
    default_args = {"email": ["x@example.com"], "queue": "q7", "retries": 3, "params": {"da": 1}, "of_an_operator": 1}
    options = flow_options(params=params, default_args=default_args, **arguments)

    @on_failure(keep("flow"))
    @flow(**options)
    def etl(b: int) -> None:
        if failed == "task":
            load()
        raise ValueError

    etl(9, return_state=True)
    return seen.get("task"), seen["flow"]


@pytest.mark.parametrize("failed", ["task", "flow"])
@pytest.mark.parametrize("arguments", [{"dag_id": "etl"}, {"description": "Loads."}, {"on_failure_callback": ignore}])
def test_params_and_default_args_of_the_flow_are_in_both_callbacks(failed: str, arguments: dict[str, Any]) -> None:
    of_task, of_flow = told_by(failed, **arguments)
    for seen in (of_task, of_flow) if failed == "task" else (of_flow,):
        assert seen["params"] == seen["dag.params"] == seen["task.params"] == PARAMS_OF_AIRFLOW
        assert (seen["email"], seen["queue"]) == (["x@example.com"], "q7")
        assert seen["default_args"]["email"] == ["x@example.com"]


def test_flow_that_carries_no_arguments_warns() -> None:
    message = r"dag: The context doesn't show default_args and params, .* Pass dag_id to flow_options"
    with pytest.warns(UnsupportedFeatureWarning, match=message):
        options = flow_options(params={"a": 1}, default_args=DEFAULT_ARGS)
    assert options == {}


def test_a_tasks_own_arguments_win_over_those_of_the_flow() -> None:
    @task(email=None, default_args={"pool_slots": 2})
    def load() -> Any:
        return get_current_context()["task"]

    default_args = {"email": ["x@example.com"], "queue": "q7", "pool_slots": 1, "retries": 4, "of_an_operator": 1}

    def etl() -> Any:
        return load()

    operator = flow(etl, **flow_options(dag_id="etl", default_args=default_args))()
    assert (operator.email, operator.queue, operator.pool_slots) == (None, "q7", 2)
    # What Prefect does is what the task says: the flow's `default_args` don't change its retries.
    assert operator.retries == 0
    with pytest.raises(UnsupportedFeatureError, match="of_an_operator"):
        operator.of_an_operator  # noqa: B018
