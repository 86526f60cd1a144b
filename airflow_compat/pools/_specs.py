"""Converts a pool to a global concurrency limit."""

from __future__ import annotations

from .._airflow.names import limit_name
from .._airflow.pool import UNLIMITED_SLOTS, Pool
from .._prefect.specs import LARGEST_LIMIT, LimitSpec


def limit_from_pool(pool: Pool) -> tuple[LimitSpec, list[str]]:
    """Return Prefect's limit for a pool, and notes on the differences."""
    notes = []
    if pool.slots == UNLIMITED_SLOTS:
        notes.append("unlimited: stored as the largest limit")
    if pool.include_deferred:
        notes.append("include_deferred is dropped: Prefect tasks never defer, so a waiting task keeps its slots")
    if pool.description:
        notes.append("the description has no place in Prefect")
    # Prefect has no number for "unlimited". An inactive limit also limits nothing, but `pool()` refuses inactive
    # limits.
    return LimitSpec(limit_name(pool.name), LARGEST_LIMIT if pool.slots == UNLIMITED_SLOTS else pool.slots), notes
