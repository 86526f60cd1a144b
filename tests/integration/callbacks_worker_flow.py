"""A flow that a worker runs and that dies in a given way. Its callback keeps a record."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run, task_run

from airflow_compat import on_failure


def record(context: Any) -> None:
    conf, ti = context["dag_run"].conf, context["ti"]
    line = json.dumps({"task_id": ti.task_id, "log_url": ti.log_url, "reason": context["reason"]})
    # One write to a file that was opened to append to is a line of its own, whoever else writes.
    file = os.open(conf["record"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{line}\n".encode())
    if len(Path(conf["record"]).read_text().splitlines()) == 1:
        if conf["way"] == "terminated in the callback":
            os.kill(os.getpid(), signal.SIGTERM)
        elif conf["way"] == "killed in the callback":
            os.kill(os.getpid(), signal.SIGKILL)


@task
def extract() -> None: ...


@task
def load(way: str) -> None:
    # Before the flow's own time is up, where it has one.
    if not the_server_knows(within=5 if way == "timed out" else 30):
        Path(f"{flow_run.parameters['record']}.void").touch()
        return
    if way == "terminated":
        os.kill(os.getpid(), signal.SIGTERM)
    elif way == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == "exited":
        os._exit(3)
    elif way == "out of memory":
        # One large block: where nothing at all is left, Prefect's own engine can't go on either.
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, resource.RLIM_INFINITY))
        bytearray(2**30)
    elif way == "timed out":
        signal.pause()
    raise ValueError(way)


def the_server_knows(within: float) -> bool:
    """Wait until the server knows that this task runs, because a killed process can't report it.

    A busy server on SQLite sometimes loses such an event.
    """
    until = time.monotonic() + within
    with get_client(sync_client=True) as client:
        body = {"task_runs": {"id": {"any_": [str(task_run.id)]}, "state": {"type": {"any_": ["RUNNING"]}}}}
        while not (known := bool(client.request("POST", "/task_runs/filter", json=body).json())):
            if time.monotonic() > until:
                break
            time.sleep(0.1)
    return known


@on_failure(record)
@flow
def dies(way: str, record: str) -> None:
    extract()
    load(way)


@on_failure(record)
@flow(timeout_seconds=10)
def slow(way: str, record: str) -> None:
    extract()
    load(way)
