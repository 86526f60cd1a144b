"""Kills hosts at each message, and searches for secrets: `python hosting_kills_prefect_side.py HOME PYTHON [flood]`.

Prints JSON. It needs no Prefect server. With `flood`, it runs the task that logs too much.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hosted_objects import connections, variables
from hosting_faults_prefect_side import exists, run

from airflow_compat.hosting import AirflowHost, _processes
from airflow_compat.hosting._task_processes import HostProcess
from airflow_compat.testing import fake_connections, fake_variables

MESSAGES = "RunTask GetConnection GetVariable Mask SetXCom GetXCom Answer Log Rendered Ended Finish Free".split()
SECRETS = "hunter2-secret", "sesame-secret"
API_KEY = "key-secret"


def killed_at(host: AirflowHost, home: Path, kind: str) -> dict[str, Any]:
    """Run a task whose process is killed at the first message of a kind."""
    processes = _processes.processes_of(host)
    taken: list[HostProcess] = []

    def take(file: Any) -> HostProcess:
        process = _processes.Processes.take(processes, file)
        taken.append(process)
        channel = process.channel
        send, receive = channel.send, channel.receive

        def kill_at(message: Any) -> Any:
            if type(message).__name__ == kind:
                process.kill()
            return message

        channel.send = lambda message: send(kill_at(message))  # type: ignore[method-assign]
        channel.receive = lambda: kill_at(receive())  # type: ignore[method-assign]
        return process

    processes.take = take  # type: ignore[method-assign]
    try:
        found = run(host, home, "talk")
    finally:
        del processes.take
    return {**found, "lives": exists(taken[0].pid)}


def killed_starter(host: AirflowHost, home: Path) -> dict[str, Any]:
    """Run a task after the process that has loaded the DAG file was killed."""
    [of_file] = _processes.processes_of(host)._of_files.values()
    first = _processes.processes_of(host).hello.pid
    [starter] = [pid for pid in children_of(first) if pid not in {process.pid for process in of_file.idle}]
    os.kill(starter, signal.SIGKILL)
    while of_file.idle:
        of_file.idle.pop().discard()
    return run(host, home, "look_at_process")


def children_of(parent: int) -> Iterator[int]:
    """Yield the processes that a process has started."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                yield int(folder.name)


def places_with_secrets(host: AirflowHost, home: Path) -> list[str]:
    """Search the environment, command lines, open files and temporary files of the run and of its host."""
    task = threading.Thread(target=run, args=(host, home, "hold_secrets"), daemon=True)
    task.start()
    while not (home / "holds").exists():
        time.sleep(0.01)
    first = _processes.processes_of(host).hello.pid
    of_host = [first, *(below for pid in children_of(first) for below in (pid, *children_of(pid)))]
    found = []
    for pid in (os.getpid(), *of_host):
        needles = SECRETS if pid == os.getpid() else (*SECRETS, API_KEY)
        files = [Path(f"/proc/{pid}/{name}") for name in ("environ", "cmdline")]
        files += [each for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_file()]
        found += [f"{pid}: {each}" for each in files if holds(each, needles)]
    assert len(of_host) >= 3, of_host
    for folder in (Path(tempfile.gettempdir()), home / "host"):
        found += [str(each) for each in folder.rglob("*") if each.is_file() and holds(each, (*SECRETS, API_KEY))]
    (home / "searched").touch()
    task.join(240)
    return found


def holds(file: Path, needles: tuple[str, ...]) -> bool:
    """Return True if a file has one of the texts."""
    try:
        data = file.read_bytes()
    except OSError:  # it is gone
        return False
    return any(needle.encode() in data for needle in needles)


def main(home: Path, python: str) -> dict[str, Any]:
    """Kill and search, and say what was found."""
    environment = {"AIRFLOW_HOME": str(home / "host"), "HOSTED_HOME": str(home), "TMPDIR": tempfile.gettempdir()}
    host = AirflowHost(python, env=environment)
    given = {**variables(), "api_secret": SECRETS[1]}
    with fake_connections(connections("http://127.0.0.1")), fake_variables(given):
        found: dict[str, Any] = {kind: killed_at(host, home, kind) for kind in ("none", *MESSAGES)}
        found["starter"] = killed_starter(host, home)
        found["secrets"] = places_with_secrets(host, home)
        first = _processes.processes_of(host).hello.pid
        pids = [first, *children_of(first)]
        _processes.close_all()
    found["left"] = [exists(pid) for pid in pids]
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    tempfile.tempdir = str(HOME / "tmp")
    (HOME / "tmp").mkdir()
    os.environ["PREFECT_API_KEY"] = API_KEY
    if sys.argv[3:]:
        environment = {"AIRFLOW_HOME": str(HOME / "host"), "HOSTED_HOME": str(HOME), "HOSTED_FLOOD": "100"}
        print(json.dumps(run(AirflowHost(sys.argv[2], env=environment), HOME, "flood")))
    else:
        print(json.dumps(main(HOME, sys.argv[2])))
