"""Takes slots in its main thread and in tasks, fails and is cancelled at random, and records its holds.

test_stress.py starts it, and ends it by closing its standard input, or by a signal.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from airflow_compat import pool
from airflow_compat.errors import PoolTimeoutError, ServerError

_TASKS = 3


class _Failure(Exception):
    """A failure of the body."""


class _Worker:
    def __init__(self, name: str, record: str) -> None:
        self._name = name
        self._record = os.open(record, os.O_WRONLY | os.O_APPEND)
        self._numbers = itertools.count()
        self._chance = random.Random(os.getpid())
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Skip all later entries."""
        self._stopped.set()

    def in_thread(self) -> None:
        """Enter the pool again and again."""
        while not self._stopped.is_set():
            slots = self._slots()
            try:
                with pool(self._name, slots, timeout=self._chance.choice((None, None, 0, 0.3))), self._recorded(slots):
                    time.sleep(self._length())
            except (_Failure, PoolTimeoutError):
                continue
            except ServerError:
                self._stopped.wait(0.2)

    async def in_tasks(self) -> None:
        """Enter the pool in several tasks. Many are cancelled while they wait or hold."""

        async def repeat() -> None:
            while not self._stopped.is_set():
                try:
                    await asyncio.wait_for(self._pass(), self._chance.choice((60, 60, 0.01, 0.1, 0.5)))
                except (_Failure, PoolTimeoutError, asyncio.TimeoutError):
                    continue
                except ServerError:
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(repeat() for _ in range(_TASKS)))

    async def _pass(self) -> None:
        slots = self._slots()
        async with pool(self._name, slots, priority_weight=self._chance.randint(1, 3)):
            with self._recorded(slots):
                await asyncio.sleep(self._length())

    @contextmanager
    def _recorded(self, slots: int) -> Iterator[None]:
        id_ = f"{os.getpid()}-{next(self._numbers)}"
        self._write(f"in {id_} {slots}")
        try:
            yield
            if self._chance.random() < 0.1:
                raise _Failure
        finally:
            self._write(f"out {id_} {slots}")

    def _write(self, line: str) -> None:
        # One write of a short line to an appending file is whole, also between processes.
        os.write(self._record, f"{time.clock_gettime(time.CLOCK_MONOTONIC)} {line}\n".encode())

    def _slots(self) -> int:
        return self._chance.choice((1, 1, 2, 3))

    def _length(self) -> float:
        return self._chance.uniform(0, 0.03)


if __name__ == "__main__":
    worker = _Worker(sys.argv[1], sys.argv[2])

    def until_told() -> None:
        sys.stdin.read()
        worker.stop()

    def run_tasks() -> None:
        asyncio.run(worker.in_tasks())

    threading.Thread(target=until_told, daemon=True).start()
    tasks = threading.Thread(target=run_tasks)
    tasks.start()
    try:
        worker.in_thread()
    finally:
        worker.stop()
        tasks.join()
