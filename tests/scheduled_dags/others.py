"""DAGs that wait for other DAGs, start them, or run after their assets."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, Asset, TaskGroup, task
from airflow.sdk.exceptions import AirflowSkipException
from five_days import DAILY, PLAIN, fail

SEEN = Path(__file__).parent / "seen"

with DAG("producer", **DAILY):

    @task
    def rows(logical_date=None):
        if logical_date.day == 3:
            fail("day 3")

    @task
    def extra(logical_date=None):
        if logical_date.day == 2:
            raise AirflowSkipException

    rows() >> extra()
    with TaskGroup("parts"):
        EmptyOperator(task_id="first")
        EmptyOperator(task_id="second")


def _sensor(name, **arguments):
    given = {"external_dag_id": "producer", "poke_interval": 2, "failed_states": ["failed", "upstream_failed"]}
    return ExternalTaskSensor(task_id=name, **{**given, **arguments})


with DAG("waiter", **DAILY):
    _sensor("for_task", external_task_id="rows", allowed_states=["success"]) >> EmptyOperator(task_id="after_task")
    _sensor("for_skip", external_task_id="extra", skipped_states=["skipped"]) >> EmptyOperator(task_id="after_skip")
    _sensor("for_group", external_task_group_id="parts")
    _sensor("for_dag", failed_states=["failed"])
    _sensor("for_nothing", external_task_id="rows", execution_delta=timedelta(days=9), timeout=3, soft_fail=True)

    @task.short_circuit
    def has_day_before(logical_date=None):
        return logical_date.day > 1

    has_day_before() >> _sensor(
        "for_day_before", external_task_ids=["parts.first", "rows"], execution_delta=timedelta(days=1), soft_fail=True
    )

with DAG("child", schedule=None, **PLAIN):

    @task(retries=1)
    def works(dag_run=None):
        if dag_run.conf["day"] == "2026-01-04":
            fail("day 4")

    works() >> EmptyOperator(task_id="below")


def _starts(name, dag_id, **arguments):
    given = {"logical_date": "{{ ts }}", "conf": {"day": "{{ ds }}"}, "poke_interval": 1}
    return TriggerDagRunOperator(task_id=name, trigger_dag_id=dag_id, **given, **arguments)


with DAG("parent", **DAILY):
    start = _starts("start", "child", wait_for_completion=True)
    again = _starts("again", "child", skip_when_already_exists=True, trigger_rule="all_done")
    start >> again >> _starts("refused", "child", trigger_rule="all_done")

with DAG("grandchild", schedule=None, **PLAIN):
    task(task_id="works")(lambda: None)()

with DAG("resetter", **DAILY):
    first = _starts("first", "grandchild", wait_for_completion=True)
    first >> _starts("resets", "grandchild", wait_for_completion=True, reset_dag_run=True)

DAILY_SALES = Asset("daily_sales")

with DAG("seller", max_active_runs=1, **DAILY):

    @task(outlets=[DAILY_SALES])
    def sells(logical_date=None, outlet_events=None):
        if logical_date.day == 2:
            raise AirflowSkipException
        if logical_date.day == 3:
            fail("day 3")
        outlet_events[DAILY_SALES].extra["day"] = logical_date.day

    def is_seen(day):
        return (SEEN / day).exists()

    sells() >> PythonSensor(task_id="seen", python_callable=is_seen, op_args=["{{ ds }}"], poke_interval=0.5)

with DAG("counter", schedule=[DAILY_SALES], **PLAIN):

    @task(retries=1)
    def counts(triggering_asset_events=None):
        [event] = triggering_asset_events[DAILY_SALES]
        if event.extra["day"] == 4:
            fail("day 4")
        return event.extra["day"]

    @task(trigger_rule="all_done")
    def tells(triggering_asset_events=None):
        [event] = triggering_asset_events[DAILY_SALES]
        SEEN.mkdir(exist_ok=True)
        (SEEN / f"{datetime(2026, 1, event.extra['day']):%Y-%m-%d}").touch()

    counts() >> tells()
