"""Flows that are killed in their task, by a worker or by `python killed_flow.py FLOW RECORD WAY NAME`."""

from __future__ import annotations

import os
import signal
import sys

from callbacks_worker_flow import the_server_knows
from prefect import flow, task
from prefect.runtime import flow_run
from recorded_callbacks import page

from airflow_compat import on_failure

# The server may lose that a task runs: then it ends, and the next one is killed.
_TASKS = range(3)


@task
def load(way: str) -> None:
    if the_server_knows(within=30):
        os.kill(os.getpid(), signal.SIGKILL if way == "killed" else signal.SIGTERM)
        raise ValueError(way)


@flow
def unhooked(record: str, way: str = "killed") -> None:
    print(flow_run.get_id(), flush=True)
    for _ in _TASKS:
        load(way)


@on_failure(page)
@flow
def killed(record: str, way: str = "killed") -> None:
    print(flow_run.get_id(), flush=True)
    for _ in _TASKS:
        load(way)


@on_failure(page)
@task(name="load")
def hooked_load(way: str) -> None:
    load.fn(way)


@flow
def killed_in_hooked_task(record: str, way: str = "killed") -> None:
    print(flow_run.get_id(), flush=True)
    for _ in _TASKS:
        hooked_load(way)


if __name__ == "__main__":
    called, record, way, *name = sys.argv[1:]
    flows = {"killed": killed, "unhooked": unhooked, "killed-in-hooked-task": killed_in_hooked_task}
    flows[called].with_options(name=name[0] if name else None)(record, way)
