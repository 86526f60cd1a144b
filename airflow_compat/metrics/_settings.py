"""Airflow's `[metrics]` settings as data: where metrics go, and which of them."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..errors import InvalidMetricSettingsError, UnsupportedFeatureError
from .metric_names import Filters

ENVIRONMENT_PREFIX = "AIRFLOW__METRICS__"


@dataclass(frozen=True)
class StatsD:
    """A StatsD server, over UDP.

    Attributes:
        host: Its name or address.
        port: Its UDP port.
        prefix: What stands before each name, with a dot.
        ipv6: Whether its address is looked up as one of IPv6.
        influxdb_tags: Whether tags are sent, within the name, as InfluxDB's and Telegraf's StatsD take them. Plain
            StatsD has no tags.
    """

    host: str = "localhost"
    port: int = 8125
    prefix: str = "airflow"
    ipv6: bool = False
    influxdb_tags: bool = False


@dataclass(frozen=True)
class Datadog:
    """A Datadog agent, over UDP (DogStatsD).

    Attributes:
        host: Its name or address.
        port: Its UDP port.
        prefix: What stands before each name, with a dot.
        constant_tags: `key:value`, sent with each metric.
        metrics_tags: Whether the metrics' own tags are sent.
    """

    host: str = "localhost"
    port: int = 8125
    prefix: str = "airflow"
    constant_tags: tuple[str, ...] = ()
    metrics_tags: bool = True


@dataclass(frozen=True)
class Prometheus:
    """Prometheus, which scrapes this process, or a push gateway; or both.

    Attributes:
        port: The TCP port to be scraped at; 0 takes a free one, None opens none.
        host: The address that it is opened on; by default only this machine may scrape.
        push_url: A push gateway, such as `http://pushgateway:9091`; one that wants no password.
        push_seconds: The time between two pushes; there is one at the process's end, too.
        job: The gateway's `job`.
        instance: The gateway's `instance`, which is to differ between processes that run at once; by default the
            machine's name and the process's id.
        prefix: What stands before each name, with `_`.
    """

    port: int | None = None
    host: str = "127.0.0.1"
    push_url: str = field(default="", repr=False)
    push_seconds: float = 15.0
    job: str = "airflow_compat"
    instance: str = ""
    prefix: str = "airflow"


@dataclass(frozen=True)
class OpenTelemetry:
    """An OpenTelemetry collector, over HTTP (OTLP).

    Attributes:
        host: Its name or address.
        port: Its TCP port.
        prefix: What stands before each name, with a dot.
        interval_milliseconds: The time between two exports; there is one at the process's end, too.
        ssl: Whether it is https.
        service: The resource's `service.name`.
    """

    host: str = "localhost"
    port: int = 8889
    prefix: str = "airflow"
    interval_milliseconds: int = 60_000
    ssl: bool = False
    service: str = "Airflow"


Target = StatsD | Datadog | Prometheus | OpenTelemetry

DISABLED_TAGS = ("job_id", "run_id")


@dataclass(frozen=True)
class MetricSettings:
    """What `[metrics]` says.

    Attributes:
        target: Where metrics go; None where Airflow sends none.
        filters: Which are sent.
        legacy_names: Whether each is sent under its older name, too.
        influxdb: Whether names may hold InfluxDB's `,` and `=`.
    """

    target: Target | None
    filters: Filters = field(default_factory=lambda: Filters(disabled_tags=DISABLED_TAGS))
    legacy_names: bool = True
    influxdb: bool = False


_REFUSED = {
    "statsd_custom_client_path": "a client of your own can't be put in; leave it out",
    "stat_name_handler": "names go by Airflow's default rules; leave it out, and name your metrics by them",
    "otel_debugging_on": "nothing prints metrics to the console; leave it out, and send them to a collector",
}
# What says nothing about a process that sends: pattern match is the only way since 3, and so are milliseconds.
_SAME_HERE = {"metrics_use_pattern_match": "True", "timer_unit_consistency": "True"}
_KNOWN = frozenset(
    "metrics_allow_list metrics_block_list legacy_names_on statsd_on statsd_host statsd_ipv6 statsd_port statsd_prefix "
    "statsd_datadog_enabled statsd_datadog_tags statsd_datadog_metrics_tags statsd_disabled_tags "
    "statsd_influxdb_enabled otel_on otel_host otel_port otel_prefix otel_interval_milliseconds otel_service "
    "otel_ssl_active".split()
)
_TRUE, _FALSE = ("t", "true", "1"), ("f", "false", "0")


def settings_of_config(text: str, where: str) -> dict[str, str]:
    """The `[metrics]` section of an airflow.cfg.

    Args:
        text: The file.
        where: Its name, for an error.

    Raises:
        InvalidMetricSettingsError: It is no such file, or has no such section.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, where)
    except configparser.Error as exc:
        line = f", line {exc.lineno}" if isinstance(exc, configparser.MissingSectionHeaderError) else ""
        raise InvalidMetricSettingsError(
            f"{where}{line}: this is no airflow.cfg; give the file that Airflow reads"
        ) from None
    if not parser.has_section("metrics"):
        raise InvalidMetricSettingsError(f"{where}: there is no section [metrics]; write one, or call configure()")
    return dict(parser.items("metrics"))


def settings_of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that `AIRFLOW__METRICS__*` give."""
    start = len(ENVIRONMENT_PREFIX)
    return {key[start:].lower(): value for key, value in environment.items() if key.startswith(ENVIRONMENT_PREFIX)}


def read_settings(settings: Mapping[str, object]) -> MetricSettings:
    """What the settings say, by Airflow's defaults; Datadog goes before StatsD, and that before OpenTelemetry.

    Raises:
        InvalidMetricSettingsError: A setting is misspelt, or its value is none.
        UnsupportedFeatureError: A setting has no counterpart.
    """
    values = {key.lower(): "" if value is None else str(value).strip() for key, value in settings.items()}
    for key, value in values.items():
        _check(key, value)
    reader = _Reader(values)
    influxdb = reader.flag("statsd_influxdb_enabled", default=False)
    filters = Filters(
        reader.patterns("metrics_allow_list"),
        reader.patterns("metrics_block_list"),
        reader.patterns("statsd_disabled_tags", DISABLED_TAGS),
    )
    return MetricSettings(_target(reader, influxdb), filters, reader.flag("legacy_names_on", default=True), influxdb)


def _target(reader: _Reader, influxdb: bool) -> Target | None:
    host, port = reader.text("statsd_host", "localhost"), reader.number("statsd_port", 8125)
    prefix = reader.text("statsd_prefix", "airflow")
    if reader.flag("statsd_datadog_enabled", default=False):
        constant = tuple(tag.strip() for tag in reader.text("statsd_datadog_tags", "").split(",") if tag.strip())
        return Datadog(host, port, prefix, constant, reader.flag("statsd_datadog_metrics_tags", default=True))
    if reader.flag("statsd_on", default=False):
        return StatsD(host, port, prefix, reader.flag("statsd_ipv6", default=False), influxdb)
    if reader.flag("otel_on", default=False):
        return OpenTelemetry(
            reader.text("otel_host", "localhost"),
            reader.number("otel_port", 8889),
            reader.text("otel_prefix", "airflow"),
            reader.number("otel_interval_milliseconds", 60_000),
            reader.flag("otel_ssl_active", default=False),
            reader.text("otel_service", "Airflow"),
        )
    return None


def _check(key: str, value: str) -> None:
    if key in _KNOWN:
        return
    if key in _REFUSED:
        # Airflow's own file has them all, with the values that say nothing.
        if value and value.lower() not in ("false", "none"):
            raise UnsupportedFeatureError(f"[metrics] {key}: {_REFUSED[key]}")
        return
    if key in _SAME_HERE:
        return
    near = get_close_matches(key, [*_KNOWN, *_REFUSED], 1)
    hint = f"did you mean {near[0]}?" if near else "leave it out"
    raise InvalidMetricSettingsError(f"[metrics] {key}: Airflow has no such setting; {hint}")


class _Reader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, key: str, default: str) -> str:
        return self._values.get(key, default)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, str(default)).lower()
        if value not in (*_TRUE, *_FALSE):
            raise InvalidMetricSettingsError(f"[metrics] {key}: {value!r} is neither True nor False; write one of them")
        return value in _TRUE

    def number(self, key: str, default: int) -> int:
        value = self._values.get(key) or str(default)
        try:
            number = int(float(value))
        except ValueError:
            raise InvalidMetricSettingsError(f"[metrics] {key}: {value!r} is no number; write one") from None
        if number < 1:
            raise InvalidMetricSettingsError(f"[metrics] {key}: {value} is none that can be; write one from 1 on")
        return number

    def patterns(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        if key not in self._values:
            return default
        return checked_patterns(f"[metrics] {key}", self._values[key].split(","))


def checked_patterns(what: str, patterns: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The patterns, without empty ones.

    Raises:
        InvalidMetricSettingsError: One is no regular expression.
    """
    kept = tuple(pattern.strip() for pattern in patterns if pattern.strip())
    for pattern in kept:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise InvalidMetricSettingsError(
                f"{what}: {pattern!r} is no regular expression ({exc}); mend it, or escape what is plain"
            ) from None
    return kept
