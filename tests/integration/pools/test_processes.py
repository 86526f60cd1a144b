"""Pools between processes, checked by the processes' own record, independent of the server's counters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec

pytestmark = pytest.mark.sqlite

LIMIT = 3


def _most_at_once(record: Path) -> tuple[int, int]:
    """Return the record's holds, and the most slots taken at one moment."""
    changes = []
    lines = record.read_text().splitlines()
    for line in lines:
        start, end, slots = line.split()
        changes += [(float(start), int(slots)), (float(end), -int(slots))]
    taken = most = 0
    for _, change in sorted(changes):
        taken += change
        most = max(most, taken)
    return len(lines), most


def _run(unique: str, tmp_path: Path, processes: int, rounds: int) -> None:
    create_limit(LimitSpec(unique, LIMIT))
    record = tmp_path / "record"
    worker = str(Path(__file__).with_name("worker.py"))
    started = [subprocess.Popen([sys.executable, worker, unique, str(rounds), str(record)]) for _ in range(processes)]
    assert [process.wait() for process in started] == [0] * processes
    passages, most = _most_at_once(record)
    assert passages == processes * rounds
    assert 1 < most <= LIMIT
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(unique).active_slots == 0


def test_never_more_than_the_limit(unique: str, tmp_path: Path) -> None:
    _run(unique, tmp_path, processes=2, rounds=15)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_never_more_than_the_limit_in_a_long_run(unique: str, tmp_path: Path) -> None:
    _run(unique, tmp_path, processes=4, rounds=250)
