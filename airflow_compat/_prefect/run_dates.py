"""A flow run's dates as Airflow has them: of the run itself and, in Airflow 2, of its deployment's schedule."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
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
from .failures import server_call
from .moments import in_pendulum, plain
from .ticks import ticks_of

# What Prefect's scheduler names its runs by: the deployment, the schedule, the date.
_SCHEDULER_KEY = re.compile(r"scheduled ([0-9a-f-]{36}) ([0-9a-f-]{36}) ")

# Deployments' schedules, for so many seconds and of so many deployments at most.
_KEPT_SECONDS, _KEPT_MOST = 300.0, 64
_Key = tuple[object, UUID]
_kept: dict[_Key, tuple[float, tuple[DeploymentSchedule, ...]]] = {}


def run_dates(flow_run: FlowRun, *, airflow_version: AirflowVersion) -> RunDates:
    """The run's dates, each a `pendulum.DateTime` in UTC as in Airflow.

    "3" asks no server. "2" asks for the run's deployment, unless it has none or the labels say all.

    Args:
        flow_run: The run. Its labels `airflow-compat.logical-date`, `airflow-compat.data-interval-start`,
            `airflow-compat.data-interval-end` and `airflow-compat.run-type` win over what is found.
        airflow_version: "2" or "3"; see `make_run_dates` for what differs.

    Raises:
        InvalidRunDatesError: A label holds no date.
        ServerError: The server can't be asked.
    """
    labels = read_labels(flow_run.labels)
    moment = _moment_of(flow_run)
    ticks = None
    if airflow_version == "2" and not labels.are_complete:
        ticks = _ticks(flow_run, moment)
    run_type = "scheduled" if _is_scheduled(flow_run) else "manual"
    dates = make_run_dates(run_type, moment, ticks, labels, airflow_version=airflow_version)
    moments = (dates.logical_date, dates.data_interval_start, dates.data_interval_end, dates.run_after)
    # In Airflow 3 all are the same one.
    converted = {each: in_pendulum(each) for each in set(moments)}
    return RunDates(dates.run_type, *(converted[each] for each in moments))


def run_neighbours(flow_run: FlowRun) -> dict[str, Any]:
    """The context's keys for the runs before and after, which only Airflow 2 has: `prev_ds`, `next_execution_date`, ...

    Raises:
        InvalidRunDatesError: A label holds no date.
        ServerError: The server can't be asked.
    """
    dates = run_dates(flow_run, airflow_version="2")
    ticks = None if dates.run_type == "manual" else _ticks(flow_run, _moment_of(flow_run))
    keys = neighbours(dates, ticks)
    return {key: in_pendulum(value) if isinstance(value, datetime) else value for key, value in keys.items()}


@server_call
def previous_successful_run(flow_run: FlowRun, *, airflow_version: AirflowVersion) -> FlowRun | None:
    """The completed run of the same deployment, else of the same flow, whose logical date is the latest earlier one.

    It is looked for among those that were to start last, up to this run's own moment, or up to now where a label gives
    this run its logical date; as many as the server gives in one answer, which is 200 unless it is set otherwise. In
    "2", a run outside deployments may have to ask for those that other runs of its flow belong to.

    Raises:
        InvalidRunDatesError: A label of this run holds no date.
        ServerError: The server can't be asked.
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
    latest: tuple[datetime, FlowRun] | None = None
    for found in answer:
        run = FlowRun.model_validate(found)
        try:
            date = run_dates(run, airflow_version=airflow_version).logical_date
        except InvalidRunDatesError:
            # Another run's label is no reason for this one to fail.
            continue
        if date < earlier_than and (latest is None or date > latest[0]):
            latest = date, run
    return latest and latest[1]


def _moment_of(flow_run: FlowRun) -> datetime:
    """When the run was scheduled, or triggered, for. One that no server has yet is triggered now."""
    moment = flow_run.expected_start_time or flow_run.created or datetime.now(timezone.utc)
    return plain(moment)


def _is_scheduled(flow_run: FlowRun) -> bool:
    return flow_run.auto_scheduled or _schedule_id(flow_run) is not None


def _schedule_id(flow_run: FlowRun) -> UUID | None:
    """The schedule that made the run."""
    creator = flow_run.created_by
    if creator and creator.type == "SCHEDULE" and creator.id:
        return creator.id
    key = _SCHEDULER_KEY.match(flow_run.idempotency_key or "")
    return UUID(key[2]) if key else None


def _ticks(flow_run: FlowRun, moment: datetime) -> Ticks | None:
    """Those of the schedule that made the run; of a manual run, those of its deployment's first active schedule."""
    if flow_run.deployment_id is None:
        return None
    schedules = _schedules(flow_run.deployment_id)
    made_by = _schedule_id(flow_run)
    for entry in schedules:
        if entry.id == made_by:
            return ticks_of(entry.schedule)
    active = [ticks for entry in schedules if entry.active and (ticks := ticks_of(entry.schedule))]
    if _is_scheduled(flow_run):
        # A deployment that was made anew has its schedules under other ids: one that runs at this moment stands for it.
        active.sort(key=lambda ticks: ticks.latest_end(moment) != moment)
    return active[0] if active else None


@server_call
def _schedules(deployment_id: UUID) -> tuple[DeploymentSchedule, ...]:
    """The deployment's schedules, the oldest first; none where it is gone."""
    key = (PREFECT_API_URL.value(), deployment_id)
    now = time.monotonic()
    read_at, schedules = _kept.get(key, (-_KEPT_SECONDS, ()))
    if now - read_at < _KEPT_SECONDS:
        return schedules
    try:
        found = kept_client().read_deployment(deployment_id).schedules
    except ObjectNotFound:
        found = []
    # The server gives the newest first.
    oldest_first = tuple(sorted(found, key=lambda entry: entry.created.timestamp() if entry.created else 0.0))
    while len(_kept) >= _KEPT_MOST:
        _kept.pop(next(iter(_kept)), None)
    _kept.pop(key, None)
    _kept[key] = now, oldest_first
    return oldest_first
