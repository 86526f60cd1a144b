"""Computes a flow run's Airflow dates from the run and, for Airflow 2, from its deployment's schedule."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timezone
from operator import itemgetter
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import DeploymentSchedule, FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from .._airflow.data_interval import RunDates, Ticks, make_run_dates, neighbours, read_labels
from .._airflow.version import AirflowVersion
from ..errors import InvalidRunDatesError
from .client import kept_client
from .datetimes import in_pendulum, plain
from .failures import server_call
from .internals.names import schedule_in_key
from .schedule_ticks import ticks_of

# The number of deployments whose schedules are cached, and the seconds for which they are cached.
_KEPT_SECONDS, _KEPT_MOST = 300.0, 64
_kept: dict[tuple[object, UUID], tuple[float, tuple[DeploymentSchedule, ...]]] = {}


def run_dates(flow_run: FlowRun, *, airflow_version: AirflowVersion) -> RunDates:
    """Return the run's dates, each a `pendulum.DateTime` in UTC as in Airflow.

    For Airflow 2, the run's deployment is read from the server if the labels lack dates. For Airflow 3, or if the
    labels contain the dates, the function sends no request.

    Args:
        flow_run: The run. Dates in the run's labels `airflow-compat.*` take precedence.
        airflow_version: "2" or "3"; see `make_run_dates`.

    Raises:
        InvalidRunDatesError: A label has no valid date.
        ServerError: The request for the deployment failed.
    """
    labels = read_labels(flow_run.labels)
    moment = _moment_of(flow_run)
    ticks = _ticks(flow_run, moment) if airflow_version == "2" and not labels.are_complete else None
    run_type = "scheduled" if is_scheduled(flow_run) else "manual"
    dates = make_run_dates(run_type, moment, ticks, labels, airflow_version=airflow_version)
    moments = (dates.logical_date, dates.data_interval_start, dates.data_interval_end, dates.run_after)
    # Convert each different moment once: in Airflow 3, all four dates are equal.
    converted = {each: in_pendulum(each) for each in set(moments)}
    return RunDates(dates.run_type, *(converted[each] for each in moments))


def run_neighbours(flow_run: FlowRun) -> dict[str, Any]:
    """Return Airflow 2's context keys for the previous and the next run: `prev_ds`, `next_execution_date`, ...

    Raises:
        InvalidRunDatesError: A label has no valid date.
        ServerError: The request for the deployment failed.
    """
    dates = run_dates(flow_run, airflow_version="2")
    ticks = None if dates.is_triggered else _ticks(flow_run, _moment_of(flow_run))
    return {
        key: in_pendulum(value) if isinstance(value, datetime) else value
        for key, value in neighbours(dates, ticks).items()
    }


@server_call
def previous_successful_run(flow_run: FlowRun, *, airflow_version: AirflowVersion) -> FlowRun | None:
    """Return the completed run with the latest logical date before that of this run, or None.

    The returned run belongs to the same deployment or, without a deployment, to the same flow. Searches only one page
    of runs, 200 by default: the latest runs before this run, or the latest of all runs if a label sets this run's
    logical date.

    Raises:
        InvalidRunDatesError: A label of this run has no valid date.
        ServerError: A request failed.
    """
    earlier_than = run_dates(flow_run, airflow_version=airflow_version).logical_date
    wanted: dict[str, Any] = {"state": {"type": {"any_": [StateType.COMPLETED.value]}}}
    body: dict[str, Any] = {"flow_runs": wanted, "sort": FlowRunSort.EXPECTED_START_TIME_DESC.value}
    if flow_run.deployment_id:
        wanted["deployment_id"] = {"any_": [str(flow_run.deployment_id)]}
    else:
        body["flows"] = {"id": {"any_": [str(flow_run.flow_id)]}}
    if read_labels(flow_run.labels).logical_date is None:
        wanted["expected_start_time"] = {"before_": _moment_of(flow_run).isoformat()}
    answer = kept_client().request("POST", "/flow_runs/filter", json=body).json()
    dated: list[tuple[datetime, FlowRun]] = []
    for run in map(FlowRun.model_validate, answer):
        # An invalid label of another run must not cause an error here.
        with suppress(InvalidRunDatesError):
            dated.append((run_dates(run, airflow_version=airflow_version).logical_date, run))
    earlier = [(date, run) for date, run in dated if date < earlier_than]
    return max(earlier, key=itemgetter(0), default=(None, None))[1]


def _moment_of(flow_run: FlowRun) -> datetime:
    """Return when the run was scheduled or triggered; the current time if no server has the run."""
    return plain(flow_run.expected_start_time or flow_run.created or datetime.now(timezone.utc))


def is_scheduled(flow_run: FlowRun) -> bool:
    """Return True if a schedule created the run."""
    return flow_run.auto_scheduled or _schedule_id(flow_run) is not None


def is_by_automation(flow_run: FlowRun) -> bool:
    """Return True if an automation created the run."""
    return flow_run.created_by is not None and flow_run.created_by.type == "AUTOMATION"


def _schedule_id(flow_run: FlowRun) -> UUID | None:
    creator = flow_run.created_by
    if creator and creator.type == "SCHEDULE" and creator.id:
        return creator.id
    return schedule_in_key(flow_run.idempotency_key)


def _ticks(flow_run: FlowRun, moment: datetime) -> Ticks | None:
    """Return the ticks of the run's schedule; for a manual run, of the deployment's first active schedule."""
    if flow_run.deployment_id is None:
        return None
    schedules = _schedules(flow_run.deployment_id)
    made_by = _schedule_id(flow_run)
    for entry in schedules:
        if entry.id == made_by:
            return ticks_of(entry.schedule)
    active = [ticks for entry in schedules if entry.active and (ticks := ticks_of(entry.schedule))]
    if is_scheduled(flow_run):
        # If the flow is deployed again, its schedules have new ids. Prefer a schedule with a tick at the run's moment.
        active.sort(key=lambda ticks: ticks.latest_end(moment) != moment)
    return active[0] if active else None


@server_call
def _schedules(deployment_id: UUID) -> tuple[DeploymentSchedule, ...]:
    """Return the deployment's schedules, the oldest first; empty if the deployment was deleted."""
    key = (PREFECT_API_URL.value(), deployment_id)
    now = time.monotonic()
    read_at, schedules = _kept.get(key, (-_KEPT_SECONDS, ()))
    if now - read_at < _KEPT_SECONDS:
        return schedules
    try:
        found = kept_client().read_deployment(deployment_id).schedules
    except ObjectNotFound:
        found = []
    # The server returns the newest schedule first.
    oldest_first = tuple(sorted(found, key=lambda entry: entry.created.timestamp() if entry.created else 0.0))
    while len(_kept) >= _KEPT_MOST:
        _kept.pop(next(iter(_kept)), None)
    _kept.pop(key, None)
    _kept[key] = now, oldest_first
    return oldest_first
