"""`Pool`: an Airflow pool as frozen data."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_POOL = "default_pool"
DEFAULT_SLOTS = 128
UNLIMITED_SLOTS = -1


@dataclass(frozen=True)
class Pool:
    """An Airflow pool.

    Attributes:
        name: The name that DAG code asks for.
        slots: How many slots it has; -1 is unlimited.
        include_deferred: Whether a deferred task keeps its slot.
    """

    name: str
    slots: int
    description: str = ""
    include_deferred: bool = False
