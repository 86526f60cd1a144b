"""Airflow's metrics: `Stats`, and those of flow and task runs, to StatsD, Datadog, Prometheus or OpenTelemetry.

Nothing is sent until `configure` or `configure_from_airflow` was called in the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ._airflow.metric_names import Filters
from ._airflow.metric_settings import (
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
from ._metrics.stats import Stats, Timer, connect, disconnect, emit
from ._metrics.stats import flush as _flush
from .errors import InvalidMetricSettingsError

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
    """Have this process's metrics go somewhere. Called again, it changes where.

    A measurement is handed to a daemon thread, which sends it: a backend that is slow or gone never holds up the code.
    What is more than 10,000 measurements behind is dropped, and a process's end waits for two seconds at most.
    A forked process sends its own.

    Args:
        target: Where they go.
        allow_list: Only the metrics that one of these regular expressions is found in.
        block_list: Not the metrics that one of these is found in; ignored beside an `allow_list`, as in Airflow.
        disabled_tags: Not the tags that one of these is found in.
        legacy_names: Whether each is sent under its older name too, which holds the tags: `ti.start.etl.load` beside
            `ti.start`. By default it is, but for Prometheus, whose labels say the same.

    Raises:
        InvalidMetricSettingsError: A pattern is none, or Prometheus' port can't be opened.
        MissingPackageError: The target's client isn't installed.

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
            f"configure: {type(target).__name__} is no target; give a StatsD, Datadog, Prometheus or OpenTelemetry"
        )
    filters = Filters(
        checked_patterns("allow_list", list(allow_list)),
        checked_patterns("block_list", list(block_list)),
        checked_patterns("disabled_tags", list(disabled_tags)),
    )
    legacy = not isinstance(target, Prometheus) if legacy_names is None else legacy_names
    influxdb = isinstance(target, StatsD) and target.influxdb_tags
    connect(MetricSettings(target, filters, legacy, influxdb))


def configure_from_airflow(settings: Mapping[str, object] | str | PathLike[str] | None = None) -> None:
    """Have metrics go where Airflow's own `[metrics]` settings say; nowhere, where they switch none on.

    Args:
        settings: The settings as a mapping, `{"statsd_on": True, "statsd_host": "statsd"}`, the path of an airflow.cfg,
            or None for the environment's `AIRFLOW__METRICS__*`. Those go before a file's, as in Airflow.

    Raises:
        InvalidMetricSettingsError: A setting is misspelt, its value is none, or the file can't be used.
        UnsupportedFeatureError: A setting has no counterpart.
        MissingPackageError: The client isn't installed.
    """
    if isinstance(settings, Mapping):
        connect(read_settings(settings))
        return
    values: dict[str, str] = {}
    if settings is not None:
        from ._files.content import content

        path = Path(settings)
        text = content(path, InvalidMetricSettingsError).decode(errors="replace")
        values = settings_of_config(text, str(path))
    connect(read_settings({**values, **settings_of_environment(os.environ)}))


def instrument(runnable: Runnable, *, tasks: Iterable[Task[..., Any]] = ()) -> Runnable:
    """Have the runs of a flow and its tasks, or of one task, measured under Airflow's names. Also a decorator.

    A flow: `dagrun.duration.success`, `dagrun.duration.failed` and, for a scheduled run, `dagrun.schedule_delay` and
    `dagrun.first_task_scheduling_delay`. Each try of a task: `ti.start`, `ti.finish`, `task.duration`, `ti_successes`,
    `ti_failures`, `operator_successes` and `operator_failures`; times in milliseconds. The tags are Airflow 3's:
    `dag_id`, the flow's name; `task_id`; a flow's `run_type`; `state` and `operator_name`, which is
    `_PythonDecoratedOperator` for a plain `@task` as for Airflow's.

    A flow's tasks are those that its code names when it runs.

    Args:
        runnable: The flow, or one task.
        tasks: Those of the flow's tasks that its code doesn't name, such as some in a list.

    Returns:
        The very flow or task.

    Raises:
        InvalidMetricSettingsError: It is neither a flow nor a task.

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

    from ._metrics.instrument import instrument_flow
    from ._metrics.of_tasks import instrument_task

    if isinstance(runnable, Flow):
        instrument_flow(runnable, tasks)
    elif isinstance(runnable, Task):
        instrument_task(runnable)
    else:
        raise InvalidMetricSettingsError(
            f"instrument was put on {runnable!r}, which is neither a flow nor a task: "
            "write @metrics.instrument above @flow or @task, not below"
        )
    return runnable


def emit_pools(*names: str) -> None:
    """Send the pools' gauges once: `pool.open_slots`, `pool.running_slots`, `pool.queued_slots`.

    Airflow's scheduler does so every five seconds; call it from a flow with a schedule, or run
    `airflow-compat metrics export`.

    Args:
        names: The pools; all when there are none.

    Raises:
        PoolNotReadyError: One of the pools doesn't exist.
        ServerError: The server can't be asked.
    """
    from ._metrics.pools import pool_samples

    for sample in pool_samples(names):
        emit(sample)


def flush(timeout: float = 2.0) -> bool:
    """Wait until what was measured so far is sent, as it is at the process's end.

    Args:
        timeout: The seconds to wait at most.

    Returns:
        Whether it was handed over in time.
    """
    return _flush(timeout)


def shutdown(timeout: float = 2.0) -> None:
    """Send what there is, close what is open, and send nothing more.

    Args:
        timeout: The seconds to wait at most.
    """
    disconnect(timeout)
