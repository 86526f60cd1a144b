"""Backend for OpenTelemetry: sends metrics to a collector over HTTP, and timings as histograms."""

from __future__ import annotations

import math
from collections.abc import Callable

from ._sample import Kind, Sample
from ._settings import OpenTelemetry

# The only counter of Airflow that can decrease.
_FALLING = "dag_processing.processes"
_TIMEOUT_SECONDS = 5


class OpenTelemetryBackend:
    takes_rates = False
    takes_deltas = False

    def __init__(self, target: OpenTelemetry) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource

        scheme = "https" if target.ssl else "http"
        host = f"[{target.host}]" if ":" in target.host else target.host
        exporter = OTLPMetricExporter(endpoint=f"{scheme}://{host}:{target.port}/v1/metrics", timeout=_TIMEOUT_SECONDS)
        # The infinite interval prevents the reader's own thread from exporting: after a fork, that thread would send
        # the parent's values again. The thread of `Sender` exports the metrics instead.
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)
        self._provider = MeterProvider(
            [reader], Resource.create({SERVICE_NAME: target.service}), shutdown_on_exit=False
        )
        self._meter = self._provider.get_meter("airflow_compat")
        self._prefix = f"{target.prefix}." if target.prefix else ""
        self._instruments: dict[str, tuple[Kind, bool, Callable[[float, dict[str, str]], None]]] = {}
        self.flush_seconds: float | None = target.interval_milliseconds / 1000

    def send(self, sample: Sample) -> None:
        name = f"{self._prefix}{sample.name}"
        if name not in self._instruments:
            self._instruments[name] = self._make(name, sample)
        kind, may_fall, take = self._instruments[name]
        if kind != sample.kind:
            raise ValueError(f"the metric is already a {kind} and can't also be a {sample.kind}")
        if kind == "counter" and sample.value < 0 and not may_fall:
            raise ValueError(
                "the metric's first call was incr(), so it can't decrease. Call decr() first, or use a gauge"
            )
        take(sample.value, sample.tags)

    def _make(self, name: str, sample: Sample) -> tuple[Kind, bool, Callable[[float, dict[str, str]], None]]:
        """Create an instrument.

        Return the instrument's kind, whether its value may decrease, and the function that records a value.
        """
        if sample.kind == "gauge":
            return "gauge", True, self._meter.create_gauge(name).set
        if sample.kind == "timing":
            return "timing", True, self._meter.create_histogram(name, unit="ms").record
        if sample.value < 0 or sample.name == _FALLING:
            return "counter", True, self._meter.create_up_down_counter(name).add
        return "counter", False, self._meter.create_counter(name).add

    def flush(self) -> None:
        self._provider.force_flush(timeout_millis=_TIMEOUT_SECONDS * 1000)

    def close(self) -> None:
        self._provider.shutdown(timeout_millis=_TIMEOUT_SECONDS * 1000)
