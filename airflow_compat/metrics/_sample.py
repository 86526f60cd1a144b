"""Defines the class of measurements, and the interface of backends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

Kind = Literal["counter", "gauge", "timing"]


class Sample(NamedTuple):
    """One measurement. The class is a tuple, because tuples are fast to create.

    Attributes:
        value: The increment of a counter, the value of a gauge, or the milliseconds of a timing.
        rate: The share of measurements to send: 0.1 sends one of ten, 1 sends all.
        is_delta: Whether to add `value` to the gauge's current value.
    """

    kind: Kind
    name: str
    value: float
    tags: dict[str, str]
    rate: float = 1
    is_delta: bool = False


class Samples(Protocol):
    """An object that stands for several measurements, which are created only in the sending thread."""

    def samples(self) -> Iterable[Sample]:
        """Return the measurements in the order in which to send them."""


class Backend(Protocol):
    """The interface of backends, which send metrics to one target. The same thread calls all methods.

    Attributes:
        flush_seconds: The seconds between two calls of `flush`; None means a call after each batch of measurements.
        takes_rates: Whether the backend applies `rate`. For other backends, `Sender` applies `rate`.
        takes_deltas: Whether the backend handles `is_delta`. For other backends, `Sender` computes the gauge's value.
    """

    flush_seconds: float | None
    takes_rates: bool
    takes_deltas: bool

    def send(self, sample: Sample) -> None:
        """Send or buffer one measurement. May raise an exception."""

    def flush(self) -> None:
        """Send the buffered measurements. May raise an exception, and may take seconds."""

    def close(self) -> None: ...
