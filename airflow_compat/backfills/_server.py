"""Reads and creates a deployment's backfill runs, and reads and cancels its late runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from .._airflow.dag_runs import REQUEST, claim_name
from .._airflow.data_interval import LABEL_LOGICAL_DATE, read_labels
from .._airflow.zones import api_moment, in_utc
from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.client import read_unlisted_name
from .._prefect.internals.names import STATES, is_scheduler_key
from .._prefect.pages import chunks, items
from ..errors import BackfillError, InvalidRunDatesError
from ._catch_up import LateRun, Policy, plan_catch_up
from ._plan import BACKFILL_TAG, HeldRun

if TYPE_CHECKING:
    from prefect.client.schemas.objects import DeploymentSchedule

# The parameters that each flow of a DAG file has.
_OF_DAG_FLOWS = {"logical_date", "conf"}
_GOING_ON = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]


@dataclass(frozen=True)
class HeldDeployment:
    """A deployment on the server. `dag_id` is empty if the deployment's flow was not made from a DAG file."""

    id: str
    name: str
    schedules: tuple[DeploymentSchedule, ...]
    dag_id: str = ""


@server_call
def read_held_deployment(name: str) -> HeldDeployment:
    """Return the deployment with this name, `flow/deployment`, or id.

    Raises:
        BackfillError: The deployment doesn't exist.
    """
    unknown = BackfillError(
        f"The server has no deployment {name!r}. Pass flow/deployment as listed by `prefect deployment ls`."
    )
    client = kept_client()
    if "/" in name:
        read = partial(client.read_deployment_by_name, name)
    else:
        try:
            read = partial(client.read_deployment, UUID(name))
        except ValueError:
            raise unknown from None
    try:
        found = read()
    except ObjectNotFound:
        raise unknown from None
    properties = (found.parameter_openapi_schema or {}).get("properties", {})
    dag_id = client.read_flow(found.flow_id).name if properties.keys() >= _OF_DAG_FLOWS else ""
    return HeldDeployment(str(found.id), name, tuple(found.schedules), dag_id)


@server_call
def read_dag_runs(dag_id: str, dates: Iterable[datetime]) -> dict[datetime, HeldRun]:
    """Return the runs of a DAG, of any run type, that have claimed one of these logical dates."""
    claims = {date: read_unlisted_name(kept_client(), claim_name(dag_id, date)) for date in dates}
    ids = {date: claim[1] for date, claim in claims.items() if claim is not None}
    held = read_runs(ids.values())
    return {date: held[id_] for date, id_ in ids.items() if id_ in held}


@server_call
def clear_run(id_: str) -> None:
    """Clear all tasks of an ended run of a DAG, so that they run again in the same flow run."""
    key = f"{time.time_ns():020d}-{uuid4().hex[:8]}"
    request = {"action": "clear", "selection": {"task_ids": []}, "id": key}
    client = kept_client()
    client.create_flow_run_input(UUID(id_), f"{REQUEST}{key}", json.dumps(request))
    client.set_flow_run_state(UUID(id_), Scheduled(message="A backfill repeats the run"), force=True)


@server_call
def read_backfill_runs(deployment_id: str) -> dict[datetime, list[HeldRun]]:
    """Return a deployment's backfill runs by logical date. If a date has several runs, the newest run is last."""
    found: dict[datetime, list[HeldRun]] = {}
    wanted = {"deployment_id": {"any_": [deployment_id]}, "tags": {"all_": [BACKFILL_TAG]}}
    for run in sorted(_runs(wanted), key=lambda each: str(each["created"])):
        try:
            date = read_labels({LABEL_LOGICAL_DATE: run["labels"].get(LABEL_LOGICAL_DATE)}).logical_date
        except InvalidRunDatesError:
            continue
        if date is not None:
            found.setdefault(date, []).append(_held(run))
    return found


@server_call
def read_scheduled_runs(deployment_id: str, first: datetime, last: datetime) -> dict[datetime, HeldRun]:
    """Return, by scheduled time, the runs between two times that a deployment's own schedules created."""
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "expected_start_time": {"after_": first.isoformat(), "before_": last.isoformat()},
    }
    return {
        in_utc(api_moment(run["expected_start_time"]), "UTC"): _held(run) for run in _runs(wanted) if _is_scheduled(run)
    }


@server_call
def read_active_ids(deployment_id: str) -> set[str]:
    """Return the ids of a deployment's backfill runs that have not ended, including those of other processes."""
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "tags": {"all_": [BACKFILL_TAG]},
        "state": {"type": {"any_": _GOING_ON}},
    }
    return {str(run["id"]) for run in _runs(wanted)}


@server_call
def read_runs(ids: Iterable[str]) -> dict[str, HeldRun]:
    return {str(run["id"]): _held(run) for chunk in chunks(ids) for run in _runs({"id": {"any_": chunk}})}


@server_call
def create_run(deployment_id: str, request: Mapping[str, Any]) -> HeldRun:
    """Create a run. If the same request was sent before, return the run that it created."""
    answer = kept_client().request(
        "POST", "/deployments/{id}/create_flow_run", path_params={"id": deployment_id}, json=dict(request)
    )
    return _held(answer.json())


def _runs(wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return items("/flow_runs/filter", {"flow_runs": wanted, "sort": "ID_DESC"})


def _held(run: Mapping[str, Any]) -> HeldRun:
    return HeldRun(
        str(run["id"]),
        run["state_type"] or "",
        run["state_name"] or "",
        run["run_count"] > 0,
        run["deployment_id"] is not None,
    )


def _is_scheduled(run: Mapping[str, Any]) -> bool:
    return bool(run["auto_scheduled"]) or is_scheduler_key(run["idempotency_key"])


# The names of the states that a run can have before it begins. Runs that wait for a retry, or for the end of a pause,
# have begun.
_NOT_BEGUN = ("Scheduled", STATES.late, STATES.awaiting_slot)
_MESSAGE = "Cancelled by catch-up: its scheduled time had passed, and it had not begun."


@server_call
def read_late_runs(deployment_id: str, now: datetime) -> list[LateRun]:
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "next_scheduled_start_time": {"before_": now.isoformat()},
    }
    return [_late(run) for run in _runs(wanted) if _has_not_begun(run) and run["auto_scheduled"]]


@server_call
def cancel_run(id_: str) -> str:
    """Cancel a run that has not begun. Return the reason why the run was not cancelled; empty if it was cancelled."""
    client, path = kept_client(), {"id": id_}
    try:
        if not _has_not_begun(client.request("GET", "/flow_runs/{id}", path_params=path).json()):
            return "the run has begun in the meantime"
        body = {"state": {"type": "CANCELLED", "name": "Cancelled", "message": _MESSAGE}, "force": False}
        answer = client.request("POST", "/flow_runs/{id}/set_state", path_params=path, json=body).json()
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        return "the run was deleted in the meantime"
    if answer["status"] == "ACCEPT":
        return ""
    return f"the server refused to cancel the run: {answer['details'].get('reason') or answer['status']}"


def _has_not_begun(run: Mapping[str, Any]) -> bool:
    return run["state_type"] == "SCHEDULED" and run["state_name"] in _NOT_BEGUN and run["run_count"] == 0


def _late(run: Mapping[str, Any]) -> LateRun:
    moment = in_utc(api_moment(run["expected_start_time"]), "UTC")
    return LateRun(str(run["id"]), run["name"], moment, run["state_name"])


def catch_up_runs(deployment: str, policy: Policy, *, dry_run: bool) -> tuple[LateRun, ...]:
    """Read the late runs, and cancel those that the policy doesn't keep.

    Raises:
        BackfillError: The deployment doesn't exist.
    """
    late = read_late_runs(read_held_deployment(deployment).id, datetime.now(timezone.utc))
    planned = plan_catch_up(late, policy)
    if dry_run:
        return tuple(planned)
    return tuple(replace(run, error=cancel_run(run.flow_run_id)) if run.action == "cancel" else run for run in planned)
