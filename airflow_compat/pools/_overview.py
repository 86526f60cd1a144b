"""Reads each pool's slots, holders and waiters, for `read` and `airflow-compat pools list`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from ._evidence import ServerFacts, lease_may_last
from ._server_history import acquisition_url, read_acquisitions, read_waiters
from ._server_states import AcquisitionChecker, read_pool_limits, read_server_facts
from ._state import PoolHolder, PoolState

_PAGES = 10
_FOR_EVER = datetime.max.replace(tzinfo=timezone.utc)


def read_states(names: Sequence[str], server: ServerFacts | None = None) -> tuple[PoolState, ...]:
    prober = AcquisitionChecker(server or read_server_facts())
    states = []
    for limit in read_pool_limits(names):
        held = limit.active_slots
        holders = _holders(limit.id, held, prober, pages=_PAGES) if held else ()
        # While no slots are taken, nobody waits long enough to be counted.
        waiting = read_waiters(limit.id) if held else 0
        states.append(PoolState(limit.name, limit.slots, held, limit.active, holders, waiting))
    return tuple(states)


def read_holders(limit_id: str, slots: int) -> tuple[PoolHolder, ...]:
    """Return a limit's holders for a log message. Makes few requests, so holders may be missing.

    Args:
        limit_id: The limit's id.
        slots: The number of taken slots for which to find holders.
    """
    return _holders(limit_id, slots, AcquisitionChecker(ServerFacts()), pages=1)


def _holders(limit_id: str, slots: int, prober: AcquisitionChecker, *, pages: int) -> tuple[PoolHolder, ...]:
    history = read_acquisitions(limit_id, slots=slots, pages=pages)
    evidence = prober.evidence(history.open, ask_leases=False)
    now = datetime.now(timezone.utc)
    # This leaves out runs that ended so long ago that their leases have ended, too.
    holding = [found.acquisition for found in evidence if now < (lease_may_last(found, prober.server) or _FOR_EVER)]
    return tuple(
        PoolHolder(str(found), found.slots, found.since, acquisition_url(found), found.host, found.pid)
        for found in holding
    )
