"""Backend for Prometheus: stores this process's metrics, which Prometheus scrapes, or which are pushed to a gateway."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, generate_latest, pushadd_to_gateway, start_http_server
from prometheus_client.core import Metric

from ..errors import InvalidMetricSettingsError
from ._sample import Sample
from ._settings import Prometheus

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

_Labels = tuple[tuple[str, str], ...]
_TYPES = {"counter": "counter", "gauge": "gauge", "timing": "summary"}
_PUSH_TIMEOUT = 5.0


@dataclass
class _Series:
    kind: str
    documentation: str
    values: dict[_Labels, float] = field(default_factory=dict)
    counts: dict[_Labels, int] = field(default_factory=dict)


class PrometheusBackend:
    """Stores the values of counters and gauges, and of each timing the count and the sum in seconds.

    Raises:
        InvalidMetricSettingsError: The port can't be opened, or the gateway's URL is invalid.
    """

    takes_rates = False
    takes_deltas = False

    def __init__(self, target: Prometheus) -> None:
        _check_url(target.push_url)
        self._target = target
        self._series: dict[str, _Series] = {}
        self._lock = threading.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self.flush_seconds = target.push_seconds if target.push_url else None
        self._instance = target.instance or f"{socket.gethostname()}-{os.getpid()}"
        self._server: WSGIServer | None = None
        self.port: int | None = None
        if target.port is not None:
            try:
                self._server, self._thread = start_http_server(target.port, target.host, self._registry)
            except (OSError, OverflowError) as exc:
                raise InvalidMetricSettingsError(
                    f"Prometheus: port {target.port} of {target.host} can't be opened ({exc}). "
                    "Choose another port, or 0 for a free one"
                ) from None
            self.port = self._server.server_port

    def send(self, sample: Sample) -> None:
        name = re.sub(r"[^a-zA-Z0-9_]", "_", ".".join(filter(None, (self._target.prefix, sample.name))))
        labels = tuple(sorted((re.sub(r"[^a-zA-Z0-9_]", "_", key), value) for key, value in sample.tags.items()))
        with self._lock:
            series = self._series.setdefault(name, _Series(sample.kind, sample.name))
            # In Prometheus, counters never decrease, so a counter that decreases becomes a gauge.
            if sample.kind == series.kind == "counter" and sample.value < 0:
                series.kind = "gauge"
            if sample.kind != series.kind and (sample.kind, series.kind) != ("counter", "gauge"):
                raise ValueError(f"the metric is already a {series.kind} and can't also be a {sample.kind}")
            if sample.kind == "timing":
                series.counts[labels] = series.counts.get(labels, 0) + 1
                series.values[labels] = series.values.get(labels, 0.0) + sample.value / 1000
            elif sample.kind == "counter":
                series.values[labels] = series.values.get(labels, 0.0) + sample.value
            else:
                series.values[labels] = sample.value

    def forget(self, name: str) -> None:
        """Remove all values of a gauge, so that only values set later are exported."""
        with self._lock:
            self._series.pop(re.sub(r"[^a-zA-Z0-9_]", "_", f"{self._target.prefix}.{name}"), None)

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            metrics = [self._metric(name, series) for name, series in self._series.items()]
        yield from metrics

    def _metric(self, name: str, series: _Series) -> Metric:
        seconds = "_seconds" if series.kind == "timing" else ""
        metric = Metric(f"{name}{seconds}", f"Airflow's {series.documentation}", _TYPES[series.kind])
        for labels, value in series.values.items():
            tags: dict[str, Any] = dict(labels)
            if series.kind == "timing":
                metric.add_sample(f"{name}_seconds_count", tags, series.counts[labels])
                metric.add_sample(f"{name}_seconds_sum", tags, value)
            else:
                metric.add_sample(f"{name}_total" if series.kind == "counter" else name, tags, value)
        return metric

    def text(self) -> str:
        return generate_latest(self._registry).decode()

    def flush(self) -> None:
        if self._target.push_url:
            pushadd_to_gateway(
                self._target.push_url,
                job=self._target.job,
                registry=self._registry,
                grouping_key={"instance": self._instance},
                timeout=_PUSH_TIMEOUT,
            )

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _check_url(url: str) -> None:
    # The error's message does not show the URL, which may contain a password.
    if not url:
        return
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain:
        raise InvalidMetricSettingsError(
            "Prometheus: push_url is invalid. Use http://host:port, without user and password"
        )
