"""StatsD, and DogStatsD, by the clients that Airflow uses."""

from __future__ import annotations

import logging
import re

from .._airflow.metric_settings import Datadog, StatsD
from .sample import Sample

logger = logging.getLogger("airflow_compat.metrics")

_DATADOG_LOGGER = logging.getLogger("datadog.dogstatsd")
_MOST_TOLD = 100
# InfluxDB's marks and StatsD's, and what isn't ASCII: the client would lose the whole datagram, with all that is in it.
_NOT_IN_NAME = re.compile(r"[,=:|]|[^ -~]")


class StatsdBackend:
    """A StatsD server over UDP."""

    flush_seconds: float | None = None
    takes_rates = True
    takes_deltas = True

    def __init__(self, target: StatsD) -> None:
        from statsd import StatsClient

        self._target = target
        self._socket = StatsClient(target.host, target.port, target.prefix or None, ipv6=target.ipv6)
        self._client = self._socket.pipeline()
        self._refused: set[str] = set()

    def send(self, sample: Sample) -> None:
        """Put it into a datagram with others."""
        name = sample.name + (self._in_name(sample.tags) if self._target.influxdb_tags else "")
        if sample.kind == "counter":
            self._client.incr(name, _plain(sample.value), sample.rate)
        elif sample.kind == "gauge":
            self._client.gauge(name, _plain(sample.value), sample.rate, sample.is_delta)
        else:
            self._client.timing(name, sample.value, sample.rate)

    def _in_name(self, tags: dict[str, str]) -> str:
        kept = []
        for key, value in tags.items():
            if not _NOT_IN_NAME.search(f"{key}{value}"):
                kept.append(f",{key}={value}")
            elif key not in self._refused and len(self._refused) < _MOST_TOLD:
                self._refused.add(key)
                logger.warning("the tag %r is not sent where it holds one of , = : | or what isn't ASCII", key)
        return "".join(kept)

    def flush(self) -> None:
        """Send the datagrams."""
        self._client.send()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class DatadogBackend:
    """A Datadog agent over UDP."""

    flush_seconds: float | None = None
    takes_rates = True
    takes_deltas = False

    def __init__(self, target: Datadog) -> None:
        from datadog.dogstatsd.base import DogStatsd

        self._with_tags = target.metrics_tags
        # The client warns of each datagram that is refused.
        self._once = _Once()
        _DATADOG_LOGGER.addFilter(self._once)
        self._client = DogStatsd(
            host=target.host,
            port=target.port,
            namespace=target.prefix or None,
            constant_tags=list(target.constant_tags),
            # Else metrics about the client itself are among those of the runs.
            disable_telemetry=True,
            disable_background_sender=True,
            disable_buffering=True,
            disable_aggregation=True,
        )

    def send(self, sample: Sample) -> None:
        """Send it as one datagram."""
        tags = [f"{key}:{value}" for key, value in sample.tags.items()] if self._with_tags else []
        if sample.kind == "counter":
            self._client.increment(sample.name, _plain(sample.value), tags=tags, sample_rate=sample.rate)
        elif sample.kind == "gauge":
            self._client.gauge(sample.name, _plain(sample.value), tags=tags, sample_rate=sample.rate)
        else:
            self._client.timing(sample.name, sample.value, tags=tags, sample_rate=sample.rate)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()
        _DATADOG_LOGGER.removeFilter(self._once)


class _Once(logging.Filter):
    """Lets each message through once, whatever is filled into it."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[object] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is new."""
        is_new = record.msg not in self._told
        self._told.add(record.msg)
        return is_new


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else value
