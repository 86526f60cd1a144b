"""Airflow's own rules for metrics against ours: legal names, lists, older names, settings and their defaults."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat.errors import UnsupportedFeatureError
from airflow_compat.metrics._names import Filters, legacy_metric, normal_name, why_illegal
from airflow_compat.metrics._settings import read_settings

HOME = "airflow.metrics" if MAJOR == "2" else "airflow._shared.observability.metrics"
VALIDATORS = load(f"{HOME}.validators")
NAMES = st.text(alphabet="aZ9_.-/,= ä", max_size=8)
PATTERNS = st.lists(st.sampled_from(["ti", "^dag", "a.b", "OWN$", "pool"]), max_size=3)
METRICS = ["ti.start", "dagrun.x", "my.dag", "a_b", "own", "pool.open", "Pool"]
three = pytest.mark.skipif(MAJOR == "2", reason="Airflow 2.11 has no such thing")


@given(NAMES, st.booleans())
def test_the_same_names_are_legal(name: str, influxdb: bool) -> None:
    if MAJOR == "2" and influxdb:
        # 2.11 reads it from its configuration.
        return
    allowed = {*VALIDATORS.ALLOWED_CHARACTERS, ",", "="} if influxdb else VALIDATORS.ALLOWED_CHARACTERS
    try:
        VALIDATORS.stat_name_default_handler(name, allowed_chars=allowed)
        is_legal = True
    except VALIDATORS.InvalidStatsNameException:
        is_legal = False
    assert (why_illegal(name, influxdb=influxdb) == "") == is_legal


def test_the_same_length_is_legal() -> None:
    VALIDATORS.stat_name_default_handler("a" * 250)
    with pytest.raises(Exception, match="250"):
        VALIDATORS.stat_name_default_handler("a" * 251)


@given(PATTERNS, PATTERNS)
@three
def test_the_same_metrics_are_let_through(allow: list[str], block: list[str]) -> None:
    theirs = VALIDATORS.get_validator(",".join(allow) or None, ",".join(block) or None)
    # Airflow puts its patterns in small letters.
    ours = Filters(tuple(allow), tuple(block))
    assert [ours.lets_through(name) for name in METRICS] == [bool(theirs.test(name)) for name in METRICS]


@three
def test_each_older_name_is_airflows() -> None:
    registry: Any = load(f"{HOME}.metrics_registry").MetricsRegistry()
    stats = load(f"{HOME}.stats")
    stats.initialize(factory=load(f"{HOME}.base_stats_logger").NoStatsLogger, export_legacy_names=True)
    variables = "dag_id task_id state operator_name pool_name".split()
    tags = {name: f"x.{name}" for name in variables}
    names = [
        *"dagrun.duration.success dagrun.duration.failed".split(),
        *"dagrun.schedule_delay dagrun.first_task_scheduling_delay".split(),
        *"ti.start ti.finish task.duration".split(),
        *"operator_failures operator_successes ti_failures ti_successes".split(),
        *"pool.open_slots pool.running_slots pool.queued_slots".split(),
    ]
    for name in names:
        assert registry.get(name=name), f"Airflow has no {name}"
        theirs, left = stats._get_legacy_stat_name_and_tags(name, tags)
        assert legacy_metric(name, tags) == (None if theirs is None else (theirs, left))


@given(NAMES)
@three
def test_a_name_is_made_legal_the_same_way(name: str) -> None:
    assert normal_name(name) == load(f"{HOME}.stats").normalize_name_for_stats(name, log_warning=False)


def test_each_of_airflows_settings_is_known_and_its_default_is_ours() -> None:
    logging.getLogger("airflow").setLevel(logging.CRITICAL)
    conf = load("airflow.configuration").conf
    described = conf.configuration_description["metrics"]["options"]
    defaults = {name: option.get("default") for name, option in described.items()}
    assert read_settings(defaults) == read_settings({})
    for switch in ("statsd_on", "statsd_datadog_enabled", "otel_on"):
        assert read_settings({**defaults, switch: "True"}) == read_settings({switch: "True"})
    for name in defaults:
        # None is misspelt: it is read, or refused with the reason.
        with contextlib.suppress(UnsupportedFeatureError):
            read_settings({name: "1"})
