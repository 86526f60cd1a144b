"""Pools between processes: an ended process releases its slots, and a busy process gives others a chance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from airflow_compat import pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec

HOLDER = str(Path(__file__).with_name("holder.py"))


@contextmanager
def holder(how: str, name: str) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds the pool."""
    process = subprocess.Popen(
        [sys.executable, HOLDER, how, name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_outside_a_flow_releases_slots(unique: str, number: signal.Signals) -> None:
    create_limit(LimitSpec(unique, 1))
    with holder("hold", unique) as process:
        process.send_signal(number)
        process.wait(240)
        # As Python ends on a SIGINT, which libraries may change.
        assert process.returncode == 143 if number == signal.SIGTERM else process.returncode
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(unique).active_slots == 0


def test_busy_process_gives_other_processes_a_chance(unique: str) -> None:
    create_limit(LimitSpec(unique, 1))
    with holder("busy", unique), pool(unique, timeout=20) as hold:
        assert hold.waited < 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_forked_child_does_not_release_its_parents_slots(unique: str) -> None:
    create_limit(LimitSpec(unique, 2))
    with pool(unique):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            # Nothing of pytest's may run here.
            status = 1
            try:
                _leave_and_enter(unique)
                status = 0
            finally:
                os.write(write, bytes([status]))
                os._exit(status)
        os.waitpid(child, 0)
        assert os.read(read, 1) == b"\0"
        os.close(read)
        os.close(write)
        with get_client(sync_client=True) as client:
            assert client.read_global_concurrency_limit_by_name(unique).active_slots == 1


def _leave_and_enter(name: str) -> None:
    from airflow_compat.pools._slot_context import _entries

    entry = _entries.get()[-1]
    entry.give_back()
    with pool(name):
        pass
