"""What a DAG's task costs in CPU time, beside a Prefect flow of the same graph whose tasks persist their results."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from measure import settled
from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat.dags import load_flow

TASKS = 50
ROUNDS = 5

_DAG = """
from airflow.sdk import DAG, task

@task
def work(value):
    return 1

with DAG("chain", schedule=None):
    value = 0
    for _ in range({tasks}):
        value = work(value)

with DAG("fan_out", schedule=None):
    first = work(0)
    for _ in range({tasks} - 1):
        work(first)
"""


def flows_of_prefect(*, persist: bool) -> dict[str, Callable[[], object]]:
    @task(persist_result=persist, **({} if persist else {"cache_policy": NO_CACHE}))
    def work(value: object, number: int) -> int:
        return 1

    @flow
    def chain() -> None:
        value: object = 0
        for number in range(TASKS):
            value = work.submit(value, number)
        value.wait()  # type: ignore[attr-defined]

    @flow
    def fan_out() -> None:
        first = work.submit(0, 0)
        for future in [work.submit(first, number) for number in range(1, TASKS)]:
            future.wait()

    return {"chain": chain, "fan_out": fan_out}


def flows_of_dags(folder: Path) -> dict[str, Callable[[], object]]:
    path = folder / "bench_dag.py"
    path.write_text(_DAG.format(tasks=TASKS))
    return {name: load_flow(f"{path}:{name}") for name in ("chain", "fan_out")}


def measure() -> None:
    pid = SubprocessASGIServer().server_process.pid
    sides = {
        "Prefect, bare": flows_of_prefect(persist=False),
        "Prefect, persisted results": flows_of_prefect(persist=True),
        "DAG": flows_of_dags(Path(tempfile.mkdtemp())),
    }
    for graph in ("chain", "fan_out"):
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        for turn in range(ROUNDS + 1):
            for name, flows in sides.items():
                client, server = time.process_time(), settled(pid)
                flows[graph]()
                times = time.process_time() - client, settled(pid) - server
                if turn:
                    taken[name].append(times)
        print(f"\n{graph} of {TASKS}: CPU per task (median of {ROUNDS})")
        for name, values in taken.items():
            client, server = (statistics.median(each) / TASKS * 1000 for each in zip(*values, strict=True))
            print(f"  {name:<30} client {client:6.2f} ms   server {server:6.2f} ms   both {client + server:6.2f} ms")


if __name__ == "__main__":
    with (
        prefect_test_harness(server_startup_timeout=240),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        measure()
