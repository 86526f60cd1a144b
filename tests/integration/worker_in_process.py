"""Runs the flow runs of deployments in threads of the test's process, as a worker does in processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow

from airflow_compat.dags._flow import DagFlow

_MOST = 100


class _Worker:
    """Starts runs in the order of their dates, at most `max_active_runs` of a DAG.

    A run that has given up its process to wait for another one continues when some run has ended, and not at a time.
    """

    def __init__(self, flows: Mapping[str, DagFlow]) -> None:
        self._flows = flows
        self._active: dict[str, tuple[str, threading.Thread]] = {}
        self._ended = 0
        self._paused: dict[str, int] = {}
        self.errors: list[BaseException] = []

    def work(self, stop: threading.Event) -> None:
        with get_client(sync_client=True) as client:
            while not stop.wait(0.3):
                self._forget_ended()
                for run in self._scheduled(client):
                    self._start(run)

    def _forget_ended(self) -> None:
        for id_, (_, thread) in list(self._active.items()):
            if not thread.is_alive():
                del self._active[id_]
                self._ended += 1

    def _scheduled(self, client: SyncPrefectClient) -> list[FlowRun]:
        wanted = {"deployment_id": {"any_": [*self._flows]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
        body = {"flow_runs": wanted, "sort": "EXPECTED_START_TIME_ASC"}
        answer = client.request("POST", "/flow_runs/filter", json=body).json()
        return [FlowRun.model_validate(each) for each in answer]

    def _start(self, run: FlowRun) -> None:
        id_, deployment = str(run.id), str(run.deployment_id)
        others = sum(each == deployment for each, _ in self._active.values())
        if id_ in self._active or others >= (self._flows[deployment].dag.max_active_runs or _MOST):
            return
        if self._paused.get(id_) != self._ended:
            # Of a failed test, threads that wait for ever end with the process.
            thread = threading.Thread(target=self._run, args=(self._flows[deployment], run), daemon=True)
            self._active[id_] = deployment, thread
            thread.start()

    def _run(self, flow: DagFlow, run: FlowRun) -> None:
        try:
            run_flow(flow, flow_run=run, parameters=dict(run.parameters), return_type="state")
        except Pause:
            self._paused[str(run.id)] = self._ended + 1
        except BaseException as error:  # noqa: BLE001 - the test reports it
            self.errors.append(error)


@contextmanager
def working(flows: Mapping[str, DagFlow]) -> Iterator[list[BaseException]]:
    """Run the deployments' runs during the block. Yields the errors of the engine.

    Args:
        flows: The flows by the ids of their deployments.
    """
    worker, stop = _Worker(flows), threading.Event()
    thread = threading.Thread(target=worker.work, args=(stop,))
    thread.start()
    try:
        yield worker.errors
    finally:
        stop.set()
        thread.join()
