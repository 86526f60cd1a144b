"""Sends Airflow's metrics of a DAG run and of its tries, if the process has a target for metrics."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ..errors import AirflowCompatError
from ..metrics import configure_from_airflow
from ..metrics._names import normal_name
from ..metrics._sample import Sample
from ..metrics._settings import settings_of_environment
from ..metrics._stats import emit, is_connected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._airflow.graph import InstanceKey
    from .._prefect.run_logger import Logger
    from ._loading import LoadedFile
    from ._records import Record, RunEnd
    from ._run import DagRunState

# Operators whose class names in Airflow begin with an underscore.
_WITH_UNDERSCORE = ("BashDecoratedOperator", "PythonDecoratedOperator", "PythonVirtualenvDecoratedOperator")


def metrics_of(run: DagRunState, begun: Mapping[str, str] | None, logger: Logger) -> RunMetrics:
    """Return the metrics of a run.

    Args:
        run: The run.
        begun: The record that the first process of the run wrote; None if this is the first process.
        logger: The run's logger.
    """
    _connect_as_airflow(run.loaded, logger)
    return RunMetrics(run, began=float((begun or {}).get("began", time.time())), is_first=begun is None)


def _connect_as_airflow(loaded: LoadedFile | None, logger: Logger) -> None:
    """Send metrics to the target in Airflow's configuration, unless the process already has a target.

    The configuration is the variables `AIRFLOW__METRICS__*` and, for a DAG of a file, the section `[metrics]` of
    `airflow.cfg`.
    """
    if is_connected():
        return
    settings = loaded.configuration.getsection("metrics") if loaded else settings_of_environment(os.environ)
    try:
        configure_from_airflow(settings or {})
    except AirflowCompatError as error:
        logger.warning("This run sends no metrics: %s", error)


class RunMetrics:
    """The metrics of one run.

    Args:
        run: The run.
        began: When the run began, in seconds since the epoch.
        is_first: Whether this process is the first one of the run, and not a restart.
    """

    def __init__(self, run: DagRunState, *, began: float, is_first: bool) -> None:
        self._run, self._began = run, began
        self._dag_id = normal_name(run.dag.dag_id)
        self._awaits_first = is_first and run.dates.run_type == "scheduled"
        if self._awaits_first:
            # Airflow sends this metric without a tag for the run type.
            self._timing("dagrun.schedule_delay", self._delay(began), {"dag_id": self._dag_id})

    def started(self, key: InstanceKey) -> None:
        """Report the start of a try."""
        if not is_connected():
            return
        if self._awaits_first:
            self._awaits_first = False
            self._timing("dagrun.first_task_scheduling_delay", self._delay(time.time()), self._of_run())
        emit(Sample("counter", "ti.start", 1, self._of_task(key)))

    def ended(self, record: Record) -> None:
        """Report the end of a try."""
        if not is_connected():
            return
        tags = self._of_task(record.key)
        emit(Sample("counter", "ti.finish", 1, {**tags, "state": record.state}))
        # For a skipped task, Airflow 3 sends no further metrics.
        if record.state == "skipped":
            return
        if record.start_date is not None:
            self._timing("task.duration", record.at - record.start_date, tags)
        end = "successes" if record.state == "success" else "failures"
        emit(Sample("counter", f"operator_{end}", 1, {**tags, "operator_name": self._operator_name(record.task_id)}))
        emit(Sample("counter", f"ti_{end}", 1, tags))

    def run_ended(self, end: RunEnd) -> None:
        """Report the end of the run."""
        name = "success" if end.state == "success" else "failed"
        self._timing(f"dagrun.duration.{name}", end.at - self._began, self._of_run())

    def _operator_name(self, task_id: str) -> str:
        name = str(self._run.dag.get_task(task_id).task_type)
        return f"_{name}" if name in _WITH_UNDERSCORE else name

    def _of_run(self) -> dict[str, str]:
        return {"dag_id": self._dag_id, "run_type": self._run.dates.run_type}

    def _of_task(self, key: InstanceKey) -> dict[str, str]:
        return {"dag_id": self._dag_id, "task_id": normal_name(key.task_id)}

    def _delay(self, moment: float) -> float:
        return moment - self._run.dates.run_after.timestamp()

    def _timing(self, name: str, seconds: float, tags: dict[str, str]) -> None:
        if is_connected():
            emit(Sample("timing", name, seconds * 1000, tags))
