"""A place that is empty in production, and in which a test puts something that is asked in the server's place.

Threads, tasks and tests that run at once each see their own. What was started without its starter's context, as a bare
thread is, sees the one that was put there last: it must not ask a server behind a test's back.
"""

from __future__ import annotations

import contextvars
import threading
from typing import Generic, TypeVar

S = TypeVar("S")


class Place(Generic[S]):
    """Holds what stands in for one kind of thing. Nothing is looked up while none is active."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        # Replaced and never changed, so that readers need no lock.
        self._active: tuple[S, ...] = ()
        self._here: contextvars.ContextVar[tuple[S, ...]] = contextvars.ContextVar(name, default=())

    def current(self) -> S | None:
        """What stands in here and now, the innermost first; None when nothing does."""
        active = self._active
        if not active:
            return None
        return self.here() or active[-1]

    def here(self) -> S | None:
        """What this code's own context has put here, the innermost first."""
        # Whoever copied the context may still have one that is over.
        return next((one for one in reversed(self._here.get()) if one in self._active), None)

    def put(self, stand_in: S) -> None:
        """Let it stand in from now on."""
        with self._lock:
            self._active = (*self._active, stand_in)
        self._here.set((*self._here.get(), stand_in))

    def take_out(self, stand_in: S) -> None:
        """Let it stand in no longer, whoever asks."""
        with self._lock:
            self._active = tuple(one for one in self._active if one is not stand_in)
        # No token: a fixture may end in another context than it began in.
        self._here.set(tuple(one for one in self._here.get() if one is not stand_in))
