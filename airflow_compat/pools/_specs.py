"""A pool as a global concurrency limit."""

from __future__ import annotations

from .._airflow.names import limit_name
from .._airflow.pool import UNLIMITED_SLOTS, Pool
from .specs import LARGEST_LIMIT, LimitSpec

UNLIMITED_LIMIT = LARGEST_LIMIT
"""Stands for an unlimited pool (-1 in Airflow), which Prefect has no number for. It is active, and so can't be taken
for a limit that someone forgot to activate."""


def limit_from_pool(pool: Pool) -> tuple[LimitSpec, list[str]]:
    """What Prefect should hold for a pool, and notes on what that changes."""
    notes = []
    if pool.slots == UNLIMITED_SLOTS:
        notes.append("unlimited: stored as the largest limit")
    if pool.include_deferred:
        notes.append("include_deferred is dropped: nothing defers in Prefect, a waiting task keeps its slots")
    if pool.description:
        notes.append("its description has no place there")
    return LimitSpec(limit_name(pool.name), UNLIMITED_LIMIT if pool.slots == UNLIMITED_SLOTS else pool.slots), notes
