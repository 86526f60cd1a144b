"""Runs requests in their own threads, so that a waiter can leave before the server answers.

A procedure (`Steps`) is a generator that yields a `Pause` for each wait. A procedure can run in a thread or in a
coroutine.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar, cast

R = TypeVar("R")

# The longest possible wait of a thread: about three centuries.
_LONGEST = threading.TIMEOUT_MAX


class Pause(NamedTuple):
    """A wait of at most `seconds` until one of the futures is done."""

    futures: tuple[concurrent.futures.Future[Any], ...]
    seconds: float = _LONGEST


Steps: TypeAlias = Generator[Pause, None, R]


class Begin(Protocol):
    def __call__(self, call: Callable[[], R]) -> concurrent.futures.Future[R]: ...


def go_in_thread(steps: Steps[R]) -> R:
    with closing(steps):
        while True:
            try:
                futures, seconds = next(steps)
            except StopIteration as end:
                return cast("R", end.value)
            concurrent.futures.wait(futures, min(seconds, _LONGEST), concurrent.futures.FIRST_COMPLETED)


async def go_in_task(steps: Steps[R]) -> R:
    """Run a procedure in a coroutine. Does not block the event loop."""
    with closing(steps):
        while True:
            try:
                futures, seconds = next(steps)
            except StopIteration as end:
                return cast("R", end.value)
            wrapped = [asyncio.wrap_future(future) for future in futures]
            try:
                await asyncio.wait(wrapped, timeout=min(seconds, _LONGEST), return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Only the asyncio wrappers are cancelled; the wrapped futures still deliver their results.
                for each in wrapped:
                    each.cancel()


def run_in_thread(name: str, run: Callable[..., object], *args: object, daemon: bool = True) -> None:
    """Call a function in a new thread, in the caller's context."""
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run, *args), name=name, daemon=daemon).start()


def pending() -> concurrent.futures.Future[Any]:
    """Return a future that can't be cancelled, because other waiters may need its result."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    return future


def start(call: Callable[[], R]) -> concurrent.futures.Future[R]:
    future: concurrent.futures.Future[R] = pending()
    run_in_thread("airflow-compat-request", _settle, future, call, BaseException)
    return future


def call_here(call: Callable[[], R]) -> concurrent.futures.Future[R]:
    """Call a function in this thread. A new thread, as in `start`, would make entering a free pool a tenth slower."""
    future: concurrent.futures.Future[R] = concurrent.futures.Future()
    # Signals raise errors of other classes, which must end the caller.
    _settle(future, call, Exception)
    return future


def _settle(future: concurrent.futures.Future[R], call: Callable[[], R], caught: type[BaseException]) -> None:
    """Give the future the function's result, or an error of the class `caught`, which `result()` raises."""
    try:
        future.set_result(call())
    except caught as exc:
        future.set_exception(exc)
