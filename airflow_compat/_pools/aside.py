"""Requests in threads of their own: a waiter can leave at its timeout, however long the server takes to answer."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import math
import threading
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


def start(call: Callable[[], R]) -> concurrent.futures.Future[R]:
    """Call it in a new thread, in the context of the caller. The thread does not keep the process alive."""
    future: concurrent.futures.Future[R] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = call()
        except BaseException as exc:  # noqa: BLE001 - whoever takes the result raises it
            future.set_exception(exc)
        else:
            future.set_result(result)

    name = "airflow-compat-request"
    threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name, daemon=True).start()
    return future


def call_here(call: Callable[[], R]) -> concurrent.futures.Future[R]:
    """Call it in this thread, for a waiter without a timeout: `start` costs a tenth of an uncontended pool."""
    future: concurrent.futures.Future[R] = concurrent.futures.Future()
    try:
        future.set_result(call())
    except Exception as exc:  # noqa: BLE001 - whoever takes the result raises it
        future.set_exception(exc)
    return future


def is_done(future: concurrent.futures.Future[R], seconds: float) -> bool:
    """Wait for the call to end, these seconds at most. Return whether it has ended."""
    concurrent.futures.wait([future], None if math.isinf(seconds) else seconds)
    return future.done()


async def is_done_async(future: concurrent.futures.Future[R], seconds: float) -> bool:
    """The same for a coroutine: does not block the event loop."""
    wrapped = asyncio.wrap_future(future)
    try:
        await asyncio.wait([wrapped], timeout=None if math.isinf(seconds) else seconds)
        return future.done()
    finally:
        # A result that comes later is not missed.
        wrapped.cancel()
