"""Execute a deployment's runs in tests by setting their states, as a worker and a flow engine do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client

GOING_ON = ["SCHEDULED", "PENDING", "RUNNING"]


class Executor:
    """Takes a deployment's runs in the order of creation, once this number of runs exist at the same time.

    Attributes:
        order: The logical dates of the started runs, in order.
        most: The most runs at the same time.
        has_seen: Set when a run exists.
        has_begun: Set when a run has started.
    """

    def __init__(self, deployment: str, fails: Callable[[str], bool], most_begun: int, waits_for: int) -> None:
        self.order: list[str] = []
        self.most = 0
        self.has_seen, self.has_begun = threading.Event(), threading.Event()
        self._deployment = deployment
        self._fails = fails
        self._most_begun = most_begun
        self._waits_for = waits_for
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        with get_client(sync_client=True) as client:
            while not self._stop.wait(0.05):
                self._look(client)

    def _look(self, client: SyncPrefectClient) -> None:
        going_on = runs_of(client, self._deployment, GOING_ON)
        self.most = max(self.most, len(going_on))
        if going_on:
            self.has_seen.set()
        if self.most < self._waits_for:
            return
        for run in sorted(going_on, key=lambda each: str(each["created"])):
            if run["state_type"] == "RUNNING":
                failed = self._fails(date_of(run))
                set_state(client, run["id"], "FAILED" if failed else "COMPLETED")
            elif len(self.order) < self._most_begun:
                self.order.append(date_of(run))
                set_state(client, run["id"], "RUNNING")
                self.has_begun.set()


@contextmanager
def executing(
    deployment: str, *, fails: Callable[[str], bool] = lambda _: False, most_begun: int = 1000, waits_for: int = 1
) -> Iterator[Executor]:
    """Execute the deployment's runs during the block."""
    executor = Executor(deployment, fails, most_begun, waits_for)
    executor.start()
    try:
        yield executor
    finally:
        executor.stop()


def runs_of(client: SyncPrefectClient, deployment: str, types: list[str] | None = None) -> list[dict[str, Any]]:
    """The runs of a deployment made by backfills, by date."""
    wanted: dict[str, Any] = {
        "deployment_id": {"any_": [deployment]},
        "tags": {"all_": ["airflow-compat.backfill"]},
    }
    if types:
        wanted["state"] = {"type": {"any_": types}}
    found = client.request("POST", "/flow_runs/filter", json={"flow_runs": wanted}).json()
    return sorted(found, key=date_of)


def date_of(run: dict[str, Any]) -> str:
    """A run's logical date, from its label."""
    return str(run["labels"]["airflow-compat.logical-date"])


def set_state(client: SyncPrefectClient, run: str, type_: str) -> None:
    """Put a run into a state, from any state."""
    body = {"state": {"type": type_, "name": type_.capitalize()}, "force": True}
    client.request("POST", "/flow_runs/{id}/set_state", path_params={"id": run}, json=body)
