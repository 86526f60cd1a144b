"""Runs of instrumented flows and tasks, as received by a StatsD server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from metric_receivers import UdpReceiver, plain, udp_receiver
from patient_client import patient_client
from prefect import Task, flow, task
from prefect.flow_engine import run_flow
from prefect.states import Scheduled

from airflow_compat import metrics, on_retry, pools
from airflow_compat._prefect.failures import server_call
from airflow_compat.callbacks import on_success
from airflow_compat.errors import InvalidMetricSettingsError
from airflow_compat.exceptions import AirflowSkipException

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun


@pytest.fixture
def udp() -> Iterator[UdpReceiver]:
    with udp_receiver() as receiver:
        metrics.configure(metrics.Datadog("127.0.0.1", receiver.port, prefix=""))
        yield receiver
        metrics.shutdown()


def received(udp: UdpReceiver) -> tuple[Counter[str], dict[str, float]]:
    """Return the counters by name and tags, and the other values likewise."""
    assert metrics.flush(60)
    counters: Counter[str] = Counter()
    values = {}
    for line in udp.lines():
        name, kind, *tags = line.split("|")
        name, _, value = name.partition(":")
        key = " ".join([name, *sorted(tags[0][1:].split(","))] if tags else [name])
        if kind == "c":
            counters[key] += int(value)
        else:
            values[key] = float(value)
    return counters, values


def test_a_task_that_fails_once_and_then_succeeds(udp: UdpReceiver, unique: str) -> None:
    tries = []

    @task(name="load.it", retries=1)
    def load() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError

    @metrics.instrument
    @flow(name=f"{unique} etl")
    def etl() -> None:
        load()

    etl()
    dag = f"{unique}_etl"
    of_task = f"dag_id:{dag} task_id:load.it"
    counters, values = received(udp)
    operator = "_PythonDecoratedOperator"
    assert counters == {
        f"ti.start.{dag}.load__it": 2,
        f"ti.start {of_task}": 2,
        f"ti.finish.{dag}.load__it.up_for_retry": 1,
        f"ti.finish dag_id:{dag} state:up_for_retry task_id:load.it": 1,
        f"ti.finish.{dag}.load__it.success": 1,
        f"ti.finish dag_id:{dag} state:success task_id:load.it": 1,
        f"operator_failures_{operator} {of_task}": 1,
        f"operator_failures dag_id:{dag} operator_name:{operator} task_id:load.it": 1,
        f"operator_successes_{operator} {of_task}": 1,
        f"operator_successes dag_id:{dag} operator_name:{operator} task_id:load.it": 1,
        f"ti_failures {of_task}": 1,
        f"ti_successes {of_task}": 1,
    }
    assert set(values) == {
        f"dag.{dag}.load__it.duration",
        f"task.duration {of_task}",
        f"dagrun.duration.success.{dag} run_type:manual",
        f"dagrun.duration.success dag_id:{dag} run_type:manual",
    }
    assert all(0 < value < 60_000 for value in values.values())


def test_a_flow_that_fails(udp: UdpReceiver, unique: str) -> None:
    class Mine(Task):  # type: ignore[type-arg]
        pass

    def broken() -> None:
        raise ValueError

    wrong = Mine(broken, name="wrong")

    @metrics.instrument
    @flow(name=unique)
    def etl() -> None:
        wrong()

    assert etl(return_state=True).is_failed()
    counters, values = received(udp)
    assert counters[f"ti.finish.{unique}.wrong.failed"] == 1
    assert counters[f"operator_failures_Mine dag_id:{unique} task_id:wrong"] == 1
    assert f"dagrun.duration.failed.{unique} run_type:manual" in values
    assert not any(name.startswith(("ti_successes", "dagrun.duration.success")) for name in (*counters, *values))


def test_skipped_task_is_neither_success_nor_failure(udp: UdpReceiver, unique: str) -> None:
    @on_success(lambda context: None)
    @task
    def skipped() -> None:
        raise AirflowSkipException

    @metrics.instrument
    @flow(name=unique)
    def etl() -> None:
        skipped(return_state=True)

    etl()
    counters, _ = received(udp)
    assert counters[f"ti.finish.{unique}.skipped.skipped"] == 1
    assert not any(name.startswith(("ti_", "operator_")) for name in counters)


def test_tasks_own_conditions_and_callbacks_still_work(udp: UdpReceiver, unique: str) -> None:
    asked: list[str] = []

    async def never(task: object, task_run: object, state: object) -> bool:
        asked.append("own")
        return False

    @task(retries=2, retry_condition_fn=never)
    async def one() -> None:
        raise ValueError

    @on_retry(lambda context: asked.append("callback"))
    @task(retries=1)
    def two() -> None:
        raise ValueError

    @metrics.instrument
    @flow(name=unique)
    async def etl() -> None:
        await one(return_state=True)
        two(return_state=True)

    import asyncio

    asyncio.run(etl(return_state=True))
    counters, _ = received(udp)
    assert asked == ["own", "callback"]
    assert counters[f"ti.start.{unique}.one"] == counters[f"ti.finish.{unique}.one.failed"] == 1
    assert counters[f"ti.finish.{unique}.two.up_for_retry"] == counters[f"ti.finish.{unique}.two.failed"] == 1


def test_tasks_in_threads_and_given_tasks(udp: UdpReceiver, unique: str) -> None:
    @task
    def load(number: int) -> int:
        return number

    steps = [task(lambda: None, name="given")]

    @flow(name=unique)
    def etl() -> None:
        load.map([1, 2, 3]).wait()
        load.with_options(tags=["x"])(4)
        steps[0]()

    assert metrics.instrument(etl, tasks=steps) is etl
    metrics.instrument(etl, tasks=steps)
    etl()
    counters, _ = received(udp)
    assert counters[f"ti.finish.{unique}.load.success"] == 4
    assert counters[f"ti.finish.{unique}.given.success"] == 1


def test_delay_of_a_scheduled_run(udp: UdpReceiver, unique: str) -> None:
    @task
    def load() -> None: ...

    @metrics.instrument
    @flow(name=unique)
    def etl() -> None:
        load()
        load()

    # A server that is busy is asked again.
    @server_call
    def made(run_type: str) -> FlowRun:
        time = datetime.now(timezone.utc) - timedelta(seconds=3)
        run = patient_client().create_flow_run(etl, state=Scheduled(scheduled_time=time))
        patient_client().update_flow_run_labels(run.id, {"airflow-compat.run-type": run_type})
        return patient_client().read_flow_run(run.id)

    for run in [made(run_type) for run_type in ("scheduled", "manual")]:
        run_flow(etl, flow_run=run)
    _, values = received(udp)
    delays = {name: value for name, value in values.items() if "delay" in name}
    assert set(delays) == {
        f"dagrun.schedule_delay.{unique}",
        f"dagrun.schedule_delay dag_id:{unique}",
        f"dagrun.{unique}.first_task_scheduling_delay run_type:scheduled",
        f"dagrun.first_task_scheduling_delay dag_id:{unique} run_type:scheduled",
    }
    assert all(3000 <= value < 60_000 for value in delays.values())
    assert (
        delays[f"dagrun.schedule_delay.{unique}"]
        <= delays[f"dagrun.{unique}.first_task_scheduling_delay run_type:scheduled"]
    )


def test_pools_are_gauges(udp: UdpReceiver, unique: str) -> None:
    pools.apply(pools.plan({f"{unique}_a": 3}))
    with pools.pool(f"{unique}_a", slots=2):
        metrics.emit_pools(f"{unique}_a")
        _, values = received(udp)
    assert {name: value for name, value in values.items() if "pool_name" not in name} == {
        f"pool.open_slots.{unique}_a": 1,
        f"pool.running_slots.{unique}_a": 2,
        f"pool.queued_slots.{unique}_a": 0,
    }


def test_instrument_refuses_other_objects() -> None:
    with pytest.raises(InvalidMetricSettingsError, match="above @flow"):
        metrics.instrument(len)  # type: ignore[type-var]


def test_run_metrics_equal_airflows() -> None:
    @task
    def load() -> None: ...

    @on_success(lambda context: None)
    @task
    def skipped() -> None:
        raise AirflowSkipException

    @task(retries=1)
    def broken() -> None:
        raise ValueError

    @metrics.instrument
    @flow(name="etl")
    def etl() -> None:
        load()
        skipped(return_state=True)
        broken()

    with udp_receiver() as udp:
        metrics.configure(metrics.StatsD("127.0.0.1", udp.port, influxdb_tags=True))
        etl(return_state=True)
        metrics.shutdown(60)
        sent = sorted(plain(line) for line in udp.lines())
    recorded = json.loads((Path(__file__).parents[2] / "data" / "airflow_metrics.json").read_text())
    # The DAG run's own are sent by Airflow's scheduler, which no record is of.
    assert [line for line in sent if ".dagrun." not in line] == recorded
    assert [line for line in sent if ".dagrun." in line] == [
        "airflow.dagrun.duration.failed,dag_id=etl,run_type=manual|ms",
        "airflow.dagrun.duration.failed.etl,run_type=manual|ms",
    ]
