"""Airflow's `Stats`, and what it is connected to in this process."""

from __future__ import annotations

import atexit
import functools
import inspect
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._airflow.metric_settings import Datadog, MetricSettings, OpenTelemetry, Prometheus, StatsD
from .._airflow.signatures import keep_signature
from ..errors import MissingPackageError
from .pump import EXIT_SECONDS, Pump
from .sample import Backend, Kind, Sample, Samples

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])

_pumps: list[Pump] = []
_PACKAGES = {
    StatsD: ("statsd", "statsd", "statsd"),
    Datadog: ("datadog", "datadog", "datadog"),
    OpenTelemetry: ("opentelemetry.exporter.otlp.proto.http", "opentelemetry-exporter-otlp-proto-http", "otel"),
}


def connect(settings: MetricSettings) -> None:
    """Have this process's metrics go where the settings say; nowhere, where they name no target.

    Raises:
        MissingPackageError: The client isn't installed.
        InvalidMetricSettingsError: Prometheus' port can't be opened.
    """
    target = settings.target
    if target is not None and type(target) in _PACKAGES:
        _require(*_PACKAGES[type(target)])
    disconnect(EXIT_SECONDS)
    if target is None:
        return
    make = functools.partial(_make, target)
    # A port that is taken is to be told at once; the others' errors are the network's, and come and go.
    _pumps.append(Pump(make, settings, make() if isinstance(target, Prometheus) else None))


def disconnect(timeout: float) -> None:
    """Send what there is, for so many seconds at most, and send nothing more."""
    while _pumps:
        _pumps.pop().close(timeout)


def flush(timeout: float) -> bool:
    """Wait until what was measured so far is sent; whether it was in time."""
    return all(pump.flush(timeout) for pump in _pumps)


def is_connected() -> bool:
    """Whether metrics go anywhere."""
    return bool(_pumps)


def emit(sample: Sample | Samples) -> None:
    """A measurement of ours, or some."""
    for pump in _pumps:
        pump.put(sample)


def _make(target: StatsD | Datadog | Prometheus | OpenTelemetry) -> Backend:
    if isinstance(target, StatsD):
        from .to_statsd import StatsdBackend

        return StatsdBackend(target)
    if isinstance(target, Datadog):
        from .to_statsd import DatadogBackend

        return DatadogBackend(target)
    if isinstance(target, Prometheus):
        from .to_prometheus import PrometheusBackend

        return PrometheusBackend(target)
    from .to_opentelemetry import OpenTelemetryBackend

    return OpenTelemetryBackend(target)


def _require(module: str, package: str, extra: str) -> None:
    try:
        is_there = find_spec(module) is not None
    except ModuleNotFoundError:
        is_there = False
    if not is_there:
        raise MissingPackageError(f'{package} is not installed; install it with: pip install "airflow-compat[{extra}]"')


def _put(
    kind: Kind, name: str, value: float, tags: Mapping[str, Any] | None, *, rate: float = 1, delta: bool = False
) -> None:
    for pump in _pumps:
        texts = {key: str(tag) for key, tag in tags.items()} if tags else {}
        pump.put(Sample(kind, name, value, texts, rate, delta))


class Timer:
    """Times a block or a function, also one that is awaited; or from `start()` to `stop()`.

    Attributes:
        duration: The milliseconds, once it was stopped.
    """

    duration: float | None = None

    def __init__(self, stat: str | None, tags: Mapping[str, Any] | None = None) -> None:
        self._stat = stat
        self._tags = tags
        self._started: float | None = None

    def __call__(self, function: F) -> F:
        """Time each call of a function; calls may overlap."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with Timer(self._stat, self._tags):
                    return await function(*args, **kwargs)

            keep_signature(awaited, function)
            return cast("F", awaited)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with Timer(self._stat, self._tags):
                return function(*args, **kwargs)

        keep_signature(timed, function)
        return cast("F", timed)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Begin."""
        self._started = time.perf_counter()
        return self

    def stop(self, send: bool = True) -> None:
        """End, and send it."""
        if self._started is None:
            return
        self.duration = 1000 * (time.perf_counter() - self._started)
        if send and self._stat:
            _put("timing", self._stat, self.duration, self._tags)


class Stats:
    """Airflow's `Stats`: `from airflow_compat.metrics import Stats` in place of `from airflow.stats import Stats`.

    Until `configure` or `configure_from_airflow` was called, all of it does nothing. A call takes microseconds, and
    neither waits for the backend nor raises because of it.
    """

    @staticmethod
    def incr(stat: str, count: int = 1, rate: float = 1, *, tags: Mapping[str, Any] | None = None) -> None:
        """Add to a counter.

        Args:
            stat: Its name, by Airflow's rules: ASCII letters, digits, `_`, `.`, `-` and `/`; another is not sent,
                and warned of once.
            count: How much.
            rate: The share of the calls that are sent, up to 1.
            tags: Its tags; plain StatsD has none.
        """
        _put("counter", stat, count, tags, rate=rate)

    @staticmethod
    def decr(stat: str, count: int = 1, rate: float = 1, *, tags: Mapping[str, Any] | None = None) -> None:
        """Take from a counter. For Prometheus and OpenTelemetry, one that does that is a gauge."""
        _put("counter", stat, -count, tags, rate=rate)

    @staticmethod
    def gauge(
        stat: str, value: float, rate: float = 1, delta: bool = False, *, tags: Mapping[str, Any] | None = None
    ) -> None:
        """Set a gauge.

        Args:
            stat: Its name.
            value: Its value.
            rate: The share of the calls that are sent, up to 1.
            delta: Add the value to the one that it has. Only StatsD does that itself; for the others it is the sum in
                this process, from 0.
            tags: Its tags.
        """
        _put("gauge", stat, value, tags, rate=rate, delta=delta)

    @staticmethod
    def timing(stat: str, dt: float | timedelta, *, tags: Mapping[str, Any] | None = None) -> None:
        """Record a time: a timedelta, or milliseconds."""
        _put("timing", stat, dt.total_seconds() * 1000 if isinstance(dt, timedelta) else dt, tags)

    @staticmethod
    def timer(stat: str | None = None, tags: Mapping[str, Any] | None = None) -> Timer:
        """Time a block or a function: `with Stats.timer("load"):`, or `@Stats.timer("load")`; in milliseconds.

        Args:
            stat: The metric's name; without one nothing is sent, and the timer's `duration` tells.
            tags: Its tags.
        """
        return Timer(stat, tags)


@atexit.register
def _at_exit() -> None:
    flush(EXIT_SECONDS)
