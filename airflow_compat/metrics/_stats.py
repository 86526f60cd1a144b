"""Provides Airflow's `Stats`, and sends this process's measurements to a target."""

from __future__ import annotations

import atexit
import functools
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from .._prefect.wrapped_function import decorate
from ..errors import MissingPackageError
from ._sample import Backend, Kind, Sample, Samples
from ._sender import EXIT_SECONDS, Sender
from ._settings import Datadog, MetricSettings, OpenTelemetry, Prometheus, StatsD

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])

_pumps: list[Sender] = []
_PACKAGES = {
    StatsD: ("statsd", "statsd", "statsd"),
    Datadog: ("datadog", "datadog", "datadog"),
    OpenTelemetry: ("opentelemetry.exporter.otlp.proto.http", "opentelemetry-exporter-otlp-proto-http", "otel"),
}


def connect(settings: MetricSettings) -> None:
    """Send this process's metrics to the target in `settings`. If `settings` names no target, stop sending metrics.

    Raises:
        MissingPackageError: The target's client package isn't installed.
        InvalidMetricSettingsError: Prometheus' port can't be opened.
    """
    target = settings.target
    if target is not None and type(target) in _PACKAGES:
        _require(*_PACKAGES[type(target)])
    shutdown()
    if target is None:
        return
    make = functools.partial(_make, target)
    # Create the backend for Prometheus here, so that a port that is already in use raises an error immediately.
    # Creating other backends can fail only because of the network.
    _pumps.append(Sender(make, settings, make() if isinstance(target, Prometheus) else None))


def shutdown(timeout: float = EXIT_SECONDS) -> None:
    """Send the waiting measurements, close the connection to the target, and stop sending.

    Args:
        timeout: The maximum time to wait, in seconds.
    """
    while _pumps:
        _pumps.pop().close(timeout)


def flush(timeout: float = EXIT_SECONDS) -> bool:
    """Wait until all measurements are sent. Return True if all measurements were sent within `timeout` seconds.

    Args:
        timeout: The maximum time to wait, in seconds.
    """
    return all(pump.flush(timeout) for pump in _pumps)


def is_connected() -> bool:
    return bool(_pumps)


def emit(sample: Sample | Samples) -> None:
    for pump in _pumps:
        pump.put(sample)


def _make(target: StatsD | Datadog | Prometheus | OpenTelemetry) -> Backend:
    if isinstance(target, StatsD):
        from ._statsd import StatsdBackend

        return StatsdBackend(target)
    if isinstance(target, Datadog):
        from ._statsd import DatadogBackend

        return DatadogBackend(target)
    if isinstance(target, Prometheus):
        from ._prometheus import PrometheusBackend

        return PrometheusBackend(target)
    from ._opentelemetry import OpenTelemetryBackend

    return OpenTelemetryBackend(target)


def _require(module: str, package: str, extra: str) -> None:
    # The module's parent package may be missing, too.
    with suppress(ModuleNotFoundError):
        if find_spec(module) is not None:
            return
    raise MissingPackageError(f'{package} is not installed. Run `pip install "airflow-compat[{extra}]"`')


def _put(
    kind: Kind, name: str, value: float, tags: Mapping[str, Any] | None, *, rate: float = 1, delta: bool = False
) -> None:
    for pump in _pumps:
        texts = {key: str(tag) for key, tag in tags.items()} if tags else {}
        pump.put(Sample(kind, name, value, texts, rate, delta))


class Timer:
    """Measures the duration of a `with` block, of a function's calls, or from `start()` to `stop()`.

    The function may be async.

    Attributes:
        duration: The measured duration in milliseconds; None until the timer stops.
    """

    duration: float | None = None

    def __init__(self, stat: str | None, tags: Mapping[str, Any] | None = None) -> None:
        self._stat = stat
        self._tags = tags
        self._started: float | None = None

    def __call__(self, function: F) -> F:
        """Measure each call of a function. Calls may overlap."""
        return decorate(function, lambda: Timer(self._stat, self._tags))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the timer."""
        self._started = time.perf_counter()
        return self

    def stop(self, send: bool = True) -> None:
        """Stop the timer, and, unless `send` is False, send the measured duration."""
        if self._started is None:
            return
        self.duration = 1000 * (time.perf_counter() - self._started)
        if send and self._stat:
            _put("timing", self._stat, self.duration, self._tags)


class Stats:
    """Airflow's `Stats`: `from airflow_compat.metrics import Stats` in place of `from airflow.stats import Stats`.

    The methods do nothing before `configure` or `configure_from_airflow` is called. Each call takes microseconds: it
    never waits for the target, and never raises an error of the target.
    """

    @staticmethod
    def incr(stat: str, count: int = 1, rate: float = 1, *, tags: Mapping[str, Any] | None = None) -> None:
        """Increase a counter.

        Args:
            stat: The counter's name. As in Airflow, a name consists of ASCII letters, digits, `_`, `.`, `-` and `/`. A
                counter with another name is not sent, and a warning is logged once.
            count: The increment.
            rate: The share of calls whose value is sent: 0.1 sends one of ten, 1 sends all.
            tags: The counter's tags. A plain StatsD server receives no tags.
        """
        _put("counter", stat, count, tags, rate=rate)

    @staticmethod
    def decr(stat: str, count: int = 1, rate: float = 1, *, tags: Mapping[str, Any] | None = None) -> None:
        """Decrease a counter.

        Prometheus shows a counter that decreases as a gauge, OpenTelemetry as an up-down counter.
        """
        _put("counter", stat, -count, tags, rate=rate)

    @staticmethod
    def gauge(
        stat: str, value: float, rate: float = 1, delta: bool = False, *, tags: Mapping[str, Any] | None = None
    ) -> None:
        """Set a gauge.

        Args:
            stat: The gauge's name.
            value: The gauge's value.
            rate: The share of calls whose value is sent: 0.1 sends one of ten, 1 sends all.
            delta: Whether to add `value` to the gauge's current value. Except with StatsD, the gauge starts at 0 in
                each process.
            tags: The metric's tags.
        """
        _put("gauge", stat, value, tags, rate=rate, delta=delta)

    @staticmethod
    def timing(stat: str, dt: float | timedelta, *, tags: Mapping[str, Any] | None = None) -> None:
        """Send a duration, given as a timedelta or as a number of milliseconds."""
        _put("timing", stat, dt.total_seconds() * 1000 if isinstance(dt, timedelta) else dt, tags)

    @staticmethod
    def timer(stat: str | None = None, tags: Mapping[str, Any] | None = None) -> Timer:
        """Measure the duration of a block or a function: `with Stats.timer("load"):`, or `@Stats.timer("load")`.

        Args:
            stat: The metric's name. If None, nothing is sent, and only the timer's `duration` is set.
            tags: The metric's tags.
        """
        return Timer(stat, tags)


atexit.register(flush)
