"""Finds the alerts on the server that the deadlines and SLAs of a DAG need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from ..automations._alerts import check_reference
from ..automations._request import one_or_more
from ..automations._triggers import SHORTEST
from ..errors import InvalidScheduleError, UnsupportedFeatureError
from ._problem import Problem
from ._schedule import schedule_of

if TYPE_CHECKING:
    from ..authoring import DAG

# If the logical dates of this many runs are their start times, those of all runs are.
_RUNS = 3
_LONGER = f"Use at least {SHORTEST.seconds} s, Prefect's minimum"
_SOME_DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class TimedAlert:
    """An alert that fires when a run of a DAG is not done in time. It contains only strings and numbers.

    Attributes:
        kind: `deadline` for a `DeadlineAlert` of Airflow 3, `sla` for tasks with an `sla` in Airflow 2.
        seconds: The time from when the run is due.
        number: The position of the `DeadlineAlert` in the DAG's `deadline`; 0 for an SLA.
        callbacks: The number of callbacks.
        has_email: Whether a task that can miss the SLA has email addresses.
    """

    dag_id: str
    file: str
    kind: Literal["deadline", "sla"]
    seconds: float
    number: int = 0
    callbacks: int = 1
    has_email: bool = False


def timed_alerts(dag: DAG, file: str) -> Iterator[TimedAlert | Problem]:
    """Yield the alerts for the deadlines and SLAs of a DAG, and a problem for each one that has no alert."""
    found = [*_deadlines(dag, file), *_slas(dag, file)]
    yield from found
    if any(isinstance(each, TimedAlert) for each in found):
        message = f"the deadlines and SLAs of DAG {dag.dag_id!r} need alerts on the server"
        step = "Apply the alerts: airflow-compat automations apply dag_alerts.py"
        yield Problem(file, 0, "alert", message, step, "note")


def sla_tasks(dag: DAG, seconds: float) -> list[Any]:
    """Return the tasks of a DAG that have this SLA."""
    return [task for task in dag.task_dict.values() if _seconds(getattr(task, "sla", None)) == seconds]


def callbacks_of(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _deadlines(dag: DAG, file: str) -> Iterator[TimedAlert | Problem]:
    for number, deadline in enumerate(one_or_more(dag.deadline)):
        seconds, reference = _seconds(getattr(deadline, "interval", None)), getattr(deadline, "reference", None)
        if seconds is None or not isinstance(reference, str):
            yield _problem(
                dag, file, "a deadline has a custom reference or interval", "Use DAGRUN_QUEUED_AT and a timedelta"
            )
        elif seconds < SHORTEST.total_seconds():
            yield _problem(dag, file, "a deadline is too short for an alert", _LONGER)
        elif reference == "DAGRUN_LOGICAL_DATE" and not _starts_at_logical_date(dag):
            yield _problem(
                dag,
                file,
                "an alert can't count from the logical date, because the runs begin at the end of their data interval",
                "Use DAGRUN_QUEUED_AT with a shorter interval",
            )
        else:
            try:
                check_reference("DAGRUN_QUEUED_AT" if reference == "DAGRUN_LOGICAL_DATE" else reference)
            except UnsupportedFeatureError as exc:
                message, _, step = str(exc).rstrip(".").partition(". ")
                yield _problem(dag, file, f"{message[0].lower()}{message[1:]}", step)
            else:
                yield TimedAlert(dag.dag_id, file, "deadline", seconds, number)


def _slas(dag: DAG, file: str) -> Iterator[TimedAlert | Problem]:
    slas = sorted({seconds for task in dag.task_dict.values() if (seconds := _seconds(getattr(task, "sla", None)))})
    callbacks = len(callbacks_of(dag.sla_miss_callback))
    if slas and dag.airflow_version == "3":
        yield _problem(dag, file, "an sla has no effect in Airflow 3", "Use the DAG's deadline")
        return
    for seconds in slas:
        has_email = any(getattr(task, "email", None) for task in sla_tasks(dag, seconds))
        shown = timedelta(seconds=seconds)
        if seconds < SHORTEST.total_seconds():
            yield _problem(dag, file, f"the sla of {shown} is too short for an alert", _LONGER)
        elif not callbacks and not has_email:
            message = f"the sla of {shown} makes no alert, because the DAG has neither sla_miss_callback nor email"
            yield _problem(dag, file, message, "Use automations.on_sla_miss with notify=")
        else:
            yield TimedAlert(dag.dag_id, file, "sla", seconds, callbacks=callbacks, has_email=has_email)


def _starts_at_logical_date(dag: DAG) -> bool:
    """Return True if scheduled runs begin at their logical date, as with Airflow 3's default for cron schedules."""
    try:
        runs = schedule_of(dag).next_runs(_SOME_DATE, _RUNS)
    except (InvalidScheduleError, UnsupportedFeatureError):
        return False
    return all(run.logical_date == run.run_after for run in runs)


def _seconds(value: Any) -> float | None:
    return value.total_seconds() if isinstance(value, timedelta) else None


def _problem(dag: DAG, file: str, message: str, step: str) -> Problem:
    return Problem(file, 0, "alert", f"DAG {dag.dag_id!r}: {message}", step, "warning")
