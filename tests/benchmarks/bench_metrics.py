"""What metrics cost: an instrumented task beside a bare one, and calls of `Stats`, also where nothing listens.

The slowest of many calls says more of the machine than of them: an empty function's is printed beside it.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
# What a busy server says is no part of it.
os.environ |= {"PREFECT_LOGGING_LEVEL": "INFO", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}

from prefect import flow, task
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import metrics
from airflow_compat.metrics import Stats

RUNS = 30
ROUNDS = 60
CALLS = 2_000


@task
def bare() -> None: ...


@task
def measured() -> None: ...


def hook(task: object, task_run: object, state: object) -> None: ...


@task(on_running=[hook], on_completion=[hook])
def hooked() -> None: ...


def seconds_of(call: object, runs: int) -> tuple[float, float]:
    """The processor time that the calls take, of all threads and of this one: other processes change it less."""
    start = time.process_time(), time.thread_time()
    for _ in range(runs):
        call()  # type: ignore[operator]
    return time.process_time() - start[0], time.thread_time() - start[1]


@flow
def tasks() -> None:
    """All kinds, in one flow run: first where nothing is logged, then where the runs log what they do by default."""
    for title, level in (("without a log", logging.ERROR), ("that logs, as by default", logging.INFO)):
        logging.getLogger("prefect.task_runs").setLevel(level)
        print(f"\na task run {title}, beside a bare one (medians of {ROUNDS} x {RUNS}, in processor time)")
        for name, call in (("two empty hooks", hooked), ("an instrumented task", measured)):
            compare(name, call)


def compare(name: str, call: object) -> None:
    """Runs of a task and of a bare one in turn; which is first changes with each round."""
    taken: dict[object, list[tuple[float, float]]] = {bare: [], call: []}
    for number in range(ROUNDS + 1):
        for each in (bare, call) if number % 2 else (call, bare):
            seconds = seconds_of(each, RUNS)
            if number:
                taken[each].append(seconds)
    for clock, of in enumerate(("all threads", "its own thread")):
        bares, others = ([seconds[clock] / RUNS for seconds in taken[each]] for each in (bare, call))
        ratio = statistics.median(other / its for other, its in zip(others, bares, strict=True))
        figures = f"{statistics.median(bares) * 1000:9.3f} ms {statistics.median(others) * 1000:9.3f} ms"
        print(f"  {name + ', ' + of:<45} {figures} {ratio:9.3f} x")


def _microseconds(taken: list[float]) -> str:
    figures = statistics.median(taken), statistics.quantiles(taken, n=100)[98], max(taken)
    return " ".join(f"{each * 1e6:9.1f} µs" for each in figures)


class Calls:
    """Calls of one function: the seconds of each, and those of its thread's processor time, with the garbage's or not.

    Lists of numbers, which Python's garbage collector doesn't go through.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self.seconds: list[float] = []
        self.processor: list[float] = []
        self.without_garbage: list[float] = []
        self._function = function
        self._collected = False

    def collected(self, phase: str, info: object) -> None:
        """Python's garbage collector begins or ends."""
        self._collected = True

    def call(self) -> None:
        """One more."""
        self._collected = False
        began, start = time.thread_time(), time.perf_counter()
        self._function("orders", tags={"dag_id": "etl", "task_id": "load"})
        self.seconds.append(time.perf_counter() - start)
        self.processor.append(time.thread_time() - began)
        if not self._collected:
            self.without_garbage.append(self.processor[-1])


def empty(name: str, *, tags: dict[str, str]) -> None: ...


def calls() -> None:
    """`Stats.incr`, one call after another, to each kind of backend."""
    print(f"\na call of Stats.incr ({CALLS} of them: the median, 99 of 100 below, the slowest)")
    targets = {
        "not configured": None,
        "StatsD that nobody listens to": metrics.StatsD("127.0.0.1", 9),
        "StatsD, a host that doesn't exist": metrics.StatsD("no-such-host.invalid"),
        "DogStatsD that nobody listens to": metrics.Datadog("127.0.0.1", 9),
        "OpenTelemetry, refused": metrics.OpenTelemetry("127.0.0.1", 9, interval_milliseconds=200),
        "a push gateway, refused": metrics.Prometheus(push_url="http://127.0.0.1:9", push_seconds=0.2),
        "Prometheus, not scraped": metrics.Prometheus(port=0),
    }
    for name, target in targets.items():
        if target is not None:
            metrics.configure(target)
        nothing, taken = Calls(empty), Calls(Stats.incr)
        gc.callbacks.append(taken.collected)
        for _ in range(CALLS):
            nothing.call()
            taken.call()
            # Ten thousand a second: else the thread that sends never gets the processor.
            time.sleep(0.0001)
        gc.callbacks.remove(taken.collected)
        print(f"  {name:<45} {_microseconds(taken.seconds)}")
        for what, slowest in (
            ("its slowest in its thread's processor time", max(taken.processor)),
            ("and without Python's garbage collector", max(taken.without_garbage)),
            ("an empty function's slowest", max(nothing.seconds)),
        ):
            print(f"    {what:<65} {slowest * 1e6:9.1f} µs")
        metrics.shutdown(0.2)


def main() -> None:
    """Print it all."""
    calls()
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        prefect_test_harness(server_startup_timeout=240),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
    ):
        listener.bind(("127.0.0.1", 0))
        metrics.configure(metrics.StatsD("127.0.0.1", listener.getsockname()[1]))
        metrics.instrument(measured)
        tasks()
        metrics.shutdown()


if __name__ == "__main__":
    main()
