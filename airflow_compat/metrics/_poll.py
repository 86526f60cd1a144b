"""A whole server's metrics, for Prometheus: polled, and counted from a moment on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from .._airflow.metric_settings import Prometheus
from .._prefect.claims import CLAIM
from .._prefect.ended_runs import count_running, read_ended, read_flow_names, read_flows_of
from ..errors import AirflowCompatError
from .ended import flow_run_samples, task_run_samples
from .pools import pool_samples
from .sample import Sample
from .to_prometheus import PrometheusBackend

logger = logging.getLogger("airflow_compat.metrics")

# Clocks differ, and a task run's end reaches the database seconds after it.
_OVERLAP = timedelta(minutes=1)
_UP = "prefect_server.up"
_GAUGES = ("pool.open_slots", "pool.running_slots", "pool.queued_slots")


class ServerMetrics:
    """Counts the runs that end after a moment, and reads the pools.

    Args:
        since: The moment that counting begins at, with its time zone.
        target: Where Prometheus scrapes.

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
        """Read what is new.

        Raises:
            ServerError: The server can't be asked.
        """
        now = datetime.now(timezone.utc)
        after = max(self._since, self._polled - _OVERLAP)
        flow_runs, task_runs = self._new("flow_runs", after), self._new("task_runs", after)
        flows_of = read_flows_of({run["flow_run_id"] for run in task_runs if run["flow_run_id"]})
        names = read_flow_names({run["flow_id"] for run in flow_runs} | set(flows_of.values()))
        running, pools = count_running(), pool_samples(())
        # All was read: what is counted from here on is counted once.
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
        """Poll until the event is set; a server that is gone for a while is told, and asked again."""
        while not stop.wait(interval):
            try:
                self.poll()
            except AirflowCompatError as exc:
                self._backend.send(Sample("gauge", _UP, 0, {}))
                logger.warning("the server's metrics are as they were: %s", exc)

    def text(self) -> str:
        """The metrics in Prometheus' format."""
        return self._backend.text()

    def close(self) -> None:
        """Close the port."""
        self._backend.close()


def _key(run: Mapping[str, Any]) -> tuple[str, str]:
    # A run that is tried again ends again.
    return run["id"], run["end_time"]


def _is_ours(run: Mapping[str, Any]) -> bool:
    return str(run.get("task_key", "")).startswith(CLAIM)


def poll_once(since: datetime) -> str:
    """The metrics of the runs that ended since a moment, in Prometheus' format.

    Raises:
        ServerError: The server can't be asked.
    """
    metrics = ServerMetrics(since, Prometheus())
    metrics.poll()
    return metrics.text()
