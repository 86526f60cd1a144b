"""Airflow's arguments as Prefect's options, without a server."""

from __future__ import annotations

import copy
import inspect
import re
import subprocess
import sys
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cloudpickle
import pytest
from prefect import task as prefect_task
from prefect.task_runners import ThreadPoolTaskRunner

from airflow_compat import task
from airflow_compat._airflow.task_arguments import TASK_ARGUMENTS
from airflow_compat.errors import (
    InvalidArgumentError,
    InvalidCallbackError,
    InvalidDagLimitError,
    InvalidScheduleError,
    PoolNotReadyError,
    UnsupportedFeatureError,
    UnsupportedFeatureWarning,
)
from airflow_compat.options import deployment_options, flow_options, task_options
from airflow_compat.options._dag_arguments import DAG_ARGUMENTS
from airflow_compat.options._signatures import DagArguments, TaskArguments
from airflow_compat.schedules import Asset, CronDataIntervalTimetable, MultipleCronTriggerTimetable


def alert(context: Any) -> None: ...


def body() -> None: ...


def test_no_arguments_give_no_options() -> None:
    assert task_options() == {}
    assert task_options({}) == {}
    assert flow_options() == {}
    assert deployment_options() == {}


def test_airflows_defaults_give_no_options() -> None:
    defaults = {
        "owner": "airflow",
        "email": None,
        "depends_on_past": False,
        "trigger_rule": "all_success",
        "pool": "default_pool",
        "queue": "default",
        "weight_rule": "downstream",
        "do_xcom_push": True,
        "multiple_outputs": False,
        "retries": 0,
    }
    assert task_options(defaults) == {"retries": 0}


def test_plain_options() -> None:
    found = task_options(
        {"retries": "2", "retry_delay": 60, "owner": "data"}, execution_timeout=timedelta(hours=1), task_id="load"
    )
    assert found == {
        "name": "load",
        "description": "Owner: data",
        "timeout_seconds": 3600.0,
        "retries": 2,
        "retry_delay_seconds": 60.0,
    }


def test_tag_of_a_limit() -> None:
    found = task_options({"max_active_tis_per_dag": 2}, task_id="load", dag_id="etl")
    assert found == {"name": "load", "tags": ["etl.load"]}
    assert task_options({"task_concurrency": 2}, task_id="load", dag_id="etl", airflow_version="2") == found
    with pytest.raises(InvalidArgumentError, match="Pass dag_id="):
        task_options({"max_active_tis_per_dag": 2}, task_id="load")
    with pytest.raises(InvalidArgumentError, match="Pass task_id="):
        task_options({"max_active_tis_per_dag": 2}, dag_id="etl")
    for number in (-2, 0, "2"):
        with pytest.raises(InvalidDagLimitError):
            task_options({"max_active_tis_per_dag": number}, dag_id="etl", task_id="load")


def test_flow_options() -> None:
    found = flow_options(dag_id="etl", dagrun_timeout=timedelta(minutes=3), max_active_tasks=4, tags=["a"])
    runner = found.pop("task_runner")
    assert isinstance(runner, ThreadPoolTaskRunner)
    assert found == {"name": "etl", "timeout_seconds": 180.0}


def test_params_and_their_schemas() -> None:
    class ArgNotSet: ...

    params = {
        "day": "2026-11-22",
        "rows": SimpleNamespace(value=5, schema={}),
        "kind": SimpleNamespace(value="all", schema={"type": "string"}),
        "needed": SimpleNamespace(value=ArgNotSet(), schema={}),
    }
    with pytest.warns(UnsupportedFeatureWarning, match="the schema of kind is not checked"):
        found = deployment_options(dag_id="etl", params=params)
    assert found["parameters"] == {"day": "2026-11-22", "rows": 5, "kind": "all"}


@pytest.mark.parametrize("preset", ["@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "0 5 * * 1-5"])
def test_schedules(preset: str) -> None:
    (found,) = deployment_options(schedule=preset)["schedules"]
    assert found.cron


def test_timetables_and_assets() -> None:
    several = MultipleCronTriggerTimetable("0 1 * * *", "0 9 * * *", timezone="UTC")
    assert [each.cron for each in deployment_options(schedule=several)["schedules"]] == ["0 1 * * *", "0 9 * * *"]
    daily = CronDataIntervalTimetable("0 1 * * *", timezone="UTC")
    assert deployment_options(timetable=daily, airflow_version="2")["schedules"][0].cron == "0 1 * * *"
    assert "schedules" not in deployment_options(schedule=[Asset("s3://lake/orders")])
    assert deployment_options(schedule=[Asset("s3://lake/orders")])["triggers"][0]["posture"] == "Reactive"


@pytest.mark.parametrize("schedule", ["@continuous", [object()], object()])
def test_schedules_of_other_kinds_are_refused_by_name(schedule: Any) -> None:
    with pytest.raises((UnsupportedFeatureError, InvalidScheduleError)):
        deployment_options(schedule=schedule)


@pytest.mark.parametrize("schedule", ["99 * * * *", "every day", timedelta(0)])
def test_invalid_schedules(schedule: Any) -> None:
    with pytest.raises(InvalidScheduleError):
        deployment_options(schedule=schedule)


def test_dates_of_a_schedule() -> None:
    ahead = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=3)
    (found,) = deployment_options(schedule="@daily", default_args={"end_date": ahead})["schedules"]
    assert "UNTIL" in found.rrule
    with pytest.raises(InvalidScheduleError, match="is not a datetime"):
        deployment_options(schedule="@daily", start_date="2026-11-22")  # type: ignore[typeddict-item]


def places(caught: pytest.WarningsRecorder) -> list[tuple[str, int]]:
    """The lines of our own warnings. Objects of earlier tests may be collected meanwhile, and warn too."""
    ours = (warning for warning in caught if issubclass(warning.category, UnsupportedFeatureWarning))
    return [(warning.filename, warning.lineno) for warning in ours]


def test_warnings_name_the_users_line() -> None:
    def of_task() -> None:
        task(weight_rule="upstream")

    def of_options() -> None:
        task_options({"weight_rule": "upstream"})

    def of_flow() -> None:
        flow_options(default_view="graph")

    def of_deployment() -> None:
        deployment_options(catchup=True)

    for ask in (of_task, of_options, of_flow, of_deployment):
        with pytest.warns(UnsupportedFeatureWarning, match="differs from Airflow's: ") as caught:
            ask()
        assert places(caught) == [(__file__, ask.__code__.co_firstlineno + 1)]


def test_warnings_that_depend_on_value_or_version() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="priority_weight counts only"):
        task(pool="warehouse", priority_weight=5)(body)
    with pytest.warns(UnsupportedFeatureWarning, match="max_active_tasks limits each run"):
        flow_options(max_active_tasks=4, airflow_version="2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task(pool="warehouse", priority_weight=5, weight_rule="absolute")(body)
        flow_options(max_active_tasks=4)


def test_parameter_of_the_other_airflow_version_warns_at_its_line() -> None:
    def extract(region: str, next_ds: Any = None, ti: Any = None, execution_date: Any = None) -> None: ...

    def plain() -> None:
        task(extract)

    def with_arguments() -> None:
        task(retries=1)(extract)

    said = "Airflow 3 has no next_ds, execution_date in its context, so Airflow 3 fills in no value"
    for ask in (plain, with_arguments):
        with pytest.warns(UnsupportedFeatureWarning, match=said) as caught:
            ask()
        assert places(caught) == [(__file__, ask.__code__.co_firstlineno + 1)]


def test_context_parameter_must_default_to_none() -> None:
    def extract(params: Any = (), ds: Any = None) -> None: ...

    with pytest.raises(InvalidArgumentError, match=r"^task: Airflow fills in params from the context, so"):
        task(extract)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert task(task_id="extract")(lambda ds=None, until="": None).name == "extract"


REFUSED = [row.name for row in TASK_ARGUMENTS.values() if row.fate == "refused"]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_task_arguments(name: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=f"^task 'load': {name} has no counterpart in Prefect: "):
        task(task_id="load", **{name: "x"})  # type: ignore[misc]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task(task_id="load", **{name: None})  # type: ignore[misc]


@pytest.mark.parametrize("name", [row.name for row in DAG_ARGUMENTS.values() if row.fate == "refused"])
def test_refused_dag_arguments(name: str) -> None:
    for options in (flow_options, deployment_options):
        with pytest.raises(UnsupportedFeatureError, match=f"^dag 'etl': {name} has no counterpart in Prefect: "):
            options(dag_id="etl", **{name: "x"})  # type: ignore[operator]


@pytest.mark.parametrize("arguments", [{"pool": "a"}, {"multiple_outputs": True}, {"do_xcom_push": False}])
def test_arguments_without_a_prefect_option(arguments: Any) -> None:
    (name,) = arguments
    with pytest.raises(UnsupportedFeatureError, match=f"prefect.task has no option for {name}. Use"):
        task_options(arguments)
    for name in ("pre_execute", "post_execute", "python_callable"):
        with pytest.raises(UnsupportedFeatureError, match=f"prefect.task has no option for {name}"):
            task_options({name: alert})


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"retrys": 2}, InvalidArgumentError, "Did you mean 'retries'"),
        ({"default_args": {"retry_dely": 2}}, InvalidArgumentError, "Did you mean 'retry_delay'"),
        ({"default_args": ["retries"]}, InvalidArgumentError, "default_args is of type list"),
        ({"retries": "many"}, InvalidArgumentError, "retries is 'many'"),
        ({"retries": 1, "retry_delay": "5m"}, InvalidArgumentError, "retry_delay is '5m'"),
        ({"execution_timeout": 60}, InvalidArgumentError, "Use a timedelta"),
        ({"on_failure_callback": "alert"}, InvalidCallbackError, "on_failure_callback"),
        ({"pool": "a", "pool_slots": 0}, InvalidArgumentError, "pool_slots is 0"),
        ({"pool": "a", "priority_weight": "high"}, PoolNotReadyError, "priority_weight is 'high'"),
        ({"email": 5}, InvalidArgumentError, "email is a int. Use an address, or a list of addresses"),
        ({"task_id": ""}, InvalidArgumentError, "task_id is ''"),
    ],
)
@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
def test_invalid_value_is_an_error_at_the_definition(arguments: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        task(**arguments)(body)


def test_decorator_refuses_other_objects() -> None:
    with pytest.raises(InvalidArgumentError, match="@task was put on a Task"):
        task(prefect_task(body))
    with pytest.raises(InvalidArgumentError, match="@task was put on a str"):
        task("load")  # type: ignore[call-overload]


def test_the_function_may_be_an_argument() -> None:
    made = task(python_callable=body, task_id="load", show_return_value_in_logs=False)  # type: ignore[call-overload]
    assert (made.name, made.fn.__wrapped__) == ("load", body)


def test_default_args_by_airflows_rules() -> None:
    default_args = {"retries": 3, "task_id": "x", "start_date": datetime(2024, 1, 1), "postgres_conn_id": "shop_db"}  # noqa: DTZ001
    assert task_options(default_args, default_args={"retries": 4}, task_id="load") == {
        "name": "load",
        "retries": 4,
        "retry_delay_seconds": 300.0,
    }
    assert task_options(default_args, retries=None, task_id=None) == {"retries": 0}  # type: ignore[typeddict-item]


def test_the_types_have_every_argument_that_is_not_refused() -> None:
    for types, table, more in ((TaskArguments, TASK_ARGUMENTS, {"python_callable"}), (DagArguments, DAG_ARGUMENTS, {})):
        wanted = {row.name for row in table.values() if row.fate != "refused"}
        # With Airflow's own default, these stand in most DAG files.
        usual = {"trigger_rule", "depends_on_past", "wait_for_downstream"}
        assert set(types.__annotations__) - usual == wanted - set(more)


def test_delays_can_be_sent_to_other_processes() -> None:
    options = task_options({"retries": 3, "retry_delay": 30, "retry_exponential_backoff": 3, "max_retry_delay": 100})
    delays = options["retry_delay_seconds"]
    assert delays == [30.0, 90.0, 100.0]
    assert delays[1:] == [90.0, 100.0]
    again = cloudpickle.loads(cloudpickle.dumps(delays))
    assert (again, again.backoff, again.version) == (delays, delays.backoff, "3")
    assert prefect_task(body).with_options(**options).with_options(name="x").retry_delay_seconds is delays


def test_no_delay_is_longer_than_airflows_longest() -> None:
    usual = {"retries": 4, "retry_exponential_backoff": True}
    day, hour = 86400.0, 3600.0
    long = task_options(usual, retry_delay=timedelta(hours=10))
    assert long["retry_delay_seconds"] == [10 * hour, 20 * hour, day, day]
    longer = task_options(usual, retry_delay=timedelta(days=2), max_retry_delay=timedelta(days=3))
    assert longer["retry_delay_seconds"] == [day, day, day, day]
    # Without the backoff, Airflow has no such limit.
    assert task_options(retries=1, retry_delay=timedelta(days=2))["retry_delay_seconds"] == 2 * day


AIRFLOWS_DECORATORS = {
    "bash": "subprocess.run",
    "branch": "`if` in the flow",
    "branch_external_python": "`if` in the flow",
    "branch_virtualenv": "`if` in the flow",
    "docker": "docker work pool",
    "external_python": "subprocess.run",
    "kubernetes": "kubernetes work pool",
    "kubernetes_cmd": "kubernetes work pool",
    "pyspark": "SparkSession",
    "run_if": "AirflowSkipException",
    "sensor": "time.sleep",
    "short_circuit": "`if` in the flow",
    "skip_if": "AirflowSkipException",
    "stub": "Use @task",
    "virtualenv": "subprocess.run",
}


@pytest.mark.parametrize("name", AIRFLOWS_DECORATORS)
def test_airflows_other_decorators_say_what_to_write_instead(name: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=rf"@task\.{name} is not supported yet\. .*") as caught:
        getattr(task, name)
    assert AIRFLOWS_DECORATORS[name] in str(caught.value)
    assert not hasattr(task, name)
    assert getattr(task, name, None) is None


def test_a_misspelt_decorator_names_the_nearest() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"@task\.brnach is not .*\. Did you mean @task\.branch\?"):
        task.brnach  # type: ignore[attr-defined] # noqa: B018
    with pytest.raises(UnsupportedFeatureError, match=r"@task\.xyz is not .*\. Use @task"):
        task.xyz  # type: ignore[attr-defined] # noqa: B018


def test_decorator_is_importable_for_pickle_and_inspect() -> None:
    assert task.python is task  # type: ignore[attr-defined]
    assert cloudpickle.loads(cloudpickle.dumps(task)) is task
    assert copy.deepcopy(task) is task
    assert task.__name__ == "task"
    assert (task.__doc__ or "").startswith("Make a Prefect task")
    assert list(inspect.signature(task).parameters)[:3] == ["fn", "dag_id", "airflow_version"]


def test_import_does_not_import_prefect() -> None:
    code = "import sys, airflow_compat.options as o; o.TaskArguments; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (task, TaskArguments),
        (task_options, TaskArguments),
        (flow_options, DagArguments),
        (deployment_options, DagArguments),
    ],
)
def test_signatures_show_each_argument(function: Any, arguments: Any) -> None:
    shown = inspect.signature(function).parameters
    assert set(arguments.__annotations__) < set(shown)
    assert "arguments" not in shown


SLA_DAG = """
from datetime import timedelta

from airflow_compat import task
from airflow_compat.options import flow_options

default_args = {"sla": timedelta(hours=1)}
options = flow_options(dag_id="etl", default_args=default_args, sla_miss_callback=print)
for number in range(8):

    @task(task_id=f"load_{number}", default_args=default_args)
    def load(): ...


@task(default_args=default_args)
def extract(): ...


@task(sla=timedelta(hours=2))
def report(): ...
"""


def test_slas_of_a_dag_are_one_warning(tmp_path: Path) -> None:
    file = tmp_path / "etl.py"
    file.write_text(SLA_DAG)
    ended = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    (warning,) = [line for line in ended.stderr.splitlines() if "Warning" in line]
    assert warning.startswith(f"{file}:8: UnsupportedFeatureWarning: sla, sla_miss_callback: flows and tasks send no")
