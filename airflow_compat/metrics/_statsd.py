"""Backends for StatsD and DogStatsD, which use the same client packages as Airflow."""

from __future__ import annotations

import logging
import re

from ._sample import Sample
from ._settings import Datadog, StatsD

logger = logging.getLogger("airflow_compat.metrics")

_DATADOG_LOGGER = logging.getLogger("datadog.dogstatsd")
_MOST_TOLD = 100
# Matches the separators of InfluxDB and StatsD, and non-ASCII characters: if a tag contained one, the client would lose
# the whole datagram.
_NOT_IN_NAME = re.compile(r"[,=:|]|[^ -~]")


class StatsdBackend:
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
        """Buffer a measurement, which `flush` sends."""
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
                logger.warning("The tag %r is not sent: its value has one of , = : | or a non-ASCII character", key)
        return "".join(kept)

    def flush(self) -> None:
        self._client.send()

    def close(self) -> None:
        self._socket.close()


class DatadogBackend:
    flush_seconds: float | None = None
    takes_rates = True
    takes_deltas = False

    def __init__(self, target: Datadog) -> None:
        from datadog.dogstatsd.base import DogStatsd

        self._with_tags = target.metrics_tags
        # Show each of the client's warnings only once: the client logs a warning for each datagram that can't be sent.
        self._once = _Once()
        _DATADOG_LOGGER.addFilter(self._once)
        self._client = DogStatsd(
            host=target.host,
            port=target.port,
            namespace=target.prefix or None,
            constant_tags=list(target.constant_tags),
            # The client should send no metrics about itself.
            disable_telemetry=True,
            disable_background_sender=True,
            disable_buffering=True,
            disable_aggregation=True,
        )
        self._send = {
            "counter": self._client.increment,
            "gauge": self._client.gauge,
            "timing": self._client.timing,
        }

    def send(self, sample: Sample) -> None:
        tags = [f"{key}:{value}" for key, value in sample.tags.items()] if self._with_tags else []
        value = sample.value if sample.kind == "timing" else _plain(sample.value)
        self._send[sample.kind](sample.name, value, tags=tags, sample_rate=sample.rate)

    def flush(self) -> None:
        """Do nothing: this backend has no buffer."""

    def close(self) -> None:
        self._client.close_socket()
        _DATADOG_LOGGER.removeFilter(self._once)


class _Once(logging.Filter):
    """A log filter that lets each message text, before its arguments are filled in, pass only once."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[object] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        is_new = record.msg not in self._told
        self._told.add(record.msg)
        return is_new


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else value
