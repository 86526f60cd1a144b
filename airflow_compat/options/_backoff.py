"""Retry delays with Airflow's exponential backoff (`TaskInstance.next_retry_datetime`)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

from .._airflow.version import AirflowVersion
from ..errors import InvalidArgumentError

LONGEST = 24 * 60 * 60
"""Airflow's default `[core] max_task_retry_delay`, in seconds."""


@dataclass(frozen=True)
class Backoff:
    """A task's retry delays in seconds, which grow by the factor `multiplier` up to `longest`."""

    delay: float
    multiplier: float = 2.0
    longest: float | None = None

    def least(self, try_number: int) -> int:
        """Return the delay in seconds without jitter."""
        try:
            least = math.ceil(self.delay * self.multiplier ** (try_number - 1))
        except OverflowError:
            return LONGEST
        return max(least, 1)

    def seconds(self, try_number: int, *, dag_id: str, task_id: str, logical_date: datetime | None) -> float:
        """Return the delay after a failed try, in seconds.

        `try_number` is the number of the failed try, starting at 1. `logical_date` is in UTC, or None.
        """
        least = self.least(try_number)
        date = logical_date and logical_date.isoformat(" ")
        key = f"{dag_id}#{task_id}#{date}#{try_number}".encode()
        jitter = int(hashlib.sha1(key, usedforsecurity=False).hexdigest(), 16) % least
        return self.capped(least + jitter)

    def capped(self, seconds: float) -> float:
        return float(min(seconds, self.longest or LONGEST, LONGEST))


def multiplier_of(retry_exponential_backoff: object, airflow_version: AirflowVersion) -> float | None:
    """Return the factor between two delays, or None if all delays are equal.

    In Airflow 2, the value is True or False. In Airflow 3, the value may also be a number; True means 2.

    Raises:
        InvalidArgumentError: The value has another type.
    """
    if isinstance(retry_exponential_backoff, bool):
        return 2.0 if retry_exponential_backoff else None
    if airflow_version == "2" or not isinstance(retry_exponential_backoff, (int, float)):
        wanted = "True or False" if airflow_version == "2" else "True, False or a number"
        raise InvalidArgumentError(f"retry_exponential_backoff is {retry_exponential_backoff!r}. Use {wanted}.")
    multiplier = float(retry_exponential_backoff)
    return multiplier if multiplier > 0 and multiplier != 1.0 else None
