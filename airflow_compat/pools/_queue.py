"""Keeps the waiters of one pool in this process, in the order in which they get slots."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class HeldSlots(Protocol):
    """Slots under one lease that the server granted to this process."""

    @property
    def slots(self) -> int: ...

    @property
    def lost(self) -> bool: ...


H = TypeVar("H", bound=HeldSlots)


@dataclass(eq=False)
class Ticket(Generic[H]):
    """One waiter: its request and the result.

    Attributes:
        wake: Called once, when `held` or `error` is set.
        holder: The run that the server records as the holder; None outside a run.
        announce: Tells other processes that this waiter is waiting.
        since: When the ticket joined the queue, in seconds of the clock.
        handed_over: Whether another hold of this process passed on the slots.
    """

    slots: int
    priority_weight: int
    wake: Callable[[], None] = field(repr=False)
    holder: object = None
    announce: Callable[[], None] = field(default=lambda: None, repr=False)
    since: float = 0.0
    held: H | None = None
    handed_over: bool = False
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.held is not None or self.error is not None


class WaitQueue(Generic[H]):
    """A queue sorted by `priority_weight`, highest first, then by arrival."""

    def __init__(self) -> None:
        self._tickets: list[Ticket[H]] = []

    def __len__(self) -> int:
        return len(self._tickets)

    def __contains__(self, ticket: Ticket[H]) -> bool:
        return ticket in self._tickets

    def join(self, ticket: Ticket[H]) -> None:
        bisect.insort(self._tickets, ticket, key=lambda other: -other.priority_weight)

    def leave(self, ticket: Ticket[H]) -> None:
        with suppress(ValueError):
            self._tickets.remove(ticket)

    def first(self) -> Ticket[H] | None:
        return self._tickets[0] if self._tickets else None
