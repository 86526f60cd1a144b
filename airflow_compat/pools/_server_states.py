"""Reads limits, server settings, runs and leases for a pool's diagnosis."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx
from prefect.client.schemas.objects import TERMINAL_STATES
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

from .._airflow.names import limit_name
from .._airflow.zones import api_moment
from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.client import keeps_leases_in_memory, server_settings, slots_refusal
from .._prefect.internals.names import is_limit_for_runs
from .._prefect.pages import chunks, items
from ..errors import PoolNotReadyError
from ._evidence import Evidence, LimitState, ServerFacts, lease_may_last
from ._history import Acquisition, RunKind
from ._server_slots import LEASE_SECONDS

# /proc/stat has the system's start only in whole seconds.
_ROUGHLY_SECONDS = 5.0
_RUN_KINDS: tuple[RunKind, ...] = ("flow-run", "task-run")


@server_call
def read_pool_limits(pools: Sequence[str] = ()) -> tuple[LimitState, ...]:
    """Return the limits that can be pools, sorted by name, or in the order of `pools`.

    Excludes rate limits and limits for tags and deployments.

    Args:
        pools: The pools to return. Defaults to all pools.

    Raises:
        PoolNotReadyError: A named pool doesn't exist.
    """
    limits = map(GlobalConcurrencyLimitResponse.model_validate, items("/v2/concurrency_limits/filter", {}))
    found = {
        limit.name: _state(limit, datetime.now(timezone.utc))
        for limit in limits
        if not is_limit_for_runs(limit.name) and not limit.slot_decay_per_second
    }
    if not pools:
        return tuple(found.values())
    wanted = dict.fromkeys(limit_name(pool) for pool in pools)
    for name in wanted:
        if name not in found:
            raise PoolNotReadyError(f"Pool {name!r} doesn't exist. `airflow-compat pools list` shows all pools")
    return tuple(found[name] for name in wanted)


def _state(limit: GlobalConcurrencyLimitResponse, read_at: datetime) -> LimitState:
    return LimitState(
        str(limit.id),
        limit.name,
        limit.limit,
        limit.active,
        limit.active_slots,
        updated=limit.updated or read_at,
        read_at=read_at,
    )


@server_call
def read_server_facts() -> ServerFacts:
    """Return the server's settings, or the defaults if the server doesn't report them."""
    try:
        settings = server_settings(kept_client())
        services = settings["services"]
        return ServerFacts(
            leases_in_memory=keeps_leases_in_memory(settings),
            repossessor=services["repossessor"]["loop_seconds"] if services["repossessor"]["enabled"] else None,
            flush=services["event_persister"]["flush_interval"],
        )
    except (KeyError, TypeError, httpx.HTTPStatusError):
        return ServerFacts()


@dataclass(frozen=True)
class _RunState:
    ended: bool
    at: datetime | None
    name: str


class AcquisitionChecker:
    """Collects evidence about acquisitions. Checks each lease and run once.

    Checking a lease renews it for a minute. The lease of a finished run is checked only after the latest time at which
    it could have expired.
    """

    def __init__(self, server: ServerFacts) -> None:
        self.server = server
        self._runs: dict[str, _RunState] = {}
        self._leases: dict[str, bool] = {}
        self._host = socket.gethostname()

    def evidence(self, acquisitions: Sequence[Acquisition], *, ask_leases: bool = True) -> list[Evidence]:
        runs = {run for each in acquisitions if each.until is None for run in (each.run, each.flow_run) if run}
        for kind in _RUN_KINDS:
            ids = [run.id for run in runs if run.kind == kind and run.id not in self._runs]
            self._runs |= _read_runs(kind, ids)
        return [self._evidence(each, ask_leases=ask_leases) for each in acquisitions]

    def _evidence(self, acquisition: Acquisition, *, ask_leases: bool) -> Evidence:
        if acquisition.until is not None:
            return Evidence(acquisition)
        runs = {run.id for run in (acquisition.run, acquisition.flow_run) if run}
        known = [self._runs[id_] for id_ in runs if id_ in self._runs]
        # Prefect may relate an event to a run that had already ended.
        states = [state for state in known if not (state.at and state.at < acquisition.since)]
        ended = next((state for state in states if state.ended), None)
        evidence = Evidence(
            acquisition,
            run="ended" if ended else "going-on" if states else "unknown",
            run_ended=ended.at if ended else None,
            run_state=ended.name if ended else "",
            process=self._process(acquisition),
        )
        lease_id = acquisition.lease_id
        until = lease_may_last(evidence, self.server)
        must_have_ended = until is None or until <= datetime.now(timezone.utc)
        if lease_id and ask_leases and must_have_ended and lease_id not in self._leases:
            self._leases[lease_id] = _lease_lives(lease_id)
        if lease_id in self._leases:
            return replace(evidence, lease="alive" if self._leases[lease_id] else "gone")
        return evidence

    def _process(self, acquisition: Acquisition) -> Literal["alive", "dead", "elsewhere"]:
        if not acquisition.pid or acquisition.host != self._host:
            return "elsewhere"
        return "alive" if _lives(acquisition.pid, acquisition.since) else "dead"


def _read_runs(kind: RunKind, ids: Iterable[str]) -> dict[str, _RunState]:
    runs = (
        items("/flow_runs/filter", {"flow_runs": {"id": {"any_": chunk}}})
        if kind == "flow-run"
        else items("/task_runs/filter", {"task_runs": {"id": {"any_": chunk}}})
        for chunk in chunks(ids)
    )
    return {run["id"]: _run_state(run) for chunk in runs for run in chunk}


def _run_state(run: Mapping[str, Any]) -> _RunState:
    state = run.get("state") or {}
    ended = state.get("type") in {terminal.value for terminal in TERMINAL_STATES}
    moment = run.get("end_time") or state.get("timestamp")
    return _RunState(ended, api_moment(moment) if ended and moment else None, state.get("name") or "")


@server_call
def _lease_lives(lease_id: str) -> bool:
    try:
        kept_client().renew_concurrency_lease(lease_id=UUID(lease_id), lease_duration=LEASE_SECONDS)
    except httpx.HTTPStatusError as exc:
        if slots_refusal(exc) == "no lease":
            return False
        raise
    return True


def _lives(pid: int, since: datetime) -> bool:
    """Return True if this process on this machine is alive, and already existed at `since`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # The process belongs to another user.
        return True
    started = _start_of(pid)
    # The system reuses process ids, so a process that started later with the same id is a different process.
    return started is None or started <= since.timestamp() + _ROUGHLY_SECONDS


def _start_of(pid: int) -> float | None:
    """Return the start of a process in seconds since the epoch; None if unknown."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
