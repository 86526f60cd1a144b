"""The growing intervals between a sensor's pokes (Airflow's `BaseSensorOperator._get_next_poke_interval`)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

_LONGEST = timedelta.max.total_seconds() - 1


def backoff_seconds(key: str, poke_interval: float, poke_count: int) -> float:
    """Return the seconds to wait after a call of `poke`. Sensors with different keys get different results."""
    shortest = max(int(poke_interval * 2 ** (poke_count - 2)), 1)
    digest = hashlib.sha1(f"{key}#{poke_count}".encode(), usedforsecurity=False).hexdigest()
    return min(shortest + int(digest, 16) % shortest, _LONGEST)


def estimated_pokes(key: str, poke_interval: float, elapsed: float) -> int:
    """Estimate from the elapsed time how often `poke` was called, for sensors that don't count their calls."""
    count, total = 0, 0.0
    while total <= elapsed:
        count += 1
        total += backoff_seconds(key, poke_interval, count)
    return count
