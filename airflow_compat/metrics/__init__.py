"""Sends Airflow's metrics, from `Stats` and from runs, to StatsD, Datadog, Prometheus or OpenTelemetry.

A process sends no metrics before it has called `configure` or `configure_from_airflow`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InvalidMetricSettingsError
from ._names import Filters
from ._settings import (
    DISABLED_TAGS,
    Datadog,
    MetricSettings,
    OpenTelemetry,
    Prometheus,
    StatsD,
    checked_patterns,
    read_settings,
    settings_of_config,
    settings_of_environment,
)
from ._stats import Stats, Timer, connect, emit, flush, shutdown

if TYPE_CHECKING:
    from prefect import Flow, Task

    Runnable = TypeVar("Runnable", bound=Flow[..., Any] | Task[..., Any])

__all__ = [
    "Datadog", "OpenTelemetry", "Prometheus", "Stats", "StatsD", "Timer", "configure", "configure_from_airflow",
    "emit_pools", "flush", "instrument", "shutdown",
]  # fmt: skip


def configure(
    target: StatsD | Datadog | Prometheus | OpenTelemetry,
    *,
    allow_list: Sequence[str] = (),
    block_list: Sequence[str] = (),
    disabled_tags: Sequence[str] = DISABLED_TAGS,
    legacy_names: bool | None = None,
) -> None:
    """Set the target to which this process sends its metrics. A second call replaces the target.

    A daemon thread sends the measurements, so that a slow target never blocks your code. While 10,000 measurements wait
    to be sent, new measurements are dropped. When the process ends, it waits up to two seconds until the remaining
    measurements are sent. A process that is forked later sends its own measurements.

    Args:
        target: Where to send the metrics.
        allow_list: Regular expressions: send only metrics with a matching name.
        block_list: Regular expressions: don't send metrics with a matching name. As in Airflow, ignored if there is an
            `allow_list`.
        disabled_tags: Regular expressions: don't send tags with a matching name.
        legacy_names: Whether to send each metric also under its older name, which contains the tags' values, such as
            `ti.start.etl.load`. Defaults to True, except for Prometheus.

    Raises:
        InvalidMetricSettingsError: A pattern is invalid, or Prometheus' port can't be opened.
        MissingPackageError: The target's client package isn't installed.

    Example:
        ```python
        from airflow_compat import metrics
        from airflow_compat.metrics import Stats

        metrics.configure(metrics.Prometheus(port=0))
        Stats.incr("orders.loaded", 3, tags={"shop": "north"})
        ```
    """
    if not isinstance(target, (StatsD, Datadog, Prometheus, OpenTelemetry)):
        raise InvalidMetricSettingsError(
            f"metrics.configure: invalid target {type(target).__name__}. Pass a StatsD, Datadog, Prometheus or "
            "OpenTelemetry"
        )
    filters = Filters(
        checked_patterns("allow_list", list(allow_list)),
        checked_patterns("block_list", list(block_list)),
        checked_patterns("disabled_tags", list(disabled_tags)),
    )
    legacy = not isinstance(target, Prometheus) if legacy_names is None else legacy_names
    connect(MetricSettings(target, filters, legacy, isinstance(target, StatsD) and target.influxdb_tags))


def configure_from_airflow(settings: Mapping[str, object] | str | PathLike[str] | None = None) -> None:
    """Send metrics to the target that Airflow's own `[metrics]` settings name.

    If the settings name no target, send nothing.

    Args:
        settings: A mapping, such as `{"statsd_on": True, "statsd_host": "statsd"}`; the path of an airflow.cfg, whose
            settings the environment variables `AIRFLOW__METRICS__*` override; or None for only these variables.

    Raises:
        InvalidMetricSettingsError: A setting has an unknown name or an invalid value, or the file is unreadable or not
            an airflow.cfg.
        UnsupportedFeatureError: A setting is not supported.
        MissingPackageError: The target's client package isn't installed.
    """
    if isinstance(settings, Mapping):
        connect(read_settings(settings))
        return
    values: dict[str, str] = {}
    if settings is not None:
        from .._files.content import content

        text = content(Path(settings), InvalidMetricSettingsError).decode(errors="replace")
        values = settings_of_config(text, str(Path(settings)))
    connect(read_settings({**values, **settings_of_environment(os.environ)}))


def instrument(runnable: Runnable, *, tasks: Iterable[Task[..., Any]] = ()) -> Runnable:
    """Send Airflow's metrics of the runs of a flow and its tasks, or of one task. Works as a decorator.

    Each run of a flow sends `dagrun.duration.success` or `dagrun.duration.failed`, and, if the run is scheduled,
    `dagrun.schedule_delay` and `dagrun.first_task_scheduling_delay`. Each try of a task sends `ti.start`, `ti.finish`
    and `task.duration`, and either `ti_successes` and `operator_successes`, or `ti_failures` and `operator_failures`.
    Durations and delays are in milliseconds.

    The tags are those of Airflow 3: `dag_id`, which is the flow's name; `task_id`; `run_type`, for flow runs; `state`;
    and `operator_name`, which is `_PythonDecoratedOperator` for a plain `@task`, as in Airflow.

    If `runnable` is a flow, its tasks whose names appear in its code are measured, too.

    Args:
        runnable: The flow, or one task.
        tasks: Further tasks of the flow to measure, such as tasks that are elements of a list.

    Returns:
        The same flow or task.

    Raises:
        InvalidMetricSettingsError: `runnable` is neither a flow nor a task.

    Example:
        ```python
        from prefect import flow, task

        from airflow_compat import metrics

        @task
        def load(): ...

        @metrics.instrument
        @flow
        def etl():
            load()
        ```
    """
    from prefect import Flow, Task

    from ._flows import instrument_flow
    from ._tasks import instrument_task

    if isinstance(runnable, Flow):
        instrument_flow(runnable, tasks)
    elif isinstance(runnable, Task):
        instrument_task(runnable)
    else:
        raise InvalidMetricSettingsError(
            f"metrics.instrument: {runnable!r} is neither a flow nor a task. Put @metrics.instrument above @flow or "
            "@task"
        )
    return runnable


def emit_pools(*names: str) -> None:
    """Send three gauges for each pool, once: `pool.open_slots`, `pool.running_slots`, `pool.queued_slots`.

    Airflow's scheduler sends these gauges every five seconds. To send the gauges regularly, call this function from a
    scheduled flow, or run `airflow-compat metrics export`.

    Args:
        names: The names of the pools. Defaults to all pools.

    Raises:
        PoolNotReadyError: A named pool doesn't exist.
        ServerError: A request to the server failed.
    """
    from ._server import pool_samples

    for sample in pool_samples(names):
        emit(sample)
