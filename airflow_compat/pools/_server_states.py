"""Reads what a pool's diagnosis is made of, besides its events: limits, the server's settings, runs, leases."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import httpx
from prefect.client.schemas.objects import TERMINAL_STATES

from .._airflow.names import limit_name
from .._specs.pool_evidence import Evidence, LimitState, ServerFacts, lease_may_last
from .._specs.pool_history import Acquisition, RunKind
from ..errors import PoolNotReadyError
from .client import kept_client
from .failures import server_call
from .slots import LEASE_SECONDS

if TYPE_CHECKING:
    from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

_PAGE = 200
# Prefect keeps its limits for tags and deployments under such names, and holds their slots in other ways.
_NOT_POOLS = ("tag:", "deployment:")
# The system tells the moment of its own start in whole seconds.
_ROUGHLY_SECONDS = 5.0
_RUN_KINDS: tuple[RunKind, ...] = ("flow-run", "task-run")


@server_call
def read_pool_limits(pools: Sequence[str] = ()) -> tuple[LimitState, ...]:
    """The limits that can be pools, in the order of their names; only those of these pools, if any are given.

    Limits for tags and deployments, and rate limits, are no pools.

    Raises:
        PoolNotReadyError: One of these pools has no such limit.
    """
    found: dict[str, LimitState] = {}
    offset = 0
    while True:
        page = kept_client().read_global_concurrency_limits(limit=_PAGE, offset=offset)
        read_at = datetime.now(timezone.utc)
        found |= {item.name: _state(item, read_at) for item in page if _is_pool(item)}
        offset += len(page)
        if len(page) < _PAGE:
            break
    if not pools:
        return tuple(found.values())
    wanted = dict.fromkeys(limit_name(pool) for pool in pools)
    for name in wanted:
        if name not in found:
            raise PoolNotReadyError(f"pool {name!r}: it doesn't exist; `airflow-compat pools list` shows those that do")
    return tuple(found[name] for name in wanted)


def _is_pool(limit: GlobalConcurrencyLimitResponse) -> bool:
    return not limit.name.startswith(_NOT_POOLS) and not limit.slot_decay_per_second


def _state(limit: GlobalConcurrencyLimitResponse, read_at: datetime) -> LimitState:
    updated = limit.updated or read_at
    return LimitState(str(limit.id), limit.name, limit.limit, limit.active, limit.active_slots, updated, read_at)


@server_call
def read_server_facts() -> ServerFacts:
    """What the server's settings say; the defaults where it doesn't tell."""
    try:
        settings = kept_client().request("GET", "/admin/settings").json()["server"]
        services = settings["services"]
        return ServerFacts(
            leases_in_memory=str(settings["concurrency"]["lease_storage"]).endswith(".memory"),
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


class Prober:
    """Finds out about acquisitions, and remembers what it found: each lease and run is asked for once.

    To ask for a lease makes it last for another minute. So the leases of the dead are asked for only when they must
    have ended, where that is known: who asks often would keep them alive.
    """

    def __init__(self, server: ServerFacts) -> None:
        self._server = server
        self._runs: dict[str, _RunState] = {}
        self._leases: dict[str, bool] = {}
        self._host = socket.gethostname()

    def evidence(self, acquisitions: Iterable[Acquisition], *, ask_leases: bool = True) -> list[Evidence]:
        """What is known of each of them.

        Args:
            acquisitions: Those to find out about.
            ask_leases: Whether to ask for leases that weren't asked for before.
        """
        found = list(acquisitions)
        runs = {run for each in found if each.until is None for run in (each.run, each.flow_run) if run}
        for kind in _RUN_KINDS:
            ids = [run.id for run in runs if run.kind == kind and run.id not in self._runs]
            self._runs |= _read_runs(kind, ids)
        return [self._evidence(each, ask_leases=ask_leases) for each in found]

    def _evidence(self, acquisition: Acquisition, *, ask_leases: bool) -> Evidence:
        if acquisition.until is not None:
            return Evidence(acquisition)
        runs = {run.id for run in (acquisition.run, acquisition.flow_run) if run}
        known = [self._runs[id_] for id_ in runs if id_ in self._runs]
        # Prefect may relate an event to a run that was over by then.
        states = [state for state in known if not (state.at and state.at < acquisition.since)]
        ended = next((state for state in states if state.ended), None)
        evidence = Evidence(
            acquisition,
            run="ended" if ended else "going-on" if states else "unknown",
            run_ended=ended.at if ended else None,
            run_state=ended.name if ended else "",
            process=self._process(acquisition),
        )
        until = lease_may_last(evidence, self._server)
        must_have_ended = until is None or until <= datetime.now(timezone.utc)
        if acquisition.ours and ask_leases and must_have_ended:
            lease_id = acquisition.lease_id
            if lease_id not in self._leases:
                self._leases[lease_id] = _lease_lives(lease_id)
        if acquisition.lease_id in self._leases:
            lives = self._leases[acquisition.lease_id]
            return replace(evidence, lease="alive" if lives else "gone")
        return evidence

    def _process(self, acquisition: Acquisition) -> Literal["alive", "dead", "elsewhere"]:
        if not acquisition.pid or acquisition.host != self._host:
            return "elsewhere"
        return "alive" if _lives(acquisition.pid, acquisition.since) else "dead"


@server_call
def _read_runs(kind: RunKind, ids: Sequence[str]) -> dict[str, _RunState]:
    states: dict[str, _RunState] = {}
    for start in range(0, len(ids), _PAGE):
        some = {"id": {"any_": list(ids[start : start + _PAGE])}}
        if kind == "flow-run":
            answer = kept_client().request("POST", "/flow_runs/filter", json={"flow_runs": some, "limit": _PAGE})
        else:
            answer = kept_client().request("POST", "/task_runs/filter", json={"task_runs": some, "limit": _PAGE})
        for run in answer.json():
            states[run["id"]] = _run_state(run)
    return states


def _run_state(run: Mapping[str, Any]) -> _RunState:
    state = run.get("state") or {}
    ended = state.get("type") in {terminal.value for terminal in TERMINAL_STATES}
    moment = run.get("end_time") or state.get("timestamp")
    at = datetime.fromisoformat(moment.replace("Z", "+00:00")) if ended and moment else None
    return _RunState(ended, at, state.get("name") or "")


@server_call
def _lease_lives(lease_id: str) -> bool:
    try:
        kept_client().renew_concurrency_lease(lease_id=UUID(lease_id), lease_duration=LEASE_SECONDS)
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code in (HTTPStatus.GONE, HTTPStatus.NOT_FOUND):
            return False
        raise
    return True


def _lives(pid: int, since: datetime) -> bool:
    """Whether a process of this machine lives that was there at that moment."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It is another user's.
        return True
    started = _start_of(pid)
    # Numbers of processes are used again.
    return started is None or started <= since.timestamp() + _ROUGHLY_SECONDS


def _start_of(pid: int) -> float | None:
    """When a process was started, in the seconds of the epoch; None where the system doesn't tell."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
