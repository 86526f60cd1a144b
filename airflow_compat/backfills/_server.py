"""The deployment of a backfill, its runs, and what makes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.exceptions import ObjectNotFound

from .._airflow.data_interval import LABEL_LOGICAL_DATE, read_labels
from .._airflow.zones import in_utc
from .._specs.backfill import BACKFILL_TAG, HeldRun
from ..errors import BackfillError, InvalidRunDatesError
from .client import kept_client
from .failures import server_call

if TYPE_CHECKING:
    from prefect.client.schemas.objects import DeploymentSchedule

_PAGE = 200
_GOING_ON = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]


@dataclass(frozen=True)
class HeldDeployment:
    """A deployment that the server has."""

    id: str
    name: str
    schedules: tuple[DeploymentSchedule, ...]


@server_call
def read_held_deployment(name: str) -> HeldDeployment:
    """The deployment of this name, `flow/deployment`, or this id.

    Raises:
        BackfillError: There is none.
        ServerError: The server can't be asked.
    """
    client = kept_client()
    try:
        found = client.read_deployment(UUID(name)) if _is_id(name) else client.read_deployment_by_name(name)
    except (ObjectNotFound, ValueError):
        raise BackfillError(
            f"there is no deployment {name!r} on the server; name one as flow/deployment (`prefect deployment ls` "
            "lists them)"
        ) from None
    return HeldDeployment(str(found.id), name, tuple(found.schedules))


@server_call
def read_backfill_runs(deployment_id: str) -> dict[datetime, list[HeldRun]]:
    """The runs that backfills made for a deployment, by logical date, the latest last."""
    found: dict[datetime, list[HeldRun]] = {}
    wanted = {"deployment_id": {"any_": [deployment_id]}, "tags": {"all_": [BACKFILL_TAG]}}
    for run in sorted(_pages(wanted), key=lambda each: str(each["created"])):
        try:
            date = read_labels({LABEL_LOGICAL_DATE: run["labels"].get(LABEL_LOGICAL_DATE)}).logical_date
        except InvalidRunDatesError:
            continue
        if date is not None:
            found.setdefault(date, []).append(_held(run))
    return found


@server_call
def read_scheduled_runs(deployment_id: str, first: datetime, last: datetime) -> dict[datetime, HeldRun]:
    """The runs that a deployment's own schedule made between two moments, by the moment that each was for."""
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "expected_start_time": {"after_": first.isoformat(), "before_": last.isoformat()},
    }
    found: dict[datetime, HeldRun] = {}
    for run in _pages(wanted):
        if _is_scheduled(run):
            found[_moment(run["expected_start_time"])] = _held(run)
    return found


@server_call
def read_active_ids(deployment_id: str) -> set[str]:
    """The backfill runs of a deployment that have not ended, whichever process made them."""
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "tags": {"all_": [BACKFILL_TAG]},
        "state": {"type": {"any_": _GOING_ON}},
    }
    return {str(run["id"]) for run in _pages(wanted)}


@server_call
def read_runs(ids: Iterable[str]) -> dict[str, HeldRun]:
    """The runs of these ids, as far as they exist."""
    wanted = sorted(ids)
    chunks = [wanted[start : start + _PAGE] for start in range(0, len(wanted), _PAGE)]
    return {str(run["id"]): _held(run) for chunk in chunks for run in _pages({"id": {"any_": chunk}})}


@server_call
def create_run(deployment_id: str, request: Mapping[str, Any]) -> HeldRun:
    """Create the run that a request asks for; the one that there is where it was sent before."""
    path = {"id": deployment_id}
    answer = kept_client().request("POST", "/deployments/{id}/create_flow_run", path_params=path, json=dict(request))
    return _held(answer.json())


def _pages(wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        body = {"flow_runs": dict(wanted), "sort": "ID_DESC", "limit": _PAGE, "offset": offset}
        page = kept_client().request("POST", "/flow_runs/filter", json=body).json()
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _held(run: Mapping[str, Any]) -> HeldRun:
    return HeldRun(
        str(run["id"]),
        run["state_type"] or "",
        run["state_name"] or "",
        run["run_count"] > 0,
        BACKFILL_TAG in run["tags"],
    )


def _is_scheduled(run: Mapping[str, Any]) -> bool:
    return bool(run["auto_scheduled"]) or str(run["idempotency_key"] or "").startswith("scheduled ")


def _moment(text: str) -> datetime:
    # Before Python 3.11, Z is no time zone.
    return in_utc(datetime.fromisoformat(text.replace("Z", "+00:00")), "UTC")


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
