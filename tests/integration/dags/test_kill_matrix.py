"""Runs under a real worker whose processes, or whose server, are killed at random moments, and retried."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from killed_runs import KilledDag, Moment, until
from patient_client import patient_client

from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec

if TYPE_CHECKING:
    from own_server import OwnServer

_SLOTS = 4


def _kill(
    dag: KilledDag, server: OwnServer, chance: random.Random, kill_server: Callable[[], None], *, fails: bool
) -> int:
    """Kill one process with SIGTERM, another one with SIGKILL, and the server. Return how many were killed."""
    terminated, killed, third = runs = [dag.new_run(fails=fails) for _ in range(3)]
    moments = [Moment.random(chance) for _ in runs]

    def restart() -> bool:
        third.reach(moments[2])
        kill_server()
        server.start()
        return True

    # These threads send no requests to the server: only this thread has the settings of the test.
    with ThreadPoolExecutor(3) as threads:
        results = [
            threads.submit(terminated.kill, moments[0], signal.SIGTERM),
            threads.submit(killed.kill, moments[1], signal.SIGKILL),
            threads.submit(restart),
        ]
        number = sum(each.result() for each in results)
    retried = [run for run in runs if not run.end()]
    for run in retried:
        run.retry()
    for run in runs:
        assert run.end(), run
        run.check()
    return number


def _check(folder: Path, name: str, server: OwnServer, *, kills: int, seed: int) -> None:
    create_limit(LimitSpec(name, _SLOTS))
    dag, chance, killed, began = KilledDag(folder, name), random.Random(seed), 0, time.monotonic()
    with dag.worker():
        for kind, fails in cycle(product((server.stop, server.kill), (False, True))):
            killed += _kill(dag, server, chance, kind, fails=fails)
            print(f"{killed} kills in {time.monotonic() - began:.0f} s", flush=True)
            if killed >= kills:
                break
    # The lease of a killed process ends after a minute.
    until(lambda: patient_client().read_global_concurrency_limit_by_name(name).active_slots == 0, name)


@pytest.mark.stress
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kills", [20, 100])
def test_runs_survive_kills(unique: str, tmp_path: Path, own_server: OwnServer, kills: int) -> None:
    _check(tmp_path, unique, own_server, kills=kills, seed=kills)
