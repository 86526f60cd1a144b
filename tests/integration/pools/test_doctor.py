"""Real leaks on a server that is killed and restarted, and situations that only look like leaks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from own_server import OwnServer, running
from patient_client import patient_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate

from airflow_compat import pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.cli._app import run
from airflow_compat.pools import read
from airflow_compat.pools._history import Acquisition
from airflow_compat.pools._server_doctor import examine
from airflow_compat.pools._server_history import read_acquisitions
from airflow_compat.pools._server_states import _lives

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

OCCUPANT = str(Path(__file__).with_name("occupant.py"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with running(OwnServer(tmp_path_factory.mktemp("server"))) as own:
        yield own


@pytest.fixture(autouse=True)
def _server(server: OwnServer) -> None:
    """Replaces the session's server."""


@pytest.fixture
def client() -> SyncPrefectClient:
    return patient_client()


@pytest.fixture
def name(unique: str) -> str:
    """A pool with three slots."""
    create_limit(LimitSpec(unique, 3))
    return unique


class Occupant:
    """A process that holds slots."""

    def __init__(self, name: str, slots: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, OCCUPANT, name, str(slots)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        assert self._process.stdout
        assert self._process.stdout.readline() == "in\n"

    def leave(self) -> None:
        self._process.communicate("", timeout=240)
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        if self._process.stdin and not self._process.stdin.closed:
            self._process.communicate(timeout=240)


@pytest.fixture
def occupant(name: str) -> Iterator[Callable[..., Occupant]]:
    with ExitStack() as stack:

        def start(slots: int = 1) -> Occupant:
            started = Occupant(name, slots)
            stack.callback(started.kill)
            return started

        yield start


def held(name: str) -> int:
    return patient_client().read_global_concurrency_limit_by_name(name).active_slots


def in_log(name: str, wanted: Callable[[tuple[Acquisition, ...]], bool]) -> tuple[Acquisition, ...]:
    """Return the open acquisitions, once the log has the expected ones."""
    limit_id = str(patient_client().read_global_concurrency_limit_by_name(name).id)
    until = time.monotonic() + 240
    while not wanted(found := read_acquisitions(limit_id).open):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def kinds(name: str) -> list[tuple[str, int]]:
    return sorted((finding.kind, finding.slots) for finding in examine([name]).findings if finding.pool)


def take(client: SyncPrefectClient, name: str, *, pid: int, slots: int = 1) -> UUID:
    """Take slots like `pool()`, on behalf of a process of this machine."""
    lease = client.increment_concurrency_slots_with_lease([name], slots, "concurrency", lease_duration=60).json()
    resource = {
        "prefect.resource.id": f"prefect.concurrency-limit.{lease['limits'][0]['id']}",
        "prefect.resource.name": name,
        "slots-acquired": str(slots),
        "limit": "3",
        "airflow-compat.lease-id": lease["lease_id"],
        "airflow-compat.host": socket.gethostname(),
        "airflow-compat.pid": str(pid),
    }
    occurred = datetime.now(timezone.utc).isoformat()
    event = {"id": str(uuid4()), "event": "prefect.concurrency-limit.acquired", "occurred": occurred}
    client.request("POST", "/events", json=[{**event, "resource": resource}])
    in_log(name, lambda found: lease["lease_id"] in {acquisition.lease_id for acquisition in found})
    return UUID(lease["lease_id"])


def take_and_forget(client: SyncPrefectClient, name: str, slots: int) -> None:
    """Create a leak as after a restart: the process and the lease are gone, and the slots are still counted."""
    lease = take(client, name, pid=dead_pid(), slots=slots)
    client.release_concurrency_slots_with_lease(lease)
    client.increment_concurrency_slots([name], slots, "concurrency")


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_after_a_restart_only_slots_of_dead_holders_are_released(
    server: OwnServer, name: str, occupant: Callable[..., Occupant], capfd: pytest.CaptureFixture[str]
) -> None:
    killed, goes_on = occupant(), occupant()
    in_log(name, lambda found: {killed.pid, goes_on.pid} == {acquisition.pid for acquisition in found})
    server.kill()
    killed.kill()
    server.start()
    late = occupant()
    in_log(name, lambda found: len(found) == 3)
    assert held(name) == 3

    assert run(["pools", "doctor", name, "--json"]) == 1
    found = {finding["kind"]: finding for finding in json.loads(capfd.readouterr().out)["findings"]}
    assert found["leaked"]["slots"] == 1
    assert f"process {killed.pid} " in found["leaked"]["reason"]
    assert f"doctor --release {name}" in found["leaked"]["next"]
    assert found["held"]["holder"].startswith(f"process {late.pid} ")
    assert found["lost"]["holder"].startswith(f"process {goes_on.pid} ")
    assert "CONCURRENCY_LEASE_STORAGE=" in found["memory-leases"]["next"]
    assert held(name) == 3

    # What goes on without its lease is still a problem, and nobody else's to end.
    assert run(["pools", "doctor", name, "--release"]) == 1
    assert "1 problem. 1 slot was given back." in capfd.readouterr().out
    assert held(name) == 2
    assert run(["pools", "doctor", name, "--release"]) == 1
    assert held(name) == 2
    late.leave()
    assert held(name) == 1


def test_released_leak_ends_with_exit_code_0(
    client: SyncPrefectClient, name: str, occupant: Callable[..., Occupant], capfd: pytest.CaptureFixture[str]
) -> None:
    living = occupant()
    in_log(name, lambda found: living.pid in {acquisition.pid for acquisition in found})
    take_and_forget(client, name, slots=2)
    assert run(["pools", "doctor", name]) == 1
    assert f"Next: airflow-compat pools doctor --release {name}" in capfd.readouterr().out
    assert run(["pools", "doctor", name, "--release"]) == 0
    assert "nothing is wrong. 2 slots were given back." in capfd.readouterr().out
    assert held(name) == 1
    assert run(["pools", "doctor", name]) == 0
    living.leave()
    assert held(name) == 0


def test_killed_holder_with_ended_lease_is_no_leak_next_to_a_living_one(
    client: SyncPrefectClient, name: str, occupant: Callable[..., Occupant]
) -> None:
    living = occupant()
    in_log(name, lambda found: living.pid in {acquisition.pid for acquisition in found})
    lease = take(client, name, pid=dead_pid())
    # What the end of the lease does, without the minute that it takes.
    client.release_concurrency_slots_with_lease(lease)
    assert held(name) == 1
    assert kinds(name) == [("held", 1)]
    assert run(["pools", "doctor", name, "--release"]) == 0
    assert held(name) == 1
    living.leave()


@pytest.mark.stress
def test_killed_holder_is_no_leak_before_and_after_lease_end(name: str, occupant: Callable[..., Occupant]) -> None:
    killed = occupant()
    in_log(name, bool)
    killed.kill()
    assert kinds(name) == [("ending", 1)]
    until = time.monotonic() + 240
    while held(name):
        assert time.monotonic() < until
        time.sleep(1)
    assert kinds(name) == []


def test_just_taken_slots_without_event_are_no_leak(client: SyncPrefectClient, name: str) -> None:
    gone = take(client, name, pid=dead_pid())
    client.release_concurrency_slots_with_lease(gone)
    with pool(name, slots=2):
        assert kinds(name) == [("held", 2)]
    assert kinds(name) == []


def test_slots_without_event_are_unexplained_and_kept(client: SyncPrefectClient, name: str) -> None:
    client.increment_concurrency_slots([name], 1, "concurrency")
    take_and_forget(client, name, slots=2)
    # Which of them is the dead one's can be told: nobody was ever seen to take the other.
    assert kinds(name) == [("leaked", 2), ("unexplained", 1)]
    assert run(["pools", "doctor", name, "--release"]) == 1
    assert held(name) == 1
    # Slots that were given back a moment ago may still be in the count, as far as clocks agree.
    until = time.monotonic() + 240
    while kinds(name) != [("unexplained", 1)]:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert run(["pools", "doctor", name, "--release"]) == 1
    assert held(name) == 1


def test_prefects_own_holders_are_found(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    from prefect import flow
    from prefect.concurrency.sync import concurrency

    seen: list[Acquisition] = []

    @flow(name="native")
    def native() -> None:
        with concurrency(name, occupy=2, strict=True):
            seen.extend(in_log(name, bool))
            assert kinds(name) == [("held", 2)]
            assert run(["pools", "list", name]) == 0

    native()
    (acquisition,) = seen
    assert (acquisition.ours, acquisition.slots) == (False, 2)
    assert acquisition.run
    assert f"2 slots: flow run {acquisition.run.name} http" in capfd.readouterr().out
    in_log(name, lambda found: not found)
    assert kinds(name) == []


def test_inactive_and_zero_limits_are_reported(client: SyncPrefectClient, unique: str) -> None:
    create_limit(LimitSpec(f"{unique}_off", 1))
    client.update_global_concurrency_limit(f"{unique}_off", GlobalConcurrencyLimitUpdate(active=False))
    create_limit(LimitSpec(f"{unique}_zero", 0))
    rate = GlobalConcurrencyLimitCreate(name=f"{unique}_rate", limit=5, slot_decay_per_second=1.0)
    client.create_global_concurrency_limit(rate)
    client.create_concurrency_limit(f"{unique}_tag", 1)
    names = [state.name for state in read() if unique in state.name]
    assert names == [f"{unique}_off", f"{unique}_zero"]
    found = {finding.pool: finding for finding in examine(names).findings if finding.pool}
    assert {name: finding.kind for name, finding in found.items()} == {names[0]: "inactive", names[1]: "no-slots"}
    assert f"prefect gcl enable {unique}_off" in found[f"{unique}_off"].next


def test_asking_for_a_lease_keeps_it_alive(name: str) -> None:
    with pool(name) as hold:
        in_log(name, bool)
        assert kinds(name) == [("held", 1)]
        hold.check()
        assert held(name) == 1


def test_reused_process_id_is_not_the_holder() -> None:
    now = datetime.now(timezone.utc)
    assert _lives(os.getpid(), now)
    assert not _lives(os.getpid(), now - timedelta(days=1))
    assert not _lives(dead_pid(), now)
