"""A DAG whose tasks need real Airflow, but for some between them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

try:
    from airflow.sdk import DAG, task, task_group
except ImportError:
    from airflow import DAG
    from airflow.decorators import task, task_group

from hosted_operators import Announce, Choose, Defer, Double, Load, Misbehave, Never, Report, Wait, note

CALLBACKS = {f"on_{kind}_callback": note(kind) for kind in ("execute", "success", "failure", "retry", "skipped")}

with DAG(
    "hosted_tasks",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    params={"p": 3},
    user_defined_macros={"triple": lambda number: 3 * number},
    default_args={"retry_delay": timedelta(0), **CALLBACKS},
) as dag:
    load = Load(
        task_id="load",
        table="{{ ds_nodash }}_{{ params.p }}_{{ var.value.target }}_{{ conn.shop.login }}",
        options=["{{ triple(params.p) }}", {"run": "{{ dag_run.run_type }}"}],
    )

    @task
    def native(loaded, moment):
        return [loaded["table"], moment.isoformat()]

    moments = native(load.output, load.output["moment"])
    announce = Announce(task_id="announce", http_conn_id="discord", message="{{ ti.xcom_pull('native')[0] }}")
    moments >> announce

    @task
    def numbers():
        return [1, 2, 3]

    doubled = Double.partial(task_id="doubled").expand(number=numbers())

    @task
    def collect(values):
        return sorted(values)

    collect(doubled.output)

    @task_group
    def both(number):
        first = Double(task_id="first", number=number)
        Double(task_id="second", number=first.output)

    both.expand(number=[10, 20])

    Wait(task_id="poked", poke_interval=0.1, timeout=600)
    Wait(task_id="rescheduled", poke_interval=1, timeout=600, mode="reschedule")
    Never(task_id="too_late", poke_interval=0.1, timeout=0.3, retries=1)
    # `dag.test()` of 2.11 repeats a task for ever whose trigger fails, or that is tried again.
    Defer(task_id="deferred", how="fires")
    Report(task_id="report", http_conn_id="discord", message="{{ ds }}", query="SELECT {{ params.p + 1 }}")
    choose = Choose(task_id="choose")
    choose >> [Double(task_id="chosen", number=1), Double(task_id="not_chosen", number=2)]
    for how in ("raise", "fail", "skip", "exit"):
        Misbehave(task_id=how, how=how, retries=1 if how == "fail" else 0)
    Misbehave(task_id="too_long", how="sleep", execution_timeout=timedelta(seconds=1))
