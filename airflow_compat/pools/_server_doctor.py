"""Collects the facts for a diagnosis of pools, and releases leaked slots.

Events arrive some seconds late. So a suspicious pool is read in this order: the counter; the events; the leases of
holders that seem gone; and, after some seconds, the events again. The second reading includes all slots taken before
the counter was read, and all releases before the leases were checked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from uuid import uuid4

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from ._diagnosis import diagnose, server_findings
from ._events import LEASE_ID, RELEASED
from ._evidence import LEASE, Diagnosis, Finding, LimitState, ServerFacts
from ._history import History
from ._server_history import read_acquisitions
from ._server_states import AcquisitionChecker, read_pool_limits, read_server_facts

# The maximum number of pages to read: they have 10,000 events, and reading them takes about ten seconds.
_PAGES = 200
# The longest time that events take to reach the server.
_ON_THE_WAY_SECONDS = 1.5


@dataclass(frozen=True)
class Report:
    pools: tuple[Diagnosis, ...]
    server: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*(finding for pool in self.pools for finding in pool.findings), *self.server)


def examine(pools: Sequence[str] = (), *, pause: Callable[[float], None] = time.sleep) -> Report:
    """Diagnose these pools, or all pools. Releases nothing.

    Raises:
        PoolNotReadyError: A named pool doesn't exist.
        ServerError: A request to the server failed.
    """
    server = read_server_facts()
    diagnoses = {limit.name: _look(limit, server) for limit in read_pool_limits(pools)}
    doubtful = [
        name
        for name, diagnosis in diagnoses.items()
        if any(finding.kind in ("leaked", "unexplained", "lost") for finding in diagnosis.findings)
    ]
    if doubtful:
        prober = AcquisitionChecker(server)
        limits = read_pool_limits(doubtful)
        for limit in limits:
            prober.evidence(read_acquisitions(limit.id, pages=_PAGES).open)
        pause(server.flush + _ON_THE_WAY_SECONDS)
        for limit in limits:
            history = read_acquisitions(limit.id, pages=_PAGES)
            # Leases are not checked again: the slots of a holder that has just ended would look leaked.
            evidence = prober.evidence(history.acquisitions, ask_leases=False)
            diagnoses[limit.name] = diagnose(
                limit, evidence, server, datetime.now(timezone.utc), complete=history.complete
            )
    return Report(tuple(diagnoses.values()), server_findings(server))


def _look(limit: LimitState, server: ServerFacts) -> Diagnosis:
    """Make a first diagnosis. The problems that this diagnosis reports may be false."""
    history = History()
    if limit.active and limit.active_slots:
        history = read_acquisitions(limit.id, slots=limit.active_slots, pages=_PAGES)
    evidence = AcquisitionChecker(server).evidence(history.open)
    return diagnose(limit, evidence, server, datetime.now(timezone.utc), complete=history.complete)


def release(diagnosis: Diagnosis) -> int:
    """Give back the leaked slots. Return the number of released slots.

    Returns 0 if the counter is lower than the number of leaked slots, because these slots were already given back.

    Raises:
        PoolNotReadyError: The limit was deleted.
        ServerError: The server can't be reached.
    """
    slots = diagnosis.leaked_slots
    (limit,) = read_pool_limits([diagnosis.limit.name])
    if not slots or limit.id != diagnosis.limit.id or limit.active_slots < slots:
        return 0
    _give_back(limit.name, slots)
    # The events of the release inform the waiters and the next diagnosis.
    _say_released(limit, diagnosis.leaked)
    return slots


@server_call
def _give_back(name: str, slots: int) -> None:
    # From the last argument, the server computes the average time for which slots are occupied. Leaked slots were
    # occupied for at least the duration of one lease.
    kept_client().release_concurrency_slots([name], slots, LEASE.total_seconds() * slots)


@server_call
def _say_released(limit: LimitState, leaked: Sequence[Finding]) -> None:
    events = [
        {
            "id": str(uuid4()),
            "occurred": datetime.now(timezone.utc).isoformat(),
            "event": RELEASED,
            "resource": {
                "prefect.resource.id": f"prefect.concurrency-limit.{limit.id}",
                "prefect.resource.name": limit.name,
                "slots-acquired": str(finding.slots),
                "limit": str(limit.slots),
                "airflow-compat.released-by": "airflow-compat pools doctor",
                **({LEASE_ID: finding.holder.lease_id} if finding.holder.lease_id else {}),
            },
            "follows": finding.holder.event_id,
        }
        for finding in leaked
        if finding.holder
    ]
    kept_client().request("POST", "/events", json=events)
