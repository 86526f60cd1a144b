"""Runs of one DAG in several processes: a race for a logical date, and a run that continues on another worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dag_runs import write
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.deployments import run_deployment
from prefect.filesystems import LocalFileSystem
from prefect.states import AwaitingRetry, Crashed

from airflow_compat.dags import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

_RACE = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    def note(context):
        with Path("{folder}", "callbacks").open("a") as file:
            file.write("x")

    with DAG("{dag_id}", schedule=None, on_failure_callback=note, on_success_callback=note):
        @task(on_success_callback=note)
        def one(): ...

        one()
"""

# Loads the flow, waits for a line, and runs the flow.
_RACER = """
import sys
from datetime import datetime, timezone
from airflow_compat import dags
from airflow_compat.errors import DagRunExistsError

flow = dags.load_flow(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    print(flow(logical_date=datetime(2026, 3, 4, tzinfo=timezone.utc)).state)
except DagRunExistsError as error:
    print(error)
"""


@contextmanager
def _process(*command: str, output: int = subprocess.PIPE, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a group of its own, which is killed in the end, with all processes that it started."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=output,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def test_one_of_two_processes_that_race_for_a_logical_date_runs(unique: str, tmp_path: Path) -> None:
    path = str(write(tmp_path, "race", _RACE.format(dag_id=unique, folder=tmp_path)))
    with ExitStack() as stack:
        racers = [stack.enter_context(_process("-c", _RACER, path)) for _ in range(2)]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
            racer.stdin.flush()
        lost, won = sorted((each.communicate(timeout=200)[0] for each in racers), key="success\n".__eq__)

    assert won == "success\n"
    assert lost.startswith(f"DAG '{unique}' has another run for the logical date 2026-03-04")
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[unique])))
    assert sorted(str(each.state_name) for each in found) == ["Cancelled", "Completed"]
    # The callbacks of the task and of the DAG, for the one run.
    assert (tmp_path / "callbacks").read_text() == "xx"


_MOVED = """
    import os
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(f"{{line}} in {{Path(os.environ['PREFECT_HOME']).name}}\\n")

    with DAG("{dag_id}", schedule=None):
        @task
        def numbers():
            note("numbers")
            return [1, 2]

        @task
        def load(number):
            (FOLDER / "pid").write_text(str(os.getpid()))
            note(f"load {{number}}")
            while number == 2 and not (FOLDER / "open").exists():
                time.sleep(0.01)
            return number

        @task
        def total(loaded):
            note(f"total {{sum(loaded)}}")

        total(load.expand(number=numbers()))
"""

_FLOWS = """
from airflow_compat import dags

etl = dags.load_flow("{path}")
"""


def test_a_run_whose_worker_was_killed_continues_on_another_one(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "moved", _MOVED.format(dag_id=unique, folder=tmp_path))
    (tmp_path / "flows.py").write_text(_FLOWS.format(path=path))
    LocalFileSystem(basepath=str(tmp_path / "shared")).save(unique)
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
    flow.from_source(str(tmp_path), "flows.py:etl").deploy(
        unique, work_pool_name=unique, print_next_steps=False, ignore_warnings=True
    )
    id_ = run_deployment(f"{unique}/{unique}", timeout=0).id
    seen = tmp_path / "seen"

    def worker(name: str, *more: str) -> subprocess.Popen[str]:
        # Each worker has a Prefect home of its own, as on another machine.
        (tmp_path / name).mkdir()
        shared = f"local-file-system/{unique}"
        environment = {"PREFECT_HOME": str(tmp_path / name), "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": shared}
        command = ("-m", "prefect", "worker", "start", "--pool", unique, *more)
        return stack.enter_context(_process(*command, output=subprocess.DEVNULL, **environment))

    with ExitStack() as stack:
        # The process of the flow run is not in the group of the worker.
        stack.callback(lambda: os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL))
        first = worker("first")
        while not (seen.exists() and len(seen.read_text().splitlines()) == 3):
            assert first.poll() is None
            time.sleep(0.05)
        # The record of load[0] is written a moment after its line.
        while {each.name: each.state for each in runs.task_instances(id_)}.get("load[0]") != "success":
            assert first.poll() is None
            time.sleep(0.05)

    with ExitStack() as stack, get_client(sync_client=True) as client:
        # As the server's automation for dead processes and a retry do.
        client.set_flow_run_state(id_, Crashed(), force=True)
        (tmp_path / "open").touch()
        client.set_flow_run_state(id_, AwaitingRetry(), force=True)
        worker("second", "--run-once").communicate(timeout=200)
        assert client.read_flow_run(id_).state.is_completed()

    lines = seen.read_text().splitlines()
    assert sorted(lines[:3]) == ["load 1 in first", "load 2 in first", "numbers in first"]
    assert lines[3:] == ["load 2 in second", "total 3 in second"]
