"""Airflow pools on Prefect's global concurrency limits: `pool()` waits for slots, holds them, and gives them back."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ._airflow.names import limit_name
from ._airflow.pool import DEFAULT_POOL
from ._specs.limits import UNLIMITED_LIMIT
from .errors import PoolLeaseLostError, PoolNotReadyError, PoolTimeoutError

if TYPE_CHECKING:
    from ._prefect.lease_keeper import LeaseKeeper
    from ._prefect.slots import Lease

__all__ = ["Hold", "pool"]

F = TypeVar("F", bound=Callable[..., Any])

_FIRST_POLL, _LAST_POLL = 0.05, 1.0
_FIRST_NOTICE = 5.0


def pool(name: str | None, slots: int = 1, *, timeout: float | None = None) -> _Pool:
    """Hold slots of an Airflow pool: a context manager, an async one, and a decorator.

    Waits until all the slots asked for are free; nothing runs with fewer. The pool is the server's global concurrency
    limit of the same name, so it limits across processes and machines. The slots of a holder that is killed are free
    when its lease of 60 seconds has ended and the server has seen it, within about 75 seconds; a temporary server,
    which Prefect starts where none is configured, never looks. Prefect's own `concurrency(name, occupy=slots,
    strict=True)` takes the same slots.

    Args:
        name: The pool's name; None is `default_pool`.
        slots: How many slots to hold, as `pool_slots`.
        timeout: The seconds to wait at most; None waits for ever, as Airflow does.

    Raises:
        PoolNotReadyError: On entering: the limit is missing, inactive, only a tag limit, or smaller than `slots`; or
            this very thread or task holds so many of its slots that the wait could not end.
        PoolTimeoutError: On entering: the slots were not free in time. Also a `TimeoutError`.
        PoolLeaseLostError: On leaving: the server dropped the slots before the code was done.

    Example:
        ```python
        from airflow_compat import pool


        def load(rows):
            with pool("warehouse", slots=2) as hold:
                print(f"waited {hold.waited:.1f} s")
        ```
    """
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
        raise PoolNotReadyError(f"pool {name!r}: slots is {slots!r}; ask for a whole number from 1 on, as Airflow does")
    return _Pool(DEFAULT_POOL if name is None else name, slots, timeout)


@dataclass(frozen=True)
class Hold:
    """Slots that are held: what `with pool(...) as hold` gives.

    Attributes:
        pool: The pool's name.
        slots: How many slots are held.
        waited: How long the wait for them took, in seconds.
    """

    pool: str
    slots: int
    waited: float


class _Pool(AbstractContextManager[Hold, None], AbstractAsyncContextManager[Hold, None]):
    """What `pool()` returns. One object can be entered many times, also at once."""

    def __init__(self, name: str, slots: int, timeout: float | None) -> None:
        self._name = name
        self._limit = limit_name(name)
        self._slots = slots
        self._timeout = timeout

    def __enter__(self) -> Hold:
        from ._prefect.slots import try_acquire

        started = time.monotonic()
        if not self._limits():
            return self._entered(started, None)
        for pause in self._pauses(started):
            if lease := try_acquire(self._limit, self._slots):
                return self._entered(started, lease)
            time.sleep(pause)
        raise self._timed_out()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._left(exc)

    async def __aenter__(self) -> Hold:
        started = time.monotonic()
        if not await asyncio.to_thread(self._limits, _here()):
            return self._entered(started, None)
        for pause in self._pauses(started):
            if lease := await _acquire_in_thread(self._limit, self._slots):
                return self._entered(started, lease)
            await asyncio.sleep(pause)
        raise self._timed_out()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._left(exc)

    def __call__(self, function: F) -> F:
        if not callable(function):
            raise TypeError(f"pool {self._name!r} decorates functions, not {type(function).__name__}")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def in_pool_async(*args: Any, **kwargs: Any) -> Any:
                async with self:
                    return await function(*args, **kwargs)

            return cast("F", in_pool_async)

        @functools.wraps(function)
        def in_pool(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast("F", in_pool)

    def _limits(self, here: tuple[object, ...] | None = None) -> bool:
        """Whether there is anything to wait for; an error when waiting would never limit, or never end."""
        from ._prefect.limits import read_limit, tag_limit_exists

        found = read_limit(self._limit)
        if found is None:
            create = (
                f"`prefect gcl create '{self._limit}' --limit {self._slots}`, or `airflow-compat import pools.json`"
            )
            if tag_limit_exists(self._limit):
                raise self._not_ready(
                    f"{self._limit!r} is a limit for task runs with that tag, which limits no pool", create
                )
            raise self._not_ready("it doesn't exist", create)
        if not found.active:
            raise self._not_ready("its limit is inactive, and limits nothing", f"`prefect gcl enable '{self._limit}'`")
        if found.limit >= UNLIMITED_LIMIT:
            return False
        if self._slots > found.limit:
            raise self._not_ready(
                f"{self._slots} slots are asked for and it has {found.limit}",
                f"ask for fewer, or `prefect gcl update '{self._limit}' --limit {self._slots}`",
            )
        here = here or _here()
        own = sum(entry.hold.slots for entry in _entries.get() if entry.here == here and entry.hold.pool == self._name)
        if own + self._slots > found.limit:
            raise self._not_ready(
                f"this code already holds {own} of its {found.limit} slots and would wait for itself",
                "take all the slots at once, outside",
            )
        return True

    def _not_ready(self, problem: str, repair: str) -> PoolNotReadyError:
        return PoolNotReadyError(f"pool {self._name!r}: {problem}. To mend it: {repair}")

    def _timed_out(self) -> PoolTimeoutError:
        return PoolTimeoutError(
            f"pool {self._name!r}: {_slots(self._slots)} could not be had within {self._timeout} seconds; "
            "wait longer, or see who holds them in the limit's page of Prefect's UI"
        )

    def _pauses(self, started: float) -> Iterator[float]:
        """How long to sleep after each vain try, in seconds; ends when the time is up."""
        from ._prefect.logs import run_logger

        pause, notice = _FIRST_POLL, _FIRST_NOTICE
        while True:
            waited = time.monotonic() - started
            left = float("inf") if self._timeout is None else self._timeout - waited
            # The first try is made whatever the timeout: 0 means "now or never".
            yield max(0.0, min(pause * random.uniform(0.5, 1.5), left))
            if left <= 0:
                return
            pause = min(pause * 1.5, _LAST_POLL)
            if waited >= notice:
                run_logger().info("Waiting for %s of pool %r for %.0f s", _slots(self._slots), self._name, waited)
                notice *= 2

    def _entered(self, started: float, lease: Lease | None) -> Hold:
        from ._prefect.lease_keeper import LeaseKeeper

        hold = Hold(self._name, self._slots, time.monotonic() - started)
        entry = _Entry(self, hold, _here(), LeaseKeeper(lease) if lease else None)
        _entries.set((*_entries.get(), entry))
        return hold

    def _left(self, exc: BaseException | None) -> None:
        entries = _entries.get()
        entry = next(entry for entry in reversed(entries) if entry.owner is self)
        _entries.set(tuple(other for other in entries if other is not entry))
        if entry.keeper and not entry.keeper.release() and exc is None:
            raise PoolLeaseLostError(
                f"pool {self._name!r}: the server dropped its {_slots(self._slots)} before the code was done, so "
                "others may have run beside it; see the server's log, and run this again if that matters"
            )


@dataclass(frozen=True, eq=False)
class _Entry:
    """One passage through a pool."""

    owner: _Pool
    hold: Hold
    here: tuple[object, ...]
    keeper: LeaseKeeper | None


def _slots(number: int) -> str:
    return "1 slot" if number == 1 else f"{number} slots"


# What this thread or task has entered, outermost first. Copied into what it starts, hence `here`.
_entries: contextvars.ContextVar[tuple[_Entry, ...]] = contextvars.ContextVar("airflow_compat_pools", default=())


def _here() -> tuple[object, ...]:
    """The thread and, in an event loop, the task that runs this."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), task


async def _acquire_in_thread(limit: str, slots: int) -> Lease | None:
    """Take slots off the event loop; on cancellation they are given back as soon as they are there."""
    from ._prefect.slots import release, try_acquire

    request = asyncio.ensure_future(asyncio.to_thread(try_acquire, limit, slots))
    try:
        return await asyncio.shield(request)
    except asyncio.CancelledError:
        lease = await request
        if lease:
            await asyncio.to_thread(release, lease)
        raise
