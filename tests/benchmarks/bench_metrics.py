"""What metrics cost: an instrumented task beside a bare one, and calls of `Stats`, also where nothing listens."""

from __future__ import annotations

import os
import socket
import statistics
import tempfile
import time

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect import flow, task
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import metrics
from airflow_compat.metrics import Stats

RUNS = 100
ROUNDS = 15
CALLS = 2_000


@task
def bare() -> None: ...


@task
def measured() -> None: ...


def hook(task: object, task_run: object, state: object) -> None: ...


@task(on_running=[hook], on_completion=[hook])
def hooked() -> None: ...


def seconds_of(call: object, runs: int) -> float:
    """The processor time that the calls take, with that of all threads: other processes change it less."""
    start = time.process_time()
    for _ in range(runs):
        call()  # type: ignore[operator]
    return time.process_time() - start


@flow
def tasks() -> None:
    """Both in turn, in one flow run; the order changes with each round."""
    taken: dict[str, list[float]] = {"a bare task": [], "with two empty hooks": [], "an instrumented one": []}
    sides = list(zip(taken, (bare, hooked, measured), strict=True))
    for number in range(ROUNDS + 1):
        for name, call in sides if number % 2 else reversed(sides):
            seconds = seconds_of(call, RUNS) / RUNS
            if number:
                taken[name].append(seconds)
    bares, hooks, ours = taken.values()
    print(f"\na task run, in processor time (medians of {ROUNDS} x {RUNS})")
    for name, values in taken.items():
        print(f"  {name:<45} {statistics.median(values) * 1000:9.3f} ms")
    for name, values in (("beside the bare one, in a round", bares), ("beside the one with hooks", hooks)):
        ratio = statistics.median(our / their for our, their in zip(ours, values, strict=True))
        print(f"  {name:<45} {ratio:9.3f} x")


def _microseconds(taken: list[float]) -> str:
    figures = statistics.median(taken), statistics.quantiles(taken, n=100)[98], max(taken)
    return " ".join(f"{each * 1e6:9.1f} µs" for each in figures)


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
        taken = []
        for _ in range(CALLS):
            start = time.perf_counter()
            Stats.incr("orders", tags={"dag_id": "etl", "task_id": "load"})
            taken.append(time.perf_counter() - start)
            # Ten thousand a second: else the thread that sends never gets the processor.
            time.sleep(0.0001)
        print(f"  {name:<45} {_microseconds(taken)}")
        metrics.shutdown(0.2)


def main() -> None:
    """Print it all."""
    import logging

    logging.disable(logging.WARNING)
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
