"""The waiters of one pool in this process, in the order in which they are served. Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Held(Protocol):
    """Slots that the server has given to this process, all of them under one lease."""

    @property
    def slots(self) -> int:
        """How many they are."""

    @property
    def lost(self) -> bool:
        """Whether the server has dropped them."""


H = TypeVar("H", bound=Held)


@dataclass(eq=False)
class Ticket(Generic[H]):
    """One waiter: what it wants, and what it got.

    Attributes:
        slots: How many slots it wants, all at once.
        priority_weight: The higher it is, the earlier it is served.
        wake: Called once, when `held` or `error` is there.
        holder: What the server is told of who holds the slots.
        announce: Tells other processes that this one waits.
        since: When it joined, in the clock's seconds.
        held: The slots, once it has them.
        handed_over: Whether another hold of this process had them before.
        error: Why it will never have them.
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
        """Whether the wait is over."""
        return self.held is not None or self.error is not None


class Line(Generic[H]):
    """Higher `priority_weight` first, then first come, first served. Nobody overtakes by wanting less."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Ticket[H]]] = []
        self._numbers = itertools.count()
        self._here: set[Ticket[H]] = set()

    def __len__(self) -> int:
        return len(self._here)

    def __contains__(self, ticket: Ticket[H]) -> bool:
        return ticket in self._here

    def join(self, ticket: Ticket[H]) -> None:
        """Add a waiter."""
        self._here.add(ticket)
        heapq.heappush(self._heap, (-ticket.priority_weight, next(self._numbers), ticket))

    def leave(self, ticket: Ticket[H]) -> None:
        """Take out a waiter, wherever it stands; one that isn't here changes nothing."""
        self._here.discard(ticket)
        # Its place is cleared when it comes to the front: a search would walk through all of them.
        while self._heap and self._heap[0][2] not in self._here:
            heapq.heappop(self._heap)

    def first(self) -> Ticket[H] | None:
        """Who is next."""
        return self._heap[0][2] if self._heap else None
