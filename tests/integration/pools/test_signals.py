"""Pools between processes: one that is ended gives its slots back, and one that is busy lets others in."""

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
from airflow_compat._specs.specs import LimitSpec

HOLDER = str(Path(__file__).with_name("pool_holder.py"))


@contextmanager
def holder(how: str, name: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the pool by now."""
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
def test_a_signal_outside_a_flow_gives_the_slots_back(unique: str, number: signal.Signals) -> None:
    create_limit(LimitSpec(unique, 1))
    with holder("hold", unique) as process:
        process.send_signal(number)
        process.wait(60)
        # As Python ends on a SIGINT, which libraries may change.
        assert process.returncode == 143 if number == signal.SIGTERM else process.returncode
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(unique).active_slots == 0


def test_a_waiter_is_let_in_by_a_process_that_keeps_the_slots_busy(unique: str) -> None:
    create_limit(LimitSpec(unique, 1))
    with holder("busy", unique), pool(unique, timeout=20) as hold:
        assert hold.waited < 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_leaves_its_parents_slots_alone(unique: str) -> None:
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
    from airflow_compat._pools.passage import _entries

    entry = _entries.get()[-1]
    entry.give_back()
    with pool(name):
        pass
