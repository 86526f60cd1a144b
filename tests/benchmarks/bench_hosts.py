"""What a task in an Airflow host costs beside a bare Prefect task: `AIRFLOW_COMPAT_HOST=.../python bench_hosts.py`.

CPU time counts this process and those of the host. Without the variable, it measures nothing.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat.dags import load_flow
from airflow_compat.hosting import AirflowHost
from airflow_compat.hosting._processes import processes_of

TASKS = 20
ROUNDS = 7
PARALLEL = 20
LOOPS = 100_000_000
_TICKS = os.sysconf("SC_CLK_TCK")
_DAG = """
try:
    from airflow.sdk import DAG, BaseOperator
except ImportError:
    from airflow import DAG
    from airflow.models import BaseOperator
from airflow.providers.discord.hooks.discord_webhook import DiscordWebhookHook
from datetime import datetime

class Work(BaseOperator):
    needs = DiscordWebhookHook

    def __init__(self, loops=0, **kwargs):
        super().__init__(**kwargs)
        self.loops = loops

    def execute(self, context):
        return sum(range(self.loops))

with DAG("chain", schedule=None, start_date=datetime(2024, 1, 1)):
    before = None
    for number in range({tasks}):
        work = Work(task_id=f"work_{{number}}")
        if before is not None:
            before >> work
        before = work

with DAG("wide", schedule=None, start_date=datetime(2024, 1, 1), max_active_tasks={parallel}):
    for number in range({parallel}):
        Work(task_id=f"work_{{number}}", loops={loops})
"""


@task(cache_policy=NO_CACHE)
def bare(before: object) -> int:
    return 1


@flow
def chain_of_prefect() -> None:
    before: object = None
    for _ in range(TASKS):
        before = bare.submit(before)
    before.wait()  # type: ignore[attr-defined]


def cpu_of_host(first: int) -> float:
    """The CPU time of a host's processes, also of those that have ended and were waited for."""
    total, waiting = 0, [first]
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    while waiting:
        pid = waiting.pop()
        total += parents.get(pid, (0, 0))[1]
        waiting += [child for child, (parent, _) in parents.items() if parent == pid]
    return total / _TICKS


def measure(call: Callable[[], object], host: AirflowHost) -> tuple[float, float]:
    """CPU and wall time in seconds of one call."""
    first = processes_of(host).hello.pid
    cpu, wall = time.process_time() + cpu_of_host(first), time.perf_counter()
    call()
    return time.process_time() + cpu_of_host(first) - cpu, time.perf_counter() - wall


def plain_processes(python: str) -> tuple[float, float]:
    """CPU and wall time in seconds of the work of the parallel tasks without any of this."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    started = [subprocess.Popen([python, "-c", f"sum(range({LOOPS}))"]) for _ in range(PARALLEL)]
    for process in started:
        process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - begin


def main(python: str) -> None:
    release = "2" if "2" in sys.argv[1:] else "3"
    folder = Path(tempfile.mkdtemp())
    host = AirflowHost(python, env={"AIRFLOW_HOME": str(folder / "home")})
    file = folder / "dag.py"
    file.write_text(_DAG.format(tasks=TASKS, parallel=PARALLEL, loops=LOOPS))
    begin = time.perf_counter()
    hello = processes_of(host).start()
    print(f"Airflow {hello.airflow}: the host starts in {time.perf_counter() - begin:.1f} s")
    chain, wide = (load_flow(f"{file}:{name}", airflow_version=release, host=host) for name in ("chain", "wide"))
    sides: dict[str, Callable[[], object]] = {"bare Prefect task": chain_of_prefect, "hosted task": chain}
    for call in sides.values():
        call()
    if not processes_of(host)._of_files:
        raise RuntimeError("The tasks run without the host, so its cost can't be measured.")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, call in sides.items():
            taken[name].append(measure(call, host))
    print(f"\nOne task of a chain of {TASKS} (median of {ROUNDS})")
    baseline = statistics.median(cpu for cpu, _ in taken["bare Prefect task"])
    for name, values in taken.items():
        cpu, wall = (statistics.median(each) * 1000 / TASKS for each in zip(*values, strict=True))
        print(f"  {name:<20} {cpu:7.2f} ms CPU   {cpu / 1000 * TASKS / baseline:5.2f} x   {wall:7.2f} ms")
    cpu, wall = measure(wide, host)
    print(f"\n{PARALLEL} parallel hosted tasks: {cpu:.1f} s CPU in {wall:.1f} s, so {cpu / wall:.2f} cores")
    cpu, wall = plain_processes(python)
    print(f"{PARALLEL} plain processes with the same work: {cpu:.1f} s CPU in {wall:.1f} s, so {cpu / wall:.2f} cores")


if __name__ == "__main__":
    if "AIRFLOW_COMPAT_HOST" not in os.environ:
        print("bench_hosts: AIRFLOW_COMPAT_HOST names no Python with Airflow.")
    else:
        PYTHON = os.environ.pop("AIRFLOW_COMPAT_HOST")
        with (
            temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
            prefect_test_harness(server_startup_timeout=240),
        ):
            main(PYTHON)
