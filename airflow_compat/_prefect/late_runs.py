"""A deployment's scheduled runs whose time is past and that have not begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from .._airflow.zones import in_utc
from .._specs.late_runs import LateRun
from .client import kept_client
from .failures import server_call

_PAGE = 200
# A run that is to be tried again, or to go on after a pause, has begun.
_NOT_BEGUN = ("Scheduled", "Late", "AwaitingConcurrencySlot")
_MESSAGE = "Left out by catch-up: its time was past, and it had not begun."


@server_call
def read_late_runs(deployment_id: str, now: datetime) -> list[LateRun]:
    """Those that the deployment's own schedules made, the earliest first."""
    wanted = {
        "deployment_id": {"any_": [deployment_id]},
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "next_scheduled_start_time": {"before_": now.isoformat()},
    }
    found: list[LateRun] = []
    offset = 0
    while True:
        body = {"flow_runs": wanted, "sort": "ID_DESC", "limit": _PAGE, "offset": offset}
        page = kept_client().request("POST", "/flow_runs/filter", json=body).json()
        found += [_late(run) for run in page if _has_not_begun(run) and run["auto_scheduled"]]
        if len(page) < _PAGE:
            return sorted(found, key=lambda each: each.scheduled_for)
        offset += _PAGE


@server_call
def cancel_run(id_: str) -> str:
    """Cancel a run that has not begun; why not, where it has by now."""
    client, path = kept_client(), {"id": id_}
    try:
        run = client.request("GET", "/flow_runs/{id}", path_params=path).json()
        if not _has_not_begun(run):
            return "it has begun in the meantime"
        body = {"state": {"type": "CANCELLED", "name": "Cancelled", "message": _MESSAGE}, "force": False}
        answer = client.request("POST", "/flow_runs/{id}/set_state", path_params=path, json=body).json()
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        return "it is gone"
    if answer["status"] == "ACCEPT":
        return ""
    return f"the server refused it: {answer['details'].get('reason') or answer['status']}"


def _has_not_begun(run: Mapping[str, Any]) -> bool:
    return run["state_type"] == "SCHEDULED" and run["state_name"] in _NOT_BEGUN and run["run_count"] == 0


def _late(run: Mapping[str, Any]) -> LateRun:
    # Before Python 3.11, Z is no time zone.
    moment = datetime.fromisoformat(run["expected_start_time"].replace("Z", "+00:00"))
    return LateRun(str(run["id"]), run["name"], in_utc(moment, "UTC"), run["state_name"])
