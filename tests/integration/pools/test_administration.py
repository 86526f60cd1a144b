"""Pools from a file or a mapping, resized in use, listed and watched; and waiters that log the holders."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest
from patient_client import patient_client
from prefect import flow, task

from airflow_compat import pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.cli._app import run
from airflow_compat.errors import InvalidExportError, PoolNotReadyError, PoolTimeoutError
from airflow_compat.pools import PoolState, apply, plan, read


@pytest.fixture
def name(unique: str) -> str:
    """A pool with three slots."""
    create_limit(LimitSpec(unique, 3))
    return unique


def held(name: str) -> int:
    return patient_client().read_global_concurrency_limit_by_name(name).active_slots


def in_log(name: str) -> PoolState:
    """Return the pool, once the log has a holder."""
    until = time.monotonic() + 240
    while not (found := read(name)[0]).holders:
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def test_resizing_a_pool_in_use_keeps_held_slots(name: str, tmp_path: Path) -> None:
    def resize(slots: int) -> tuple[str, ...]:
        (outcome,) = apply(plan({name: slots}))
        assert outcome.done
        return outcome.item.notes

    with pool(name, slots=2):
        (note,) = resize(1)
        assert "2 slots are held and stay held" in note
        assert held(name) == 2
        denied = Occupancy(name)
        assert denied.is_denied()
        assert resize(3) == ()
        assert held(name) == 2
        assert not denied.is_denied()
    assert held(name) == 0


class Occupancy:
    """Tries for one slot from another thread, to avoid a wait for own slots."""

    def __init__(self, name: str) -> None:
        self._name = name

    def is_denied(self) -> bool:
        def enter() -> bool:
            try:
                with pool(self._name, timeout=0):
                    return False
            except PoolTimeoutError:
                return True

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(copy_context().run, enter).result()


def test_pools_from_a_file_and_from_a_mapping(unique: str, tmp_path: Path) -> None:
    file = tmp_path / "pools.json"
    file.write_text(json.dumps({unique: {"slots": 2, "description": "", "include_deferred": True}}))
    (item,) = plan(file)
    assert item.action == "create"
    assert "a waiting task keeps its slots" in item.notes[0]
    assert apply((item,))[0].done
    (again,) = plan({unique: {"slots": 2, "priority_weight": 3}})
    assert (again.action, again.notes) == (
        "unchanged",
        ("priority_weight is dropped: a priority belongs to a task, not to a pool. Use pool(..., priority_weight=)",),
    )
    (kept,) = plan({unique: 5}, replace=False)
    assert kept.action == "differs"
    (refused,) = plan({unique: "many"})
    assert refused.action == "refused"


@pytest.mark.parametrize("content", ["[]", '{"a": {"conn_type": "http"}}', "{"])
def test_source_without_pools_is_an_error(content: str, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(content)
    with pytest.raises(InvalidExportError, match=r"export\.json"):
        plan(file)
    with pytest.raises(InvalidExportError, match="values that JSON can't store"):
        plan({"a": {"slots": object()}})


def test_list_as_text_and_json(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pool(name):
        in_log(name)
        assert run(["pools", "list", name]) == 0
        out = capfd.readouterr().out
        assert f"1 slot: process {os.getpid()} on {socket.gethostname()}" in out
        assert "1 pool, 1 slot held, 0 waiting" in out
        assert run(["pools", "list", name, "--json"]) == 0
        (shown,) = json.loads(capfd.readouterr().out)
        assert (shown["pool"], shown["slots"], shown["held"]) == (name, 3, 1)
        assert shown["holders"][0]["pid"] == os.getpid()


def test_missing_pool_is_a_one_line_error(unique: str, capfd: pytest.CaptureFixture[str]) -> None:
    for command in ("list", "doctor"):
        assert run(["pools", command, unique]) == 2
        captured = capfd.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1
        assert f"Pool '{unique}' doesn't exist" in captured.err


def test_watch_in_a_pipe_prints_lines_and_ends_with_ctrl_c(name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "airflow_compat.cli",
        "pools",
        "list",
        name,
        "--json",
        "--watch",
        "--interval",
        "1",
    ]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert watching.stdout
    lines = [watching.stdout.readline() for _ in range(2)]
    watching.send_signal(2)
    _, errors = watching.communicate(timeout=240)
    assert (watching.returncode, errors) == (0, "")
    assert [json.loads(line)[0]["pool"] for line in lines] == [name, name]


def test_read_returns_the_holding_run(name: str) -> None:
    states: list[PoolState] = []

    @task(name="load")
    def load() -> None:
        with pool(name, slots=2):
            states.append(in_log(name))

    @flow(name="nightly")
    def nightly() -> None:
        load()

    nightly()
    (state,) = states
    (holder,) = state.holders
    assert (state.name, state.slots, state.held, state.active, state.unnamed) == (name, 3, 2, True, 0)
    assert holder.name.startswith("task run load-")
    assert holder.slots == 2
    assert "/runs/task-run/" in holder.url
    assert read(name)[0] == PoolState(name, 3, 0, active=True)


def test_waiter_logs_the_holders_and_their_start(name: str, caplog: pytest.LogCaptureFixture) -> None:
    def wait() -> None:
        with pool(name, slots=2, timeout=7):
            pass

    with pool(name, slots=2), caplog.at_level(logging.INFO, "airflow_compat"), ThreadPoolExecutor(4) as threads:
        (holder,) = in_log(name).holders
        waits = [threads.submit(copy_context().run, wait) for _ in range(4)]
        since = f"{holder.since.astimezone():%Y-%m-%d %H:%M:%S}"
        who = f"held by process {os.getpid()} on {socket.gethostname()} (2 slots, since {since})"
        for each in waits:
            with pytest.raises(PoolTimeoutError) as caught:
                each.result()
            assert str(caught.value) == (
                f"Pool {name!r} did not give 2 slots within 7 seconds; {who}. "
                f"Wait longer, or run `airflow-compat pools list {name}`"
            )
    said = [record.getMessage() for record in caplog.records if "Waiting for" in record.getMessage()]
    # A thread of a busy machine wakes up late.
    expected = rf"Waiting for 2 slots of pool {re.escape(repr(name))} for [567] s; {re.escape(who)}"
    assert len(said) == 4
    assert all(re.fullmatch(expected, message) for message in said), said


@pytest.mark.parametrize("timeout", [-1, True, "5", float("nan")])
def test_invalid_timeout(timeout: object) -> None:
    with pytest.raises(PoolNotReadyError, match=r"timeout is .*\. Pass seconds, 0 or more"):
        pool("any", timeout=timeout)


OUTSIDE = """
import sys, time
from prefect import flow, task
from airflow_compat import pool, pools

@task
def load():
    with pool(sys.argv[1]):
        pass

@flow
def nightly():
    load.submit().result()

nightly()
with pool(sys.argv[1]):
    while not (holders := pools.read(sys.argv[1])[0].holders):
        time.sleep(0.1)
    print(holders[0].name)
"""


def test_hold_after_a_run_does_not_belong_to_the_run(name: str, tmp_path: Path) -> None:
    # Prefect's worker for events, which was started in the task, relates what comes later to its run.
    script = tmp_path / "script.py"
    script.write_text(OUTSIDE)
    ran = subprocess.run([sys.executable, str(script), name], capture_output=True, text=True, timeout=240, check=True)
    assert re.fullmatch(rf"process \d+ on {re.escape(socket.gethostname())}\n", ran.stdout)
