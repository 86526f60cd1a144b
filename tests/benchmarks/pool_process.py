"""A process that takes slots; started by bench_pools.py, to which it writes JSON."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
from prefect.concurrency.sync import concurrency

from airflow_compat import pool

SIDES: dict[str, Callable[[str], AbstractContextManager[object]]] = {
    "pool": pool,
    "concurrency": lambda name: concurrency(name, strict=True),
}


def now() -> float:
    """One clock for all processes."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def say(value: object) -> None:
    """To who started this."""
    print(json.dumps(value), flush=True)


def passages(side: str, name: str, threads: int, work_seconds: float, until: float) -> list[int]:
    """How often each thread passed before a moment."""
    counts = [0] * threads

    def work(index: int) -> None:
        while now() < until:
            with SIDES[side](name):
                time.sleep(work_seconds)
                # What began in time counts as a whole.
                counts[index] += 1

    running = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return counts


def wait_once(name: str) -> dict[str, float]:
    """When a waiter got in, and how many requests it made."""
    requests = 0
    send = httpx.HTTPTransport.handle_request

    def counting(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        return send(transport, request)

    httpx.HTTPTransport.handle_request = counting
    started = now()
    with pool(name) as hold:
        entered = now()
    return {"started": started, "entered": entered, "waited": hold.waited, "requests": requests}


def hold_one_after_another(names: list[str], seconds: float, apart: float) -> dict[str, float]:
    """Take all, and leave them one after another; when each was left."""
    left: dict[str, float] = {}
    taken = threading.Barrier(len(names))

    def hold(number: int, name: str) -> None:
        with pool(name):
            taken.wait()
            if number == 0:
                say("in")
            time.sleep(seconds + number * apart)
            left[name] = now()

    threads = [threading.Thread(target=hold, args=each) for each in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return left


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["passages", side, name, threads, work_seconds, begin, until]:
            # Prefect's import is no part of what is measured.
            time.sleep(max(0.0, float(begin) - now()))
            say(passages(side, name, int(threads), float(work_seconds), float(until)))
        case ["wait", name]:
            say(wait_once(name))
        case ["hold", seconds, apart, *names]:
            say(hold_one_after_another(names, float(seconds), float(apart)))
