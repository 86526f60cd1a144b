"""Gathers what a diagnosis of pools needs, in the order that makes it right, and gives leaked slots back.

The event log is late by some seconds. Where a pool looks wrong, the counter is read, then the events; whoever seems to
be gone is asked for; and after as long as the log may be late, the events are read once more. Then all who took slots
before the counter was read are known, and so is everybody who gave some back before they were asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from uuid import uuid4

from .._specs.pool_diagnosis import diagnose, server_findings
from .._specs.pool_evidence import LEASE, Diagnosis, Finding, LimitState, ServerFacts
from .._specs.pool_history import History
from .client import kept_client
from .failures import server_call
from .pool_events import LEASE_ID, RELEASED
from .pool_history import read_acquisitions
from .pool_states import Prober, read_pool_limits, read_server_facts

# 10,000 events, which take some ten seconds to read.
_PAGES = 200
# For the events' way to the server.
_ON_THE_WAY_SECONDS = 1.5


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        pools: A diagnosis for each limit.
        server: What concerns all of them.
    """

    pools: tuple[Diagnosis, ...]
    server: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*(finding for pool in self.pools for finding in pool.findings), *self.server)


def examine(pools: Sequence[str] = (), *, pause: Callable[[float], None] = time.sleep) -> Report:
    """Find out what is wrong with these pools, or with all. Nothing is changed.

    Where nothing looks wrong, that takes a few requests for each pool. Else it takes some seconds: see above.

    Args:
        pools: The pools' names; all when there are none.
        pause: What waits for that many seconds.

    Raises:
        PoolNotReadyError: One of the pools doesn't exist.
        ServerError: The server can't be asked.
    """
    server = read_server_facts()
    diagnoses = {limit.name: _look(limit, server) for limit in read_pool_limits(pools)}
    doubtful = [name for name, diagnosis in diagnoses.items() if _is_doubtful(diagnosis)]
    if doubtful:
        prober = Prober(server)
        limits = read_pool_limits(doubtful)
        for limit in limits:
            prober.evidence(_read_all(limit).open)
        pause(server.flush + _ON_THE_WAY_SECONDS)
        for limit in limits:
            history = _read_all(limit)
            # Who has come since may still be asked for, but not who has just gone.
            evidence = prober.evidence(history.acquisitions, ask_leases=False)
            now = datetime.now(timezone.utc)
            diagnoses[limit.name] = diagnose(limit, evidence, server, now, complete=history.complete)
    return Report(tuple(diagnoses.values()), server_findings(server))


def _look(limit: LimitState, server: ServerFacts) -> Diagnosis:
    """A first look, which may be wrong where it finds something wrong."""
    history = History()
    if limit.active and limit.active_slots:
        history = read_acquisitions(limit.id, slots=limit.active_slots, pages=_PAGES)
    evidence = Prober(server).evidence(history.open)
    return diagnose(limit, evidence, server, datetime.now(timezone.utc), complete=history.complete)


def _read_all(limit: LimitState) -> History:
    return read_acquisitions(limit.id, pages=_PAGES)


def _is_doubtful(diagnosis: Diagnosis) -> bool:
    return any(finding.kind in ("leaked", "unexplained", "lost") for finding in diagnosis.findings)


def release(diagnosis: Diagnosis) -> int:
    """Give back the slots that are proved to be leaked; how many.

    None, when the counter has fewer than were found, since somebody gave them back meanwhile.

    Raises:
        PoolNotReadyError: The limit was deleted.
        ServerError: The server can't be told.
    """
    slots = diagnosis.leaked_slots
    (limit,) = read_pool_limits([diagnosis.limit.name])
    if not slots or limit.id != diagnosis.limit.id or limit.active_slots < slots:
        return 0
    _give_back(limit.name, slots)
    # Tells who waits, and the next diagnosis.
    _say_released(limit, diagnosis.leaked)
    return slots


@server_call
def _give_back(name: str, slots: int) -> None:
    # The server makes its averages of the time: a lease is how long these were of use at least.
    kept_client().release_concurrency_slots([name], slots, LEASE.total_seconds() * slots)


@server_call
def _say_released(limit: LimitState, leaked: Sequence[Finding]) -> None:
    events = []
    for finding in leaked:
        if finding.holder:
            resource = {
                "prefect.resource.id": f"prefect.concurrency-limit.{limit.id}",
                "prefect.resource.name": limit.name,
                "slots-acquired": str(finding.slots),
                "limit": str(limit.slots),
                "airflow-compat.released-by": "airflow-compat pools doctor",
            }
            if finding.holder.lease_id:
                resource[LEASE_ID] = finding.holder.lease_id
            event = {
                "id": str(uuid4()),
                "occurred": datetime.now(timezone.utc).isoformat(),
                "event": RELEASED,
                "resource": resource,
                "follows": finding.holder.event_id,
            }
            events.append(event)
    kept_client().request("POST", "/events", json=events)
