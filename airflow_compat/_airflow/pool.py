"""Hold an Airflow pool as frozen data."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_POOL = "default_pool"
UNLIMITED_SLOTS = -1


@dataclass(frozen=True)
class Pool:
    """An Airflow pool.

    Attributes:
        name: The name that DAG code uses.
        slots: The number of slots; -1 is unlimited.
        include_deferred: Whether a deferred task keeps its slot.
    """

    name: str
    slots: int
    description: str = ""
    include_deferred: bool = False
