"""What the arguments of a DAG and of its tasks told us is in the context."""

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
from airflow_compat.errors import UnsupportedFeatureError
from airflow_compat.options import deployment_options, flow_options, task_options

DEFAULT_ARGS = {"owner": "sales", "email": ["oncall@example.com"], "email_on_failure": False, "retries": 2}


def in_flow(made: Any, **options: Any) -> Any:
    """What a task returns that is run in a flow; None where it fails."""

    @flow(name="etl", **options)
    def etl() -> Any:
        state = made(return_state=True)
        return state.result() if state.is_completed() else None

    return etl()


def ignore(context: Any) -> None: ...


def test_a_task_of_ours_tells_its_own_and_the_default_args() -> None:
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
def test_a_flow_of_ours_tells_its_own_also_a_copy_of_it(copied: Callable[[Any], Any]) -> None:
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
def test_a_flows_callback_is_told_them_too(arguments: dict[str, Any]) -> None:
    seen = []

    def etl() -> None:
        raise ValueError

    made: Any = flow(etl, **flow_options(default_args=DEFAULT_ARGS, max_active_runs=3, **arguments))
    on_failure(lambda context: seen.append((context["dag"].owner, context["dag"].max_active_runs)))(made)
    made(return_state=True)
    assert seen == [("sales", 3)]


@pytest.mark.parametrize("arguments", [{"task_id": "load"}, {"on_failure_callback": ignore}, {}])
def test_options_for_prefects_task_tell_the_owner(arguments: dict[str, Any]) -> None:
    seen = []

    @on_failure(lambda context: seen.append((context["task"].owner, context["dag"].owner)))
    @prefect.task(**task_options({"owner": "sales"}, **arguments))
    def load() -> None:
        raise ValueError

    in_flow(load)
    assert seen == [("sales", "sales")]


def test_a_deployments_run_tells_owner_and_tags_where_the_code_does_not(unique: str) -> None:
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
