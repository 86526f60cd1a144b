"""Every pool with its slots, who holds them and who waits: what `read` and `airflow-compat pools list` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from .._prefect.pool_history import read_acquisitions, read_waits, resource_url
from .._prefect.pool_states import Prober, read_pool_limits, read_server_facts
from .._specs.pool_evidence import Evidence, ServerFacts, lease_may_last
from .._specs.pool_history import Acquisition
from .._specs.pool_state import PoolHolder, PoolState

_PAGES = 10


def read_states(names: Sequence[str], server: ServerFacts | None = None) -> tuple[PoolState, ...]:
    """The pools, all when no names are given; for somebody who asks again and again and knows the server's settings."""
    server = server or read_server_facts()
    prober = Prober(server)
    states = []
    for limit in read_pool_limits(names):
        state = PoolState(limit.name, limit.slots, limit.active_slots, limit.active)
        if limit.active_slots:
            # Only who finds slots taken waits for long.
            waiting = sum(wait.waiters for wait in read_waits(limit.id))
            holders = _holders(limit.id, limit.active_slots, prober, server, pages=_PAGES)
            state = replace(state, holders=holders, waiting=waiting)
        states.append(state)
    return tuple(states)


def read_holders(limit_id: str, slots: int) -> tuple[PoolHolder, ...]:
    """Who holds the slots of one limit, for somebody who waits for them: few requests, and perhaps not all holders.

    Args:
        limit_id: The limit's id.
        slots: How many slots it has.
    """
    server = ServerFacts()
    return _holders(limit_id, slots, Prober(server), server, pages=1)


def _holders(limit_id: str, slots: int, prober: Prober, server: ServerFacts, *, pages: int) -> tuple[PoolHolder, ...]:
    history = read_acquisitions(limit_id, slots=slots, pages=pages)
    evidence = prober.evidence(history.open, ask_leases=False)
    now = datetime.now(timezone.utc)
    return tuple(_holder(found.acquisition) for found in evidence if _may_hold(found, server, now))


def _holder(found: Acquisition) -> PoolHolder:
    return PoolHolder(str(found), found.slots, found.since, acquisition_url(found), found.host, found.pid)


def acquisition_url(acquisition: Acquisition) -> str:
    """The page of the run that took the slots, in Prefect's UI; empty outside a run."""
    return resource_url(acquisition.run.kind, acquisition.run.id) if acquisition.run else ""


def _may_hold(found: Evidence, server: ServerFacts, now: datetime) -> bool:
    """Not so for a run that ended so long ago that its lease has, too."""
    until = lease_may_last(found, server)
    return until is None or now < until
