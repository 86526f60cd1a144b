"""What a context costs, and what five callbacks add to a Prefect task that has five empty hooks of its own."""

from __future__ import annotations

import os
import statistics
import tempfile
import time

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

import httpx
from prefect import flow, task
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Failed
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import on_execute, on_failure, on_retry, on_skipped, on_success
from airflow_compat.context._task_run import context_for_task

RUNS = 200
ROUNDS = 9


def nothing(context: object) -> None: ...


def hook(task: object, task_run: object, state: object) -> None: ...


def never(task: object, task_run: object, state: object) -> bool:
    return False


@task(on_completion=[hook, hook], on_failure=[hook], on_running=[hook], retry_condition_fn=never)
def prefect_s() -> None: ...


@on_failure(nothing)
@on_success(nothing)
@on_retry(nothing)
@on_execute(nothing)
@on_skipped(nothing)
@task
def ours() -> None: ...


def seconds_of(call: object, runs: int) -> float:
    """How long the calls take, one after another."""
    start = time.perf_counter()
    for _ in range(runs):
        call()  # type: ignore[operator]
    return time.perf_counter() - start


@flow
def tasks() -> None:
    """Both sides in turn, in one flow run."""
    taken: dict[str, list[float]] = {"a bare task with five hooks": [], "with five callbacks": []}
    for _ in range(ROUNDS):
        for name, call in zip(taken, (prefect_s, ours), strict=True):
            taken[name].append(seconds_of(call, RUNS) / RUNS)
    ratios = [ours / theirs for theirs, ours in zip(*taken.values(), strict=True)]
    print(f"\na task run (medians of {ROUNDS} x {RUNS})")
    for name, values in taken.items():
        print(f"  {name:<45} {statistics.median(values) * 1000:9.2f} ms")
    print(f"  in a round                                    {statistics.median(ratios):9.2f} x")


@flow
def contexts() -> None:
    """A context made, and three of its keys read."""
    from prefect.context import TaskRunContext

    requests: list[str] = []
    send = httpx.HTTPTransport.handle_request

    def counting(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return send(transport, request)

    @task
    def read() -> tuple[float, int]:
        here = TaskRunContext.get()
        assert here
        state = Failed(data=ValueError("no rows"))

        def once() -> None:
            context = context_for_task(here.task, here.task_run, state, "3")
            assert context["ti"].task_id == "read"
            assert context["exception"]
            assert context["ds"]

        once()
        httpx.HTTPTransport.handle_request = counting  # type: ignore[method-assign]
        try:
            return statistics.median(seconds_of(once, 100) / 100 for _ in range(ROUNDS)), len(requests)
        finally:
            httpx.HTTPTransport.handle_request = send  # type: ignore[method-assign]

    taken, number = read()
    print(f"\na context, with ti.task_id, exception and ds read: {taken * 1000:.3f} ms, {number} requests")


if __name__ == "__main__":
    with (
        prefect_test_harness(server_startup_timeout=240),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        contexts()
        tasks()
