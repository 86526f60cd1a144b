"""One event loop in one thread for all waits of a run: of sensors, for triggers, and for slots of pools."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from .._prefect.internals.engine import one_async_client

T = TypeVar("T")

# The maximum number of threads for calls that would block the event loop. In all, a run has ten threads: these, the
# main thread, the event loop's thread, and three threads of Prefect.
_MOST_THREADS = 5


class Waits:
    """The event loop for the waits of one run. The loop's thread starts with the first wait.

    Coroutines in the event loop have the context variables of the thread that created this object.
    """

    def __init__(self) -> None:
        self._context = copy_context()
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="airflow_compat_wait")
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the event loop."""
        loop = self._started()
        future: Future[T] = Future()

        def begin() -> None:
            task = asyncio.ensure_future(coroutine)
            task.add_done_callback(lambda done: _pass_on(done, future))

        loop.call_soon_threadsafe(begin, context=self._inside)
        return future

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in one of at most 5 threads, with the context variables of the coroutine."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, function, *args)

    def close(self) -> None:
        """Cancel all waits, and end the thread of the event loop."""
        loop, end, thread = self._loop, self._end, self._thread
        if loop is not None and end is not None and thread is not None:
            loop.call_soon_threadsafe(end.set)
            thread.join()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                begun = threading.Event()
                self._thread = threading.Thread(
                    target=self._context.run,
                    args=(asyncio.run, self._main(begun)),
                    name="airflow_compat_waits",
                    daemon=True,
                )
                self._thread.start()
                begun.wait()
            assert self._loop is not None
            return self._loop

    async def _main(self, begun: threading.Event) -> None:
        self._end = asyncio.Event()
        async with one_async_client():
            self._inside = copy_context()
            self._loop = asyncio.get_running_loop()
            begun.set()
            await self._end.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)


def _pass_on(done: asyncio.Future[T], future: Future[T]) -> None:
    if done.cancelled():
        future.cancel()
    elif (error := done.exception()) is not None:
        future.set_exception(error)
    else:
        future.set_result(done.result())
