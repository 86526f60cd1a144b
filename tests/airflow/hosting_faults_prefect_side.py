"""Runs tasks of `hosted_faults` in a host: `python hosting_faults_prefect_side.py HOME PYTHON [sleep]`.

Prints JSON: what became of each task. It needs no Prefect server. With `sleep`, it runs a task that does not end, and
is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

from hosted_objects import connections

from airflow_compat.errors import HostError
from airflow_compat.hosting import AirflowHost, _processes, _task
from airflow_compat.hosting._child.messages import RunTask
from airflow_compat.logs import redact
from airflow_compat.testing import fake_connections

DATE = "2024-01-02T00:00:00+00:00"
DATES = ("logical_date", "data_interval_start", "data_interval_end", "run_after", "start_date")
RUN = {"run_id": "manual__1", "run_type": "manual", "external_trigger": True, "conf": {}, **dict.fromkeys(DATES, DATE)}


class Services:
    """A run that keeps what a task logs and pushes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.xcoms: dict[str, Any] = {}

    def log(self, level: int, logger: str, text: str) -> None:
        self.lines.append(redact(text))

    def rendered(self, fields: Any) -> None:
        """Ignore them."""

    def xcom_push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        self.xcoms[key] = value

    def xcom_pull(self, **arguments: Any) -> Any:
        return self.xcoms[arguments["key"]]


def run(host: AirflowHost, home: Path, task_id: str, *, stopped_at: Path | None = None) -> dict[str, Any]:
    """Run a task, and stop it when a file exists."""
    services: Any = Services()
    task = _task.HostedTask(host, services)
    folder = str(home / "dags")
    now = datetime.now(timezone.utc).isoformat()
    request = RunTask(
        f"{folder}/hosted_faults.py", [folder], "hosted_faults", task_id, -1, str(uuid4()), 1, 0, now, RUN
    )
    if stopped_at is not None:

        def stop() -> None:
            while not stopped_at.exists():
                time.sleep(0.01)
            task.stop()

        threading.Thread(target=stop, daemon=True).start()
    ended = task.execute(request)
    task.finish("success" if ended.state == "success" else "failed")
    task.close()
    text = "\n".join(services.lines)
    return {
        "state": ended.state,
        "error": ended.error,
        "value": services.xcoms.get("return_value"),
        "log": text[-3000:],
    }


def exists(pid: int) -> bool:
    """Return True if a process runs, after a moment in which it may end."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


def main(home: Path, python: str) -> dict[str, Any]:
    """Run all tasks, and say what became of them."""
    _task._GRACE = 1.0  # type: ignore[attr-defined]
    host = AirflowHost(python, env={"AIRFLOW_HOME": str(home / "host"), "HOSTED_HOME": str(home)})
    found: dict[str, Any] = {}
    with fake_connections(connections("http://127.0.0.1")):
        for name in ("die", "leave", "crash", "exit_early", "fork", "read_input", "flood", "write_garbage",
                     "print_everywhere", "change_process", "look_at_process", "wait", "show_secret", "ask_for_more",
                     "leave_thread", "leave_process"):  # fmt: skip
            print(name, file=sys.stderr)
            found[name] = run(host, home, name)
        for name in ("stay", "sleep"):
            found[name] = run(host, home, name, stopped_at=home / f"{name}s")
        found["left"] = [exists(found[name]["value"]) for name in ("leave_thread", "leave_process")]
        first = _processes.processes_of(host).hello.pid
        os.kill(first, signal.SIGKILL)
        found["after_kill"] = run(host, home, "look_at_process")
        kept = [each for of_file in _processes.processes_of(host)._of_files.values() for each in of_file.idle]
        pids = [process.pid for process in kept]
        pids.append(_processes.processes_of(host).hello.pid)
        _processes.close_all()
        found["closed"] = [exists(pid) for pid in pids]
    found["errors"] = []
    for wrong in ("/no/such/python", sys.executable):
        try:
            _processes.processes_of(AirflowHost(wrong)).start()
        except HostError as error:
            found["errors"].append(str(error))
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    os.environ["PREFECT_API_KEY"] = "key-secret"
    if sys.argv[3:]:
        HOST = AirflowHost(sys.argv[2], env={"AIRFLOW_HOME": str(HOME / "host"), "HOSTED_HOME": str(HOME)})
        run(HOST, HOME, "sleep")
    else:
        print(json.dumps(main(HOME, sys.argv[2])))
