"""A flow's callback is called once for each failure, for each way its process can die under a worker or runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterTags,
)
from prefect.deployments import run_deployment

from airflow_compat._prefect.claims import CLAIM
from airflow_compat._prefect.failed_tasks import known_task
from airflow_compat.errors import ServerError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

FOLDER = Path(__file__).parents[1]

# How a run dies: its flow, and the state that it ends in.
WAYS = {
    "failed": ("dies", "Failed"),
    "timed out": ("slow", "TimedOut"),
    "out of memory": ("dies", "Failed"),
    "terminated": ("dies", "Crashed"),
    "killed": ("dies", "Crashed"),
    "exited": ("dies", "Crashed"),
    "terminated in the callback": ("dies", "Failed"),
    "killed in the callback": ("dies", "Failed"),
}

Runs = list[tuple[str, dict[str, str]]]


def by_worker(name: str, runs: Runs) -> list[UUID]:
    """Execute runs of flows with parameters, as `prefect worker start` does."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    for flow_name in {flow_name for flow_name, _ in runs}:
        deployed = flow.from_source(str(FOLDER), f"callbacks_worker_flow.py:{flow_name}")
        deployed.deploy(name, work_pool_name=name, print_next_steps=False, ignore_warnings=True)
    started = [
        run_deployment(f"{flow_name}/{name}", parameters=parameters, timeout=0).id for flow_name, parameters in runs
    ]
    # It ends when all of the runs have, and their hooks.
    _execute("-m", "prefect", "worker", "start", "--pool", name, "--run-once")
    return started


def by_runner(name: str, runs: Runs) -> list[UUID]:
    """Execute runs of flows with parameters, as `flow.serve` does."""
    output = _execute(str(FOLDER / "callbacks_runner.py"), name, json.dumps(runs))
    return [UUID(line) for line in output.splitlines()[: len(runs)]]


def _execute(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=250,
        check=True,
        text=True,
    )
    return done.stdout


@dataclass
class Death:
    """A dead run, and the records of its callback's calls."""

    way: str
    run: FlowRun
    calls: list[dict[str, str]]

    def called_with(self) -> list[tuple[str, UUID | None]]:
        """The task of each call, and its flow run; None if the server has lost it."""
        found: list[tuple[str, UUID | None]] = []
        for call in self.calls:
            try:
                run = known_task(UUID(call["log_url"].rpartition("/")[2])).run
                found.append((call["task_id"], run.flow_run_id))
            except ServerError:
                found.append((call["task_id"], None))
        return found

    def claims(self) -> list[tuple[str | None, str | None]]:
        """The states of the callback's own task runs, and their messages."""
        with get_client(sync_client=True) as client:
            mine = FlowRunFilter(id=FlowRunFilterId(any_=[self.run.id]))
            tagged = TaskRunFilter(tags=TaskRunFilterTags(all_=[CLAIM]))
            found = client.read_task_runs(flow_run_filter=mine, task_run_filter=tagged)
        return [(run.state.name, run.state.message) for run in found if run.state]


def _die(execute: Callable[[str, Runs], list[UUID]], name: str, folder: Path) -> None:
    """Let one run die in each way at once, and repeat those whose events the server lost.

    With SQLite, a server may be busy for half a minute. A process that can't claim a call makes it anyway.
    """
    folder.mkdir()
    records = {way: folder / str(number) for number, way in enumerate(WAYS)}
    found: dict[str, Death] = {}
    for attempt in range(3):
        left = [way for way in WAYS if way not in found or _is_void(found[way], records[way])]
        if not left:
            break
        for way in left:
            records[way].write_text("")
            Path(f"{records[way]}.void").unlink(missing_ok=True)
        runs = [(WAYS[way][0], {"way": way, "record": str(records[way])}) for way in left]
        ids = dict(zip(left, execute(f"{name}-{attempt}", runs), strict=True))
        with get_client(sync_client=True) as client:
            for way, id_ in ids.items():
                calls = [json.loads(line) for line in records[way].read_text().splitlines()]
                found[way] = Death(way, client.read_flow_run(id_), calls)
    deaths = list(found.values())
    assert {death.way: death.run.state_name for death in deaths} == {way: state for way, (_, state) in WAYS.items()}
    for death in deaths:
        assert death.called_with() == [("load", death.run.id)], death
        assert death.calls[0]["reason"] == ("timed_out" if death.way == "timed out" else "task_failure")
    ends = dict.fromkeys(WAYS, ("Completed", "The callback was called"))
    ends["terminated in the callback"] = ("Crashed", "The callback was interrupted by TerminationSignal")
    ends["killed in the callback"] = ("Running", None)
    assert {death.way: death.claims() for death in deaths} == {way: [end] for way, end in ends.items()}


def _is_void(death: Death, record: Path) -> bool:
    if Path(f"{record}.void").exists():
        return True
    if death.run.run_count == 0:
        # A worker that is told that the server is busy, and then that the run is Pending already, lets it lie.
        return True
    return len(death.calls) == 1 and (not death.claims() or death.called_with() == [("load", None)])


@pytest.mark.parametrize(("execute", "times"), [(by_worker, 1), (by_runner, 2)])
def test_callback_is_called_once_for_each_way_of_dying(
    execute: Callable[[str, Runs], list[UUID]], times: int, unique: str, tmp_path: Path
) -> None:
    for turn in range(times):
        _die(execute, f"{unique}-{turn}", tmp_path / str(turn))


@pytest.mark.stress
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("execute", [by_worker, by_runner])
def test_repeated_deaths(execute: Callable[[str, Runs], list[UUID]], unique: str, tmp_path: Path) -> None:
    for turn in range(25):
        _die(execute, f"{unique}-{turn}", tmp_path / str(turn))
