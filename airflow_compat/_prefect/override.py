"""Contains the object that stands in for the server in a test; empty in production.

Each thread and asyncio task sees its own stand-ins. Code without a stand-in of its own, as in a plain thread, sees the
newest stand-in, so that no code in a test contacts a server.
"""

from __future__ import annotations

import contextvars
import threading
from typing import Generic, TypeVar

S = TypeVar("S")


class Override(Generic[S]):
    """The active stand-ins of one kind, such as connections."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        # The tuple is replaced but never modified, so readers need no lock.
        self._active: tuple[S, ...] = ()
        self._here: contextvars.ContextVar[tuple[S, ...]] = contextvars.ContextVar(name, default=())

    def current(self) -> S | None:
        """Return the innermost stand-in of this context, else the newest one, else None."""
        active = self._active
        return (self.here() or active[-1]) if active else None

    def here(self) -> S | None:
        """Return the innermost stand-in of this context."""
        # A copy of a context may still have a stand-in that was removed.
        return next((one for one in reversed(self._here.get()) if one in self._active), None)

    def put(self, stand_in: S) -> None:
        with self._lock:
            self._active = (*self._active, stand_in)
        self._here.set((*self._here.get(), stand_in))

    def take_out(self, stand_in: S) -> None:
        """Deactivate a stand-in everywhere."""
        with self._lock:
            self._active = tuple(one for one in self._active if one is not stand_in)
        # A token can't be used: a fixture may end in another context than the one in which it began.
        self._here.set(tuple(one for one in self._here.get() if one is not stand_in))
