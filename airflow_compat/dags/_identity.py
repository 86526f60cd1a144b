"""Lets a DAG have only one run for each logical date, and writes a run's dates to the labels of its flow run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._airflow.dag_runs import claim_name
from .._airflow.data_interval import (
    LABEL_END,
    LABEL_LOGICAL_DATE,
    LABEL_RUN_TYPE,
    LABEL_START,
    RunDates,
    read_labels,
)
from .._airflow.zones import in_utc
from .._prefect.datetimes import in_pendulum, plain
from .._prefect.internals.names import is_generated_run_name
from .._prefect.processes import ATTEMPT, labels_of_process
from .._prefect.run_dates import is_by_automation, is_scheduled
from ..errors import DagRunExistsError
from . import _server as server

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from ..schedules import Schedule
    from ._run_schedule import OwnTimetable


def dates_of(
    flow_run: FlowRun,
    logical_date: datetime | None,
    schedule: Schedule | OwnTimetable,
    *,
    is_undated: bool = False,
    is_test: bool = False,
) -> RunDates:
    """Return the dates of a DAG's run, each in UTC.

    The logical date comes from the first of these sources that has one: the labels of the flow run, which a backfill
    sets; the parameter `logical_date`; the time for which the run was scheduled or triggered.

    Args:
        flow_run: The flow run.
        logical_date: The flow's parameter `logical_date`.
        schedule: The schedule of the DAG.
        is_undated: Whether the run has no logical date if neither a label nor the parameter contains one. In Airflow 3,
            a run that was started by asset events has no logical date either.
        is_test: Whether `dags.test` or `DAG.test` created the run.

    Raises:
        InvalidRunDatesError: A label has no valid date.
    """
    labels = read_labels(flow_run.labels)
    moment = plain(flow_run.expected_start_time or flow_run.created or datetime.now(timezone.utc))
    run_type = labels.run_type or _run_type(flow_run, logical_date, schedule)
    if logical_date is None and labels.logical_date is None and (is_undated or run_type == "asset_triggered"):
        return RunDates(run_type, *[in_pendulum(moment)] * 4, is_dated=False, is_test=is_test)
    given = labels.logical_date or (in_utc(logical_date, "UTC") if logical_date else None)
    interval = schedule.data_interval_for(given or moment)
    date = given or (interval.start if run_type == "scheduled" else moment)
    if run_type != "manual" and given and (scheduled := next(schedule.runs_between(date, date), None)):
        interval = scheduled.data_interval
    start, end = labels.data_interval_start or interval.start, labels.data_interval_end or interval.end
    run_after = end if run_type == "backfill" or (run_type == "manual" and given) else moment
    return RunDates(run_type, *map(in_pendulum, (date, start, end, run_after)), is_test=is_test)


def _run_type(flow_run: FlowRun, logical_date: datetime | None, schedule: Schedule | OwnTimetable) -> str:
    if logical_date is None and is_scheduled(flow_run):
        return "scheduled"
    if logical_date is None and is_by_automation(flow_run) and schedule.assets is not None:
        return "dataset_triggered" if schedule.airflow_version == "2" else "asset_triggered"
    return "manual"


def dates_as_text(dates: RunDates) -> dict[str, str]:
    """Return a run's dates as JSON data."""
    moments = {name: getattr(dates, name).isoformat() for name in _MOMENTS}
    flags = {"is_undated": not dates.is_dated, "is_test": dates.is_test}
    return {"run_type": dates.run_type, **moments, **{name: "yes" for name, is_set in flags.items() if is_set}}


def dates_from_text(texts: Mapping[str, str]) -> RunDates:
    """Convert the result of `dates_as_text` back to dates."""
    moments = [in_pendulum(datetime.fromisoformat(texts[name])) for name in _MOMENTS]
    return RunDates(texts["run_type"], *moments, is_dated="is_undated" not in texts, is_test="is_test" in texts)


def write_labels(flow_run: FlowRun, dates: RunDates) -> None:
    """Write a run's dates, its run type and its process to the labels of its flow run, unless the labels have them.

    Raises:
        ServerError: A request to the server failed.
    """
    labels = {LABEL_RUN_TYPE: dates.run_type, **labels_of_process(), ATTEMPT: str(flow_run.run_count)}
    if dates.is_dated:
        labels |= {
            LABEL_LOGICAL_DATE: dates.logical_date.isoformat(),
            LABEL_START: dates.data_interval_start.isoformat(),
            LABEL_END: dates.data_interval_end.isoformat(),
        }
    missing = {name: value for name, value in labels.items() if flow_run.labels.get(name) != value}
    if missing:
        server.write_labels(flow_run.id, missing)
        flow_run.labels.update(missing)


def show_run_id(flow_run: FlowRun, name: str) -> None:
    """Rename a flow run to its run id, unless a user chose its name.

    Raises:
        ServerError: A request to the server failed.
    """
    if is_generated_run_name(flow_run.name):
        server.rename_flow_run(flow_run.id, name)
        flow_run.name = name


_MOMENTS = ("logical_date", "data_interval_start", "data_interval_end", "run_after")


@dataclass(frozen=True)
class RunClaim:
    """The claim of one flow run to a logical date of a DAG, for which no other run may have a claim."""

    dag_id: str
    logical_date: datetime

    @property
    def name(self) -> str:
        """The claim's name on the server, which consists of lower-case letters, digits and dashes."""
        return claim_name(self.dag_id, self.logical_date)

    def take(self, flow_run: FlowRun, *, replaces: bool = False) -> None:
        """Claim the date for a flow run. Another run loses its claim if it failed, was cancelled or was deleted.

        Args:
            flow_run: The flow run.
            replaces: Whether any other run loses its claim to the date. True for a test run.

        Raises:
            DagRunExistsError: Another run has this date, and has succeeded or is still running.
            ServerError: A request to the server failed.
        """
        while (holder := server.take_name(self.name, flow_run.id)) is not None:
            if holder.flow_run_id == flow_run.id:
                return
            other: Any = None if replaces else server.read_flow_run(holder.flow_run_id)
            state = other and other.state
            if state is not None and not (state.is_failed() or state.is_crashed() or state.is_cancelled()):
                raise DagRunExistsError(
                    f"DAG {self.dag_id!r} has another run for the logical date {self.logical_date.isoformat()}: flow "
                    f"run {other.name!r} ({other.id}) in state {state.name}. Retry or delete that run, or pass another "
                    "logical_date."
                )
            server.release_name(holder)
