"""One measurement, and what takes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

Kind = Literal["counter", "gauge", "timing"]


class Sample(NamedTuple):
    """One measurement. A tuple, since a task run makes many, and they are made while it waits.

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
    tags: dict[str, str]
    rate: float = 1
    is_delta: bool = False


class Samples(Protocol):
    """Measurements that belong together: made into samples by the thread that sends them."""

    def samples(self) -> Iterable[Sample]:
        """Each one, in the order in which they are sent."""


class Backend(Protocol):
    """Where metrics go. All is called from one thread.

    Attributes:
        flush_seconds: The time between two flushes; None where there is one after each batch.
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
