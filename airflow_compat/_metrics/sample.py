"""One measurement, and what takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["counter", "gauge", "timing"]


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        kind: What it is of.
        name: The metric, without prefix.
        value: What is added to a counter, a gauge's value, or a timing's milliseconds.
        tags: The tags, by name.
        rate: The share of such measurements that are sent, up to 1.
        is_delta: Whether a gauge's value is added to the one that it has.
    """

    kind: Kind
    name: str
    value: float
    tags: dict[str, str] = field(default_factory=dict)
    rate: float = 1
    is_delta: bool = False


class Backend(Protocol):
    """Where metrics go. All is called from one thread.

    Attributes:
        flush_seconds: The time between two flushes; None where each measurement is on its way at once.
        takes_rates: Whether it is told the rate; else measurements are left out before.
        takes_deltas: Whether it is told that a gauge is one; else the sum is made before.
    """

    flush_seconds: float | None
    takes_rates: bool
    takes_deltas: bool

    def send(self, sample: Sample) -> None:
        """Take one measurement; may raise."""

    def flush(self) -> None:
        """Send what is kept back; may raise, and may take seconds."""

    def close(self) -> None:
        """Give back sockets and ports."""
