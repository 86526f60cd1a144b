"""The dates of a run as Airflow has them: its logical date, its data interval and its id, and the dates around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from ..errors import InvalidRunDatesError
from .version import AirflowVersion

RUN_TYPES = ("scheduled", "manual", "backfill")

LABEL_RUN_TYPE = "airflow-compat.run-type"
LABEL_LOGICAL_DATE = "airflow-compat.logical-date"
LABEL_START = "airflow-compat.data-interval-start"
LABEL_END = "airflow-compat.data-interval-end"


class Ticks(Protocol):
    """The moments at which a schedule runs something. None stands for one that doesn't exist."""

    def before(self, moment: datetime) -> datetime | None:
        """The last tick that is earlier than the moment."""

    def after(self, moment: datetime) -> datetime | None:
        """The first tick that is later than the moment."""

    def latest_end(self, moment: datetime) -> datetime | None:
        """Where the last interval ends that is over at the moment."""


@dataclass(frozen=True)
class DateLabels:
    """What a flow run's labels say of its dates; None where they say nothing."""

    run_type: str | None = None
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None

    @property
    def are_complete(self) -> bool:
        """Whether no date is left to be found."""
        return None not in (self.logical_date, self.data_interval_start, self.data_interval_end)


@dataclass(frozen=True)
class RunDates:
    """The dates of one run.

    Attributes:
        run_type: `scheduled`, `manual` or `backfill`.
        logical_date: What `ds` and `ts` are made of.
        data_interval_start: The earliest moment of the data that the run is for.
        data_interval_end: The moment after the latest.
        run_after: The moment that the run was to start at; for a backfill, the one at which a scheduler would have
            started it.
    """

    run_type: str
    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime


def read_labels(labels: Mapping[str, Any]) -> DateLabels:
    """What the labels of a flow run say of its dates. A date without an offset is in UTC, as in Airflow.

    Raises:
        InvalidRunDatesError: One of them is no ISO date, or no type of run; the message names it.
    """
    run_type = labels.get(LABEL_RUN_TYPE)
    if run_type is not None and run_type not in RUN_TYPES:
        raise InvalidRunDatesError(f"label {LABEL_RUN_TYPE} is {run_type!r}; write one of {', '.join(RUN_TYPES)}")
    return DateLabels(run_type, *(_moment(labels, name) for name in (LABEL_LOGICAL_DATE, LABEL_START, LABEL_END)))


def make_run_dates(
    run_type: str, moment: datetime, ticks: Ticks | None, labels: DateLabels, *, airflow_version: AirflowVersion
) -> RunDates:
    """The dates of a run, as Airflow's scheduler, its trigger and its backfill give them.

    "3" has one moment for all (`CronTriggerTimetable`). In "2" the interval of a scheduled run, or of a backfill, is
    the schedule's that ends at the run's moment, and the logical date is its start; a manual run has the last interval
    that is over, and its own moment as the logical date (`_DataIntervalTimetable`).

    A label wins over what would be found without it; the interval is that of the labelled logical date.

    Args:
        run_type: One of `RUN_TYPES`, where no label says it.
        moment: When the run was scheduled, or triggered, for.
        ticks: The schedule's; None without one, which gives one moment for all in "2" too.
        labels: What `read_labels` gave.
        airflow_version: "2" or "3".

    Raises:
        InvalidRunDatesError: The labels leave an interval that ends before it starts.
    """
    kind = labels.run_type or run_type
    date = labels.logical_date or moment
    start = end = date
    if airflow_version == "2" and ticks is not None:
        if kind == "manual":
            end = ticks.latest_end(date) or date
            start = ticks.before(end) or end
        elif labels.logical_date:
            end = ticks.after(start) or start
        else:
            start = date = ticks.before(end) or end
    start, end = labels.data_interval_start or start, labels.data_interval_end or end
    if end < start:
        raise InvalidRunDatesError(
            f"the data interval would end at {end.isoformat()}, before it starts at {start.isoformat()}; set both "
            f"labels, {LABEL_START} and {LABEL_END}, and the earlier one first"
        )
    return RunDates(kind, date, start, end, end if kind == "backfill" else moment)


def run_id(dates: RunDates, *, airflow_version: AirflowVersion) -> str:
    """Airflow's own form of a run id: `scheduled__2026-11-22T00:00:00+00:00`.

    It tells the logical date in "2", and when the run was to start in "3" (`Timetable.generate_run_id`).
    """
    moment = dates.logical_date if airflow_version == "2" else dates.run_after
    return f"{dates.run_type}__{moment.isoformat()}"


def neighbours(dates: RunDates, ticks: Ticks | None) -> dict[str, Any]:
    """The keys that a context of Airflow 2 has for the runs before and after: `prev_ds`, `next_execution_date`, ...

    Those of a manual run are its own date; without a schedule there are none, and the values are None. `yesterday_ds`
    and `tomorrow_ds` are a day away, whatever the schedule (2.11, `models.taskinstance._get_template_context`).
    """
    date = dates.logical_date
    previous: datetime | None
    following: datetime | None
    if dates.run_type == "manual":
        previous = following = date
    else:
        previous = ticks.before(date) if ticks else None
        following = ticks.latest_end(dates.data_interval_end) if ticks else None
    keys: dict[str, Any] = {"prev_execution_date": previous, "next_execution_date": following}
    day = timedelta(days=1)
    moments = {"prev": previous, "next": following, "yesterday": date - day, "tomorrow": date + day}
    for name, moment in moments.items():
        keys[f"{name}_ds"] = moment and moment.strftime("%Y-%m-%d")
        keys[f"{name}_ds_nodash"] = moment and moment.strftime("%Y%m%d")
    return keys


def _moment(labels: Mapping[str, Any], name: str) -> datetime | None:
    text = labels.get(name)
    if text is None:
        return None
    try:
        # Python 3.10 reads no Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (AttributeError, OverflowError, ValueError):
        problem = f"label {name} is {text!r}; write an ISO date such as 2026-11-22T00:00:00+00:00"
        raise InvalidRunDatesError(problem) from None
