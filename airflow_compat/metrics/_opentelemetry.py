"""OpenTelemetry: counters, gauges and histograms of milliseconds, to a collector over HTTP."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .._airflow.metric_settings import OpenTelemetry
from .sample import Sample

if TYPE_CHECKING:
    from opentelemetry.metrics import Instrument

# Airflow's only counter that falls.
_FALLING = "dag_processing.processes"
_TIMEOUT_SECONDS = 5


class OpenTelemetryBackend:
    """A collector that takes OTLP over HTTP."""

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
        # Its own thread would go on in a fork, and send the parent's values again: our own does its work.
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)
        resource = Resource.create({SERVICE_NAME: target.service})
        self._provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._meter = self._provider.get_meter("airflow_compat")
        self._prefix = f"{target.prefix}." if target.prefix else ""
        self._instruments: dict[str, tuple[str, Instrument]] = {}
        self.flush_seconds: float | None = target.interval_milliseconds / 1000

    def send(self, sample: Sample) -> None:
        """Take it into the values."""
        kind, instrument = self._instrument(sample)
        named: Any = instrument
        if kind in ("counter", "falling"):
            if kind == "counter" and sample.value < 0:
                raise ValueError("it began as a counter that only rises; call decr() first, or take a gauge")
            named.add(sample.value, sample.tags)
        elif kind == "gauge":
            named.set(sample.value, sample.tags)
        else:
            named.record(sample.value, sample.tags)

    def _instrument(self, sample: Sample) -> tuple[str, Instrument]:
        name = f"{self._prefix}{sample.name}"
        found = self._instruments.get(name)
        if found is None:
            found = self._instruments[name] = self._make(name, sample)
        has, wants = found[0].replace("falling", "counter"), sample.kind
        if has != wants:
            raise ValueError(f"it is a {has} already, and can't be a {wants} too")
        return found

    def _make(self, name: str, sample: Sample) -> tuple[str, Instrument]:
        if sample.kind == "gauge":
            return "gauge", self._meter.create_gauge(name)
        if sample.kind == "timing":
            return "timing", self._meter.create_histogram(name, unit="ms")
        if sample.value < 0 or sample.name == _FALLING:
            return "falling", self._meter.create_up_down_counter(name)
        return "counter", self._meter.create_counter(name)

    def flush(self) -> None:
        """Export."""
        self._provider.force_flush(timeout_millis=_TIMEOUT_SECONDS * 1000)

    def close(self) -> None:
        """Export for the last time."""
        self._provider.shutdown(timeout_millis=_TIMEOUT_SECONDS * 1000)
