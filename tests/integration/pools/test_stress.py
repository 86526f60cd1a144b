"""Everything at once: processes that fail, are cancelled, ended and killed, on a server that restarts.

The check uses the processes' own record, independent of the server's counter.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from own_server import OwnServer, use
from patient_client import patient_client

from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.pools._server_doctor import examine

LIMIT = 6
PROCESSES = 4
WORKER = str(Path(__file__).with_name("stress_worker.py"))


@pytest.fixture(autouse=True)
def _server() -> None:
    """Replaces the session's server."""


@dataclass
class Crowd:
    """The processes, and their record."""

    name: str
    record: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    died: dict[str, float] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Start one more process."""
        command = [sys.executable, WORKER, self.name, str(self.record)]
        self.running.append(subprocess.Popen(command, stdin=subprocess.PIPE))

    def lines(self) -> list[list[str]]:
        """Return the record: moment, `in` or `out`, hold, slots."""
        return [line.split() for line in self.record.read_text().splitlines()]

    def inside(self) -> dict[str, int]:
        """Return the holds that have begun and not ended, with their slots."""
        found: dict[str, int] = {}
        for _, what, passage, slots in self.lines():
            if what == "in":
                found[passage] = int(slots)
            else:
                del found[passage]
        return found

    def passages(self) -> int:
        """Return the number of holds that have begun."""
        return sum(line[1] == "in" for line in self.lines())

    def wait_for(self, passages: int, seconds: float) -> None:
        """Wait until this many holds have begun."""
        until = time.monotonic() + seconds
        while self.passages() < passages:
            assert time.monotonic() < until, f"{self.passages()} of {passages} passages"
            assert all(process.poll() is None for process in self.running)
            time.sleep(0.05)

    def strike(self, which: signal.Signals, chance: random.Random) -> None:
        """Send a signal to a holding process, and start another in its place."""
        struck = self._stopped_inside(chance)
        struck.send_signal(which)
        struck.send_signal(signal.SIGCONT)
        struck.wait(240)
        assert struck.stdin
        struck.stdin.close()
        self.died[str(struck.pid)] = time.clock_gettime(time.CLOCK_MONOTONIC)
        self.codes.append(struck.returncode)
        self.running.remove(struck)
        self.start()

    def _stopped_inside(self, chance: random.Random) -> subprocess.Popen[bytes]:
        """Return a process that was stopped while it held slots."""
        while True:
            process = chance.choice(self.running)
            assert process.poll() is None
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            if self._is_inside(process):
                return process
            process.send_signal(signal.SIGCONT)
            time.sleep(0.001)

    def _is_inside(self, process: subprocess.Popen[bytes]) -> bool:
        return any(passage.startswith(f"{process.pid}-") for passage in self.inside())

    def stop(self) -> list[int]:
        """Stop all processes. Return their exit codes."""
        for process in self.running:
            assert process.stdin
            process.stdin.close()
        return [process.wait(240) for process in self.running]

    def most_at_once(self) -> int:
        """Return the most slots in use at one moment. A killed process counts until it is gone."""
        changes = []
        for moment, what, _, slots in self.lines():
            changes.append((float(moment), int(slots) if what == "in" else -int(slots)))
        for passage, slots in self.inside().items():
            changes.append((self.died[passage.partition("-")[0]], -slots))
        taken = most = 0
        for _, change in sorted(changes):
            taken += change
            most = max(most, taken)
        assert taken == 0
        return most


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.5)


def _run(unique: str, tmp_path: Path, passages: int, strikes: list[signal.Signals | None]) -> None:
    """A strike is a signal to a holder, or None for a restart of the server. Strikes are spread over the holds."""
    server = OwnServer(tmp_path / "server", leases="filesystem")
    server.start()
    record = tmp_path / "record"
    record.touch()
    crowd = Crowd(unique, record)
    chance = random.Random(len(strikes))
    try:
        with use(server):
            create_limit(LimitSpec(unique, LIMIT))
            for _ in range(PROCESSES):
                crowd.start()
            for number, strike in enumerate(strikes, start=1):
                crowd.wait_for(passages * number // (len(strikes) + 1), seconds=300)
                if strike:
                    crowd.strike(strike, chance)
                else:
                    # Killed in the midst of a release, a server may count the slots back twice.
                    server.stop()
                    server.start()
            crowd.wait_for(passages, seconds=300)
            assert crowd.stop() == [0] * PROCESSES
            assert -signal.SIGKILL in crowd.codes
            assert 128 + signal.SIGTERM in crowd.codes or -signal.SIGTERM in crowd.codes
            assert crowd.inside(), "nobody was killed inside"
            assert 1 < crowd.most_at_once() <= LIMIT
            # The lease of the last who was killed.
            wait_until(lambda: patient_client().read_global_concurrency_limit_by_name(unique).active_slots == 0, 120)
            assert [finding for finding in examine([unique]).findings if finding.pool] == []
    finally:
        for process in crowd.running:
            process.kill()
            process.communicate()
        server.kill()


# A killed holder's lease lasts for a minute, and a server of Prefect 3.9 may keep still for as long.
def test_limit_holds_and_all_slots_are_released(unique: str, tmp_path: Path) -> None:
    _run(unique, tmp_path, 300, [signal.SIGTERM, signal.SIGKILL, None])


@pytest.mark.stress
@pytest.mark.timeout(3600)
def test_limit_holds_in_a_long_run(unique: str, tmp_path: Path) -> None:
    _run(unique, tmp_path, 5000, [signal.SIGTERM, signal.SIGKILL, None, signal.SIGTERM, signal.SIGKILL] * 3)
