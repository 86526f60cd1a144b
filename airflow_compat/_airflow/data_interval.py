"""Compute a run's dates and run id as in Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol

from ..errors import InvalidRunDatesError
from .version import AirflowVersion
from .zones import api_moment, in_utc

RUN_TYPES = ("scheduled", "manual", "backfill", "asset_triggered", "dataset_triggered")

LABEL_RUN_TYPE = "airflow-compat.run-type"
LABEL_LOGICAL_DATE = "airflow-compat.logical-date"
LABEL_START = "airflow-compat.data-interval-start"
LABEL_END = "airflow-compat.data-interval-end"
LABEL_RUN_ID = "airflow-compat.run-id"
"""The label with the run id of a run that a task of another DAG has started."""
LABEL_UNDATED = "airflow-compat.undated"
"""The label that marks a run without a logical date. Only Airflow 3 has runs without a logical date."""


class Ticks(Protocol):
    """The ticks: moments at which a schedule starts runs. Each method returns None if there is no such tick."""

    def before(self, moment: datetime) -> datetime | None:
        """Return the last tick before the moment."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first tick after the moment."""

    def latest_end(self, moment: datetime) -> datetime | None:
        """Return the end of the last interval that ended at or before the moment."""


@dataclass(frozen=True)
class DateLabels:
    """The dates in a flow run's labels; None for a missing label."""

    run_type: str | None = None
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None

    @property
    def are_complete(self) -> bool:
        return None not in (self.logical_date, self.data_interval_start, self.data_interval_end)


@dataclass(frozen=True)
class RunDates:
    """The dates of one run.

    Attributes:
        run_type: One of `RUN_TYPES`.
        logical_date: The logical date, which `ds` and `ts` show.
        data_interval_start: The start of the run's data interval.
        data_interval_end: The end of the run's data interval, exclusive.
        run_after: The date at which the run was due. For a backfill, the date at which a scheduler would have started
            the run.
        is_dated: Whether Airflow shows the run's dates, apart from `run_after`, which it always shows: Airflow 3 has
            runs without a logical date.
        is_test: Whether `dag.test()` made the run.
    """

    run_type: str
    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime
    is_dated: bool = field(default=True, kw_only=True)
    is_test: bool = field(default=False, kw_only=True)

    @property
    def is_triggered(self) -> bool:
        """Airflow 2's `external_trigger`. False for a run of `dag.test()`, although its type is "manual"."""
        return self.run_type == "manual" and not self.is_test


def read_labels(labels: Mapping[str, Any]) -> DateLabels:
    """Return the dates in a flow run's labels. As in Airflow, a date without an offset is in UTC.

    Raises:
        InvalidRunDatesError: A label, which the message names, is not an ISO date or a known run type.
    """
    run_type = labels.get(LABEL_RUN_TYPE)
    if run_type is not None and run_type not in RUN_TYPES:
        raise InvalidRunDatesError(f"label {LABEL_RUN_TYPE} is {run_type!r}. Use one of {', '.join(RUN_TYPES)}")
    return DateLabels(run_type, *(_moment(labels, name) for name in (LABEL_LOGICAL_DATE, LABEL_START, LABEL_END)))


def make_run_dates(
    run_type: str, moment: datetime, ticks: Ticks | None, labels: DateLabels, *, airflow_version: AirflowVersion
) -> RunDates:
    """Return a run's dates, computed as in Airflow for scheduled, triggered and backfill runs.

    In Airflow 3, all dates are equal to `moment` (`CronTriggerTimetable`). In Airflow 2, the data interval of a
    scheduled run or a backfill ends at `moment`, and the interval's start is the logical date. A manual run has the
    last complete data interval, and `moment` is its logical date (`_DataIntervalTimetable`). Without `ticks`, the rules
    of Airflow 3 apply to both releases.

    Labels override computed dates. If a label sets the logical date, the data interval is computed from that date.

    Raises:
        InvalidRunDatesError: The data interval would end before it starts.
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
            f"the data interval would end at {end.isoformat()}, before it starts at {start.isoformat()}. Set the "
            f"label {LABEL_START} to an earlier date than {LABEL_END}"
        )
    return RunDates(kind, date, start, end, end if kind == "backfill" else moment)


def run_id(dates: RunDates, *, airflow_version: AirflowVersion) -> str:
    """Return a run id in Airflow's form: `scheduled__2026-11-22T00:00:00+00:00`.

    The id contains the logical date in Airflow 2, and `run_after` in Airflow 3 (`Timetable.generate_run_id`). The id of
    a run without a logical date ends in random characters.
    """
    moment = dates.logical_date if airflow_version == "2" else dates.run_after
    return f"{dates.run_type}__{moment.isoformat()}{'' if dates.is_dated else f'_{token_hex(4)}'}"


_FORMS = {"ds": "%Y-%m-%d", "ds_nodash": "%Y%m%d"}
NEIGHBOUR_KEYS = (
    *(f"{which}_{key}" for which in ("prev", "next", "yesterday", "tomorrow") for key in _FORMS),
    "prev_execution_date",
    "next_execution_date",
)
"""The context keys that `neighbours` returns."""


def neighbours(dates: RunDates, ticks: Ticks | None) -> dict[str, Any]:
    """Return the Airflow 2 context keys for the previous and the next run: `prev_ds`, `next_execution_date`, ...

    For a triggered run, the keys for the previous and the next run contain the triggered run's own date. Without a
    schedule, the keys for the previous and the next run are None. `yesterday_ds` and `tomorrow_ds` are always one day
    away (2.11, `models.taskinstance._get_template_context`).
    """
    date = dates.logical_date
    previous = date if dates.is_triggered else ticks.before(date) if ticks else None
    following = date if dates.is_triggered else ticks.latest_end(dates.data_interval_end) if ticks else None
    day = timedelta(days=1)
    moments = {"prev": previous, "next": following, "yesterday": date - day, "tomorrow": date + day}
    return {
        "prev_execution_date": previous,
        "next_execution_date": following,
        **{
            f"{which}_{key}": moment and moment.strftime(form)
            for which, moment in moments.items()
            for key, form in _FORMS.items()
        },
    }


def _moment(labels: Mapping[str, Any], name: str) -> datetime | None:
    text = labels.get(name)
    if text is None:
        return None
    try:
        return in_utc(api_moment(text), "UTC")
    except (AttributeError, OverflowError, ValueError):
        raise InvalidRunDatesError(
            f"label {name} is {text!r}. Use an ISO date such as 2026-11-22T00:00:00+00:00"
        ) from None
