"""Flow runs and task runs that have ended since some moment, and how many flow runs go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from .client import kept_client
from .failures import server_call

_PAGE = 200
_Path = Literal["/flow_runs/filter", "/task_runs/filter", "/flows/filter"]


@server_call
def read_ended(kind: Literal["flow_runs", "task_runs"], since: datetime) -> list[Mapping[str, Any]]:
    """The runs that ended at or after a moment, as the server gives them.

    Args:
        kind: Which runs.
        since: The moment, with its time zone.
    """
    found: list[Mapping[str, Any]] = []
    while True:
        body = {
            kind: {"end_time": {"after_": since.isoformat()}},
            "sort": "ID_DESC",
            "limit": _PAGE,
            "offset": len(found),
        }
        page = _filter("/flow_runs/filter" if kind == "flow_runs" else "/task_runs/filter", body)
        found += page
        if len(page) < _PAGE:
            # A run that ended meanwhile moves the pages: one may be on two of them.
            return list({run["id"]: run for run in found}.values())


@server_call
def count_running() -> int:
    """How many flow runs go on."""
    answer = kept_client().request(
        "POST", "/flow_runs/count", json={"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    )
    return int(answer.json())


@server_call
def read_flows_of(flow_run_ids: Iterable[str]) -> dict[str, str]:
    """The ids of the flows that flow runs are of, by the runs' ids; without those that are gone."""
    found: dict[str, str] = {}
    wanted = list(flow_run_ids)
    for start in range(0, len(wanted), _PAGE):
        body = {"flow_runs": {"id": {"any_": wanted[start : start + _PAGE]}}, "limit": _PAGE}
        found |= {run["id"]: run["flow_id"] for run in _filter("/flow_runs/filter", body)}
    return found


@server_call
def read_flow_names(flow_ids: Iterable[str]) -> dict[str, str]:
    """The flows' names, by their ids."""
    found: dict[str, str] = {}
    wanted = list(flow_ids)
    for start in range(0, len(wanted), _PAGE):
        body = {"flows": {"id": {"any_": wanted[start : start + _PAGE]}}, "limit": _PAGE}
        found |= {each["id"]: each["name"] for each in _filter("/flows/filter", body)}
    return found


def _filter(path: _Path, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    page: list[Mapping[str, Any]] = kept_client().request("POST", path, json=dict(body)).json()
    return page
