"""Defines the targets of metrics, and reads Airflow's `[metrics]` settings."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..errors import InvalidMetricSettingsError, UnsupportedFeatureError
from ._names import Filters

ENVIRONMENT_PREFIX = "AIRFLOW__METRICS__"


@dataclass(frozen=True)
class StatsD:
    """A StatsD server that receives metrics over UDP.

    Attributes:
        host: The server's name or address.
        port: The server's UDP port.
        prefix: The prefix of metric names, without the dot that follows.
        ipv6: Whether to use the host's IPv6 address.
        influxdb_tags: Whether to send tags as a part of the metric's name, as StatsD servers of InfluxDB and Telegraf
            expect. Otherwise no tags are sent, because plain StatsD has no tags.
    """

    host: str = "localhost"
    port: int = 8125
    prefix: str = "airflow"
    ipv6: bool = False
    influxdb_tags: bool = False


@dataclass(frozen=True)
class Datadog:
    """A Datadog agent that receives metrics over UDP (DogStatsD).

    Attributes:
        host: The agent's name or address.
        port: The agent's UDP port.
        prefix: The prefix of metric names, without the dot that follows.
        constant_tags: Further tags for every metric, each in the form `key:value`.
        metrics_tags: Whether to send each metric's own tags.
    """

    host: str = "localhost"
    port: int = 8125
    prefix: str = "airflow"
    constant_tags: tuple[str, ...] = ()
    metrics_tags: bool = True


@dataclass(frozen=True)
class Prometheus:
    """Prometheus, which scrapes this process, or a push gateway, to which this process pushes, or both.

    Attributes:
        port: The TCP port that Prometheus scrapes. 0 chooses a free port; None opens no port.
        host: The address at which the port is opened. By default, only programs on this machine can scrape.
        push_url: The URL of a push gateway that needs no password, such as `http://pushgateway:9091`.
        push_seconds: The seconds between two pushes. When the process ends, it pushes once more.
        job: The label `job` of the pushed metrics.
        instance: The label `instance` of the pushed metrics, which must be unique for each process. Defaults to the
            machine's name and the process id.
        prefix: The prefix of metric names, without the `_` that follows.
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
    """An OpenTelemetry collector that receives metrics over HTTP (OTLP).

    Attributes:
        host: The collector's name or address.
        port: The collector's TCP port.
        prefix: The prefix of metric names, without the dot that follows.
        interval_milliseconds: The time between two exports. When the process ends, it exports once more.
        ssl: Whether to use https.
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
    """The target of a process's metrics, and which metrics to send under which names.

    Attributes:
        filters: Which metrics and tags to send.
        legacy_names: Whether to send each metric also under its older name.
        influxdb: Whether names may contain InfluxDB's `,` and `=`.
    """

    target: Target | None
    filters: Filters = field(default_factory=lambda: Filters(disabled_tags=DISABLED_TAGS))
    legacy_names: bool = True
    influxdb: bool = False


_REFUSED = {
    "statsd_custom_client_path": "custom clients are not supported. Remove the setting",
    "stat_name_handler": "only Airflow's default name rules are supported. Remove the setting, and follow Airflow's "
    "rules",
    "otel_debugging_on": "printing metrics to the console is not supported. Remove the setting, and use a collector",
}
# Airflow 2's switches for pattern matching and milliseconds. The switches have no effect here, because both are always
# on since Airflow 3.
_SAME_HERE = frozenset({"metrics_use_pattern_match", "timer_unit_consistency"})
_KNOWN = frozenset(
    "metrics_allow_list metrics_block_list legacy_names_on statsd_on statsd_host statsd_ipv6 statsd_port statsd_prefix "
    "statsd_datadog_enabled statsd_datadog_tags statsd_datadog_metrics_tags statsd_disabled_tags "
    "statsd_influxdb_enabled otel_on otel_host otel_port otel_prefix otel_interval_milliseconds otel_service "
    "otel_ssl_active".split()
)
_TRUE, _FALSE = ("t", "true", "1"), ("f", "false", "0")


def settings_of_config(text: str, where: str) -> dict[str, str]:
    """Return the settings in the `[metrics]` section of an airflow.cfg.

    Raises:
        InvalidMetricSettingsError: The file is not an airflow.cfg, or has no `[metrics]` section.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, where)
    except configparser.Error as exc:
        line = f", line {exc.lineno}" if isinstance(exc, configparser.MissingSectionHeaderError) else ""
        raise InvalidMetricSettingsError(
            f"{where}{line}: the file is not a valid airflow.cfg. Pass the file that Airflow reads"
        ) from None
    if not parser.has_section("metrics"):
        raise InvalidMetricSettingsError(
            f"{where}: the file has no section [metrics]. Add the section, or call metrics.configure()"
        )
    return dict(parser.items("metrics"))


def settings_of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT_PREFIX)
    }


def read_settings(settings: Mapping[str, object]) -> MetricSettings:
    """Read the settings, with Airflow's defaults for missing ones.

    If several targets are on, Datadog comes before StatsD, and StatsD before OpenTelemetry.

    Raises:
        InvalidMetricSettingsError: A setting has an unknown name or an invalid value.
        UnsupportedFeatureError: A setting is not supported.
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
    host, port = reader.get("statsd_host", "localhost"), reader.number("statsd_port", 8125)
    prefix = reader.get("statsd_prefix", "airflow")
    if reader.flag("statsd_datadog_enabled", default=False):
        constant = tuple(tag.strip() for tag in reader.get("statsd_datadog_tags", "").split(",") if tag.strip())
        return Datadog(host, port, prefix, constant, reader.flag("statsd_datadog_metrics_tags", default=True))
    if reader.flag("statsd_on", default=False):
        return StatsD(host, port, prefix, reader.flag("statsd_ipv6", default=False), influxdb)
    if reader.flag("otel_on", default=False):
        return OpenTelemetry(
            reader.get("otel_host", "localhost"),
            reader.number("otel_port", 8889),
            reader.get("otel_prefix", "airflow"),
            reader.number("otel_interval_milliseconds", 60_000),
            reader.flag("otel_ssl_active", default=False),
            reader.get("otel_service", "Airflow"),
        )
    return None


def _check(key: str, value: str) -> None:
    if key in _KNOWN or key in _SAME_HERE:
        return
    if key in _REFUSED:
        # Accept a value that disables the setting, because Airflow's default airflow.cfg contains such values.
        if value and value.lower() not in ("false", "none"):
            raise UnsupportedFeatureError(f"[metrics] {key}: {_REFUSED[key]}")
        return
    near = get_close_matches(key, [*_KNOWN, *_REFUSED], 1)
    hint = f"Did you mean {near[0]}?" if near else "Remove it"
    raise InvalidMetricSettingsError(f"[metrics] {key}: Airflow has no such setting. {hint}")


class _Reader(dict[str, str]):
    def flag(self, key: str, *, default: bool) -> bool:
        value = self.get(key, str(default)).lower()
        if value not in (*_TRUE, *_FALSE):
            raise InvalidMetricSettingsError(
                f"[metrics] {key}: {value!r} is neither True nor False. Use one of the two"
            )
        return value in _TRUE

    def number(self, key: str, default: int) -> int:
        value = self.get(key) or str(default)
        try:
            number = int(float(value))
        except ValueError:
            raise InvalidMetricSettingsError(f"[metrics] {key}: {value!r} is not a number. Use a number") from None
        if number < 1:
            raise InvalidMetricSettingsError(f"[metrics] {key}: {value} is too small. Use a number of at least 1")
        return number

    def patterns(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        return checked_patterns(f"[metrics] {key}", self[key].split(",")) if key in self else default


def checked_patterns(what: str, patterns: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns that are not empty, without spaces around them.

    Raises:
        InvalidMetricSettingsError: A pattern is not a regular expression.
    """
    kept = tuple(pattern.strip() for pattern in patterns if pattern.strip())
    for pattern in kept:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise InvalidMetricSettingsError(
                f"{what}: {pattern!r} is not a regular expression ({exc}). Correct the pattern, or escape special "
                "characters"
            ) from None
    return kept
