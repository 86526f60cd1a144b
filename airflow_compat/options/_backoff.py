"""The delay before a further try, with Airflow's own exponential backoff (`TaskInstance.next_retry_datetime`)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

from ..errors import InvalidArgumentError
from .version import AirflowVersion

LONGEST = 24 * 60 * 60
"""Airflow's `[core] max_task_retry_delay`, in seconds, where its configuration says nothing."""


@dataclass(frozen=True)
class Backoff:
    """How a task's delays grow.

    Attributes:
        delay: `retry_delay`, in seconds.
        multiplier: By what each delay is longer than the one before it.
        longest: `max_retry_delay`, in seconds.
    """

    delay: float
    multiplier: float = 2.0
    longest: float | None = None

    def least(self, try_number: int) -> int:
        """The part of the delay that no jitter is in, in seconds."""
        try:
            least = math.ceil(self.delay * self.multiplier ** (try_number - 1))
        except OverflowError:
            return LONGEST
        return max(least, 1)

    def seconds(self, try_number: int, *, dag_id: str, task_id: str, logical_date: datetime | None) -> float:
        """The delay after a try that failed.

        Args:
            try_number: That try's, from 1 on.
            dag_id: The DAG's id.
            task_id: The task's id.
            logical_date: The run's, in UTC; Airflow's runs without one have None.
        """
        least = self.least(try_number)
        date = logical_date and logical_date.isoformat(" ")
        key = f"{dag_id}#{task_id}#{date}#{try_number}".encode()
        jitter = int(hashlib.sha1(key, usedforsecurity=False).hexdigest(), 16) % least
        return self.capped(least + jitter)

    def capped(self, seconds: float) -> float:
        """The delay, limited to `max_retry_delay` and Airflow's 24 hours."""
        return float(min(seconds, self.longest or LONGEST, LONGEST))


def multiplier_of(retry_exponential_backoff: object, airflow_version: AirflowVersion) -> float | None:
    """What each delay is multiplied with; None where all are the same.

    Airflow 2 takes True and False; Airflow 3 takes a number too, and True for 2.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if isinstance(retry_exponential_backoff, bool):
        return 2.0 if retry_exponential_backoff else None
    if airflow_version == "2" or not isinstance(retry_exponential_backoff, (int, float)):
        wanted = "True or False" if airflow_version == "2" else "True, False or a number"
        raise InvalidArgumentError(f"retry_exponential_backoff is {retry_exponential_backoff!r}; write {wanted}")
    multiplier = float(retry_exponential_backoff)
    return multiplier if multiplier > 0 and multiplier != 1.0 else None
