"""Airflow's rules for metric names and for its `[metrics]` settings."""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import uuid4

import pytest

from airflow_compat.errors import InvalidMetricSettingsError, UnsupportedFeatureError
from airflow_compat.metrics._names import Filters, legacy_metric, normal_name, why_illegal
from airflow_compat.metrics._settings import (
    Datadog,
    MetricSettings,
    OpenTelemetry,
    StatsD,
    read_settings,
    settings_of_config,
    settings_of_environment,
)
from airflow_compat.metrics._start_times import FirstTaskStarts

TASK = {"dag_id": "etl", "task_id": "a.load"}


@pytest.mark.parametrize(
    ("name", "tags", "older", "left"),
    [
        ("ti.start", TASK, "ti.start.etl.a__load", {}),
        ("ti.finish", {**TASK, "state": "failed", "x": "y"}, "ti.finish.etl.a__load.failed", {"x": "y"}),
        ("task.duration", TASK, "dag.etl.a__load.duration", {}),
        ("operator_failures", {**TASK, "operator_name": "Mine"}, "operator_failures_Mine", TASK),
        ("dagrun.duration.success", {"dag_id": "etl"}, "dagrun.duration.success.etl", {}),
        ("pool.open_slots", {"pool_name": "warehouse"}, "pool.open_slots.warehouse", {}),
    ],
)  # fmt: skip
def test_legacy_names(name: str, tags: dict[str, str], older: str, left: dict[str, str]) -> None:
    assert legacy_metric(name, tags) == (older, left)


@pytest.mark.parametrize(("name", "tags"), [("ti_failures", TASK), ("orders", TASK), ("ti.start", {"dag_id": "etl"})])
def test_metric_without_legacy_name(name: str, tags: dict[str, str]) -> None:
    assert legacy_metric(name, tags) is None


def test_legal_names() -> None:
    assert why_illegal("a.B_c-9/d") == ""
    assert why_illegal("a" * 250) == ""
    assert "250" in why_illegal("a" * 251)
    assert "ASCII" in why_illegal("a b")
    assert "ASCII" in why_illegal("ä")
    assert "ASCII" in why_illegal("a,b=c")
    assert why_illegal("a,b=c", influxdb=True) == ""
    assert "string" in why_illegal(3)
    assert normal_name("my flow/ä.b") == "my_flow__.b"


def test_filters() -> None:
    assert Filters().lets_through("orders")
    allowed = Filters(allow_list=("^ti", "ORDERS$"), block_list=("ti",))
    assert [name for name in ("ti.start", "my.orders", "my.ti") if allowed.lets_through(name)] == [
        "ti.start",
        "my.orders",
    ]
    assert not Filters(block_list=("ti",)).lets_through("my.ti")
    assert Filters(disabled_tags=("run_id",)).tags({"run_id": "1", "dag_id": "etl"}) == {"dag_id": "etl"}


def test_airflow_defaults_send_nothing() -> None:
    assert read_settings({}) == MetricSettings(None)


def test_statsd_settings() -> None:
    read = read_settings(
        {"statsd_on": "True", "STATSD_HOST": "stats", "statsd_port": "1", "statsd_prefix": "", "statsd_ipv6": 1,
         "statsd_influxdb_enabled": "t", "metrics_block_list": "a, b.*,", "statsd_disabled_tags": "",
         "legacy_names_on": "False", "stat_name_handler": "", "otel_debugging_on": "False",
         "metrics_use_pattern_match": "True"}
    )  # fmt: skip
    assert read == MetricSettings(StatsD("stats", 1, "", True, True), Filters((), ("a", "b.*"), ()), False, True)


def test_datadog_has_priority_over_statsd() -> None:
    read = read_settings(
        {"statsd_on": True, "otel_on": True, "statsd_datadog_enabled": True, "statsd_datadog_tags": "a:1, b:2",
         "statsd_datadog_metrics_tags": "f"}
    )  # fmt: skip
    assert read.target == Datadog("localhost", 8125, "airflow", ("a:1", "b:2"), False)
    assert read_settings({"statsd_datadog_enabled": True}).target == Datadog("localhost", 8125, "airflow", (), True)


def test_opentelemetry_settings() -> None:
    read = read_settings(
        {"otel_on": "true", "otel_host": "collector", "otel_port": "4318", "otel_prefix": "mine",
         "otel_interval_milliseconds": "500", "otel_ssl_active": "True", "otel_service": "nightly"}
    )  # fmt: skip
    assert read.target == OpenTelemetry("collector", 4318, "mine", 500, True, "nightly")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"statsd_hots": "x"}, "Did you mean statsd_host"),
        ({"zzz": "x"}, "Remove it"),
        ({"statsd_on": "perhaps"}, "neither True nor False"),
        ({"statsd_on": True, "statsd_port": "http"}, "not a number"),
        ({"statsd_port": "0"}, "of at least 1"),
        ({"metrics_allow_list": "("}, "not a regular expression"),
    ],
)
def test_wrong_settings(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidMetricSettingsError, match=said):
        read_settings(settings)


@pytest.mark.parametrize("setting", ["statsd_custom_client_path", "stat_name_handler", "otel_debugging_on"])
def test_settings_without_a_counterpart(setting: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=setting):
        read_settings({setting: "True"})


def test_settings_from_config_and_environment() -> None:
    assert settings_of_config("[metrics]\nStatsd_On = True\n", "x")["statsd_on"] == "True"
    assert settings_of_environment({"AIRFLOW__METRICS__STATSD_ON": "1", "AIRFLOW__CORE__X": "2"}) == {"statsd_on": "1"}
    with pytest.raises(InvalidMetricSettingsError, match="line 1"):
        settings_of_config("metrics\n", "x")
    with pytest.raises(InvalidMetricSettingsError, match="no section"):
        settings_of_config("", "x")


def test_first_task_start_is_kept_only_for_watched_runs() -> None:
    asked, other = uuid4(), uuid4()
    starts = FirstTaskStarts()
    starts.watch(asked)
    # One that never began.
    starts.note(other, None)
    for second in (1, 2):
        for run in (asked, other):
            starts.note(run, datetime(2026, 1, 1, second=second, tzinfo=timezone.utc))
    assert starts.taken(asked) == datetime(2026, 1, 1, second=1, tzinfo=timezone.utc)
    assert starts.taken(other) is None
