"""Collects metrics of the runs and pools on a Prefect server, for Prometheus."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from .._prefect.claims import CLAIM
from ..errors import AirflowCompatError
from ._prometheus import PrometheusBackend
from ._run_samples import flow_run_samples, task_run_samples
from ._sample import Sample
from ._server import count_running, pool_samples, read_ended, read_flow_names, read_flows_of
from ._settings import Prometheus

logger = logging.getLogger("airflow_compat.metrics")

# Each poll also reads this period before the previous poll, because clocks differ, and because the server stores the
# end of a task run some seconds late.
_OVERLAP = timedelta(minutes=1)
_UP = "prefect_server.up"
_GAUGES = ("pool.open_slots", "pool.running_slots", "pool.queued_slots")


class ServerMetrics:
    """Counts the server's runs that end after a given time, and reads the pools.

    Args:
        since: Count runs that end after this time, which has a time zone.
        target: The address and port at which Prometheus scrapes the metrics.

    Raises:
        InvalidMetricSettingsError: The port can't be opened.
    """

    def __init__(self, since: datetime, target: Prometheus) -> None:
        self._since = since
        self._polled = since
        self._counted: dict[tuple[str, str], datetime] = {}
        self._backend = PrometheusBackend(target)
        self.port = self._backend.port

    def poll(self) -> None:
        now = datetime.now(timezone.utc)
        after = max(self._since, self._polled - _OVERLAP)
        flow_runs, task_runs = self._new("flow_runs", after), self._new("task_runs", after)
        flows_of = read_flows_of({run["flow_run_id"] for run in task_runs if run["flow_run_id"]})
        names = read_flow_names({run["flow_id"] for run in flow_runs} | set(flows_of.values()))
        running, pools = count_running(), pool_samples(())
        # Count the runs only after all requests have succeeded: otherwise the next poll would count the same runs
        # again.
        samples = [sample for run in flow_runs for sample in flow_run_samples(run, names.get(run["flow_id"], ""))]
        for run in task_runs:
            samples += task_run_samples(run, names.get(flows_of.get(run["flow_run_id"] or "", ""), ""))
        for name in _GAUGES:
            self._backend.forget(name)
        for sample in (*samples, *pools, Sample("gauge", "scheduler.dagruns.running", running, {})):
            self._backend.send(sample)
        self._counted |= {_key(run): now for run in (*flow_runs, *task_runs)}
        self._counted = {key: at for key, at in self._counted.items() if at > now - 2 * _OVERLAP}
        self._backend.send(Sample("gauge", _UP, 1, {}))
        self._polled = now

    def _new(self, kind: Literal["flow_runs", "task_runs"], after: datetime) -> list[Mapping[str, Any]]:
        return [run for run in read_ended(kind, after) if _key(run) not in self._counted and not _is_ours(run)]

    def serve(self, interval: float, stop: threading.Event) -> None:
        """Poll the server until `stop` is set. If the server is unreachable, log a warning and continue."""
        while not stop.wait(interval):
            try:
                self.poll()
            except AirflowCompatError as exc:
                self._backend.send(Sample("gauge", _UP, 0, {}))
                logger.warning("The server's metrics were not updated: %s", exc)

    def text(self) -> str:
        return self._backend.text()

    def close(self) -> None:
        self._backend.close()


def _key(run: Mapping[str, Any]) -> tuple[str, str]:
    # The key includes the end time, because a run that is retried ends more than once.
    return run["id"], run["end_time"]


def _is_ours(run: Mapping[str, Any]) -> bool:
    return str(run.get("task_key", "")).startswith(CLAIM)


def poll_once(since: datetime) -> str:
    """Return the metrics of the runs that have ended since the given time, in Prometheus' text format.

    Raises:
        ServerError: A request to the server failed.
    """
    metrics = ServerMetrics(since, Prometheus())
    metrics.poll()
    return metrics.text()
