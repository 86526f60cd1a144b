"""Large runs of DAGs: the server's CPU time per mapped instance, the memory of the flow's process, and its threads.

Each run has a process of its own. `bench_large_runs.py memory` measures one of the three.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_MAPPED = """
from airflow.sdk import DAG, task

with DAG("mapped", schedule=None):
    @task
    def numbers():
        return list(range({number}))

    @task
    def first(number):
        return number

    @task
    def second(number):
        return number

    @task
    def total(values):
        return len(values)

    total(second.expand(number=first.expand(number=numbers())))
"""

_FAN_OUT = """
from airflow.sdk import DAG, task

with DAG("fan_out", schedule=None):
    @task
    def numbers():
        return list(range({number}))

    @task
    def work(number):
        return number

    work.expand(number=numbers())
"""

_SENSORS = """
import threading
import time
from airflow.sdk import DAG, BaseSensorOperator

class Third(BaseSensorOperator):
    looks = {{}}
    threads = set()

    def poke(self, context):
        self.threads.add(threading.get_ident())
        time.sleep(0.01)
        self.looks[self.task_id] = self.looks.get(self.task_id, 0) + 1
        return self.looks[self.task_id] == 3

with DAG("sensors", schedule=None, max_active_tasks={number}):
    for number in range({number}):
        Third(task_id=f"wait_{{number}}", mode="{mode}", poke_interval=5)
"""


_RUNNING = {"RUNNING", "PENDING", "SCHEDULED"}


class Server:
    """A server for a measurement, and what it records."""

    def __init__(self) -> None:
        from prefect.client.orchestration import get_client
        from prefect.server.api.server import SubprocessASGIServer

        self.pid = SubprocessASGIServer().server_process.pid
        self._client = get_client(sync_client=True)

    def run(self, dag: str, **values: Any) -> dict[str, Any]:
        """Run a DAG in a process, and return what it took there and on this server."""
        from measure import settled

        before = settled(self.pid)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bench_dag.py")
            path.write_text(dag.format(**values))
            environment = {
                **os.environ,
                "PREFECT_API_URL": str(self._client.api_url),
                "AIRFLOW__CORE__MAX_MAP_LENGTH": "20000",
            }
            command = [sys.executable, __file__, "run", str(path)]
            done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        taken: dict[str, Any] = json.loads(done.stdout)
        # A server that waits for the processor may seem idle.
        while sum(self._recorded(taken).values()) < taken["instances"] or self._recorded(taken).keys() & _RUNNING:
            time.sleep(1)
        taken["server"] = settled(self.pid) - before
        taken["recorded"] = self._recorded(taken)
        return taken

    def _recorded(self, taken: dict[str, Any]) -> dict[str, int]:
        """The number of task runs of a run by state."""
        found = {}
        for type_ in ("COMPLETED", "FAILED", *_RUNNING):
            body = {
                "flow_runs": {"id": {"any_": [taken["flow_run_id"]]}},
                "task_runs": {"state": {"type": {"any_": [type_]}}},
            }
            if number := self._client.request("POST", "/task_runs/count", json=body).json():
                found[type_] = number
        return found


def mapped(server: Server) -> None:
    print("\nn mapped instances, n below them, and one task below those")
    for number in (150, 1500):
        taken = server.run(_MAPPED, number=number)
        each = 1000 / (2 * number)
        print(
            f"  n = {number:5}: server {taken['server'] * each:6.2f} ms, client {taken['cpu'] * each:6.2f} ms per "
            f"instance; {taken['instances']} instances; recorded: {_recorded(taken)}"
        )


def memory(server: Server) -> None:
    print("\nOne task, mapped over the result of another")
    for number in (1000, 10_000):
        taken = server.run(_FAN_OUT, number=number)
        print(
            f"  {number:6} instances: peak {taken['mib']:5.0f} MiB, {taken['mib_before']:4.0f} MiB before; client "
            f"{taken['cpu'] * 1000 / number:6.2f} ms, server {taken['server'] * 1000 / number:6.2f} ms per instance; "
            f"recorded: {_recorded(taken)}"
        )


def sensors(server: Server) -> None:
    print("\nSensors that look three times, every five seconds")
    for mode in ("reschedule", "poke"):
        for number in (1, 500):
            taken = server.run(_SENSORS, number=number, mode=mode)
            print(
                f"  {number:4} in mode {mode:<10}: {taken['threads']:3} threads in the process, {taken['pokes_in']:2} "
                f"of them called poke; {taken['seconds']:6.1f} s; recorded: {_recorded(taken)}"
            )


def _recorded(taken: dict[str, Any]) -> str:
    return ", ".join(f"{number} {type_.lower()}" for type_, number in taken["recorded"].items())


def run_here(path: str) -> None:
    """Run the DAG of a file in this process, and print what it took as JSON."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from airflow_compat.dags import load_flow

    flow = load_flow(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    has_ended, counts = threading.Event(), [0]

    def watch() -> None:
        while not has_ended.wait(0.05):
            # Without this thread.
            counts.append(threading.active_count() - 1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start, cpu = time.monotonic(), time.process_time()
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state = flow(return_state=True)
    seconds, cpu = time.monotonic() - start, time.process_time() - cpu
    has_ended.set()
    watcher.join()
    taken = {
        "flow_run_id": str(state.state_details.flow_run_id),
        "instances": len(state.result().task_instances),
        "seconds": seconds,
        "cpu": cpu,
        "threads": max(counts),
        "pokes_in": len(getattr(type(flow.dag.tasks[0]), "threads", ())),
        "mib_before": before / 1024,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(taken))


def measure(names: list[str]) -> None:
    from prefect.testing.utilities import prefect_test_harness

    parts: dict[str, Callable[[Server], None]] = {"mapped": mapped, "memory": memory, "sensors": sensors}
    with prefect_test_harness(server_startup_timeout=240):
        server = Server()
        for name in names or parts:
            parts[name](server)


if __name__ == "__main__":
    os.environ |= {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "ERROR"}
    if sys.argv[1:2] == ["run"]:
        run_here(sys.argv[2])
    else:
        os.environ["PREFECT_HOME"] = tempfile.mkdtemp()
        measure(sys.argv[1:])
