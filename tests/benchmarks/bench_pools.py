"""One pool under contention in one process: how much of its slots is used, and how evenly the threads are served."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect.concurrency.sync import concurrency
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._specs.specs import LimitSpec

LIMIT, THREADS, WORK_SECONDS, SECONDS = 2, 8, 0.01, 8.0


def contend(enter: Callable[[], AbstractContextManager[object]]) -> tuple[int, float]:
    """The passages, and Jain's index of how evenly the threads had them."""
    counts = [0] * THREADS
    until = time.monotonic() + SECONDS

    def work(index: int) -> None:
        while time.monotonic() < until:
            with enter():
                time.sleep(WORK_SECONDS)
                # What began in time counts as a whole.
                counts[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    squares = sum(count * count for count in counts)
    return sum(counts), sum(counts) ** 2 / (THREADS * squares) if squares else 0.0


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=240):
        create_limit(LimitSpec("bench", LIMIT))
        semaphore = threading.Semaphore(LIMIT)
        sides: dict[str, Callable[[], AbstractContextManager[object]]] = {
            "concurrency()": lambda: concurrency("bench", strict=True),
            "pool()": lambda: pool("bench"),
            "a semaphore in the process": lambda: semaphore,
        }
        best = LIMIT * SECONDS / WORK_SECONDS
        print(f"\nlimit {LIMIT}, {THREADS} threads, {WORK_SECONDS * 1000:.0f} ms of work, {SECONDS:.0f} s")
        for name, enter in sides.items():
            passages, evenness = contend(enter)
            print(f"  {name:<28} {passages / SECONDS:7.1f}/s  {passages / best:5.1%} of the slots  Jain {evenness:.3f}")
