"""The requests that a DAG run sends to the server: for names that only one run can hold, labels, limits, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.client import create_unlisted_name, delete_unlisted_name, read_unlisted_name
from .._prefect.pages import event_pages


@dataclass(frozen=True)
class NameHolder:
    """The object on the server that reserves a name, and the flow run that holds the name."""

    id: UUID
    flow_run_id: UUID


@server_call
def take_name(name: str, flow_run_id: UUID) -> NameHolder | None:
    """Reserve a name on the server for a flow run.

    Return None if this succeeded; otherwise, the run that holds the name.
    """
    client = kept_client()
    while not create_unlisted_name(client, name, str(flow_run_id)):
        found = read_unlisted_name(client, name)
        # The holder may have released the name in the meantime.
        if found is not None:
            return NameHolder(found[0], UUID(found[1]))
    return None


@server_call
def holder_of(name: str) -> NameHolder | None:
    """Return the flow run that holds a name."""
    found = read_unlisted_name(kept_client(), name)
    return NameHolder(found[0], UUID(found[1])) if found else None


@server_call
def release_name(holder: NameHolder) -> None:
    """Take a name from the run that holds it. If another run holds the name by now, nothing changes."""
    delete_unlisted_name(kept_client(), holder.id)


@server_call
def read_flow_run(flow_run_id: UUID) -> FlowRun | None:
    """Return a flow run; None if it was deleted."""
    with suppress(ObjectNotFound):
        return kept_client().read_flow_run(flow_run_id)
    return None


@server_call
def read_begun_runs(flow_name: str) -> list[FlowRun]:
    """Return those flow runs of a flow that have begun, the latest first: one page, 200 by default."""
    return _runs(flow_name, {"start_time": {"is_null_": False}}, FlowRunSort.EXPECTED_START_TIME_DESC)


@server_call
def read_waiting_runs(flow_name: str) -> list[FlowRun]:
    """Return those flow runs of a flow that have not begun, the earliest first: one page, 200 by default."""
    types = [StateType.SCHEDULED.value, StateType.PENDING.value]
    wanted = {"start_time": {"is_null_": True}, "state": {"type": {"any_": types}}}
    return _runs(flow_name, wanted, FlowRunSort.EXPECTED_START_TIME_ASC)


def _runs(flow_name: str, wanted: Mapping[str, Any], sort: FlowRunSort) -> list[FlowRun]:
    body = {"flows": {"name": {"any_": [flow_name]}}, "flow_runs": dict(wanted), "sort": sort.value}
    answer = kept_client().request("POST", "/flow_runs/filter", json=body).json()
    return [FlowRun.model_validate(each) for each in answer]


@server_call
def write_labels(flow_run_id: UUID, labels: Mapping[str, str]) -> None:
    """Add labels to a flow run."""
    kept_client().update_flow_run_labels(flow_run_id, dict(labels))


@server_call
def rename_flow_run(flow_run_id: UUID, name: str) -> None:
    """Change the name of a flow run."""
    kept_client().set_flow_run_name(flow_run_id, name)


@server_call
def write_input(flow_run_id: UUID, key: str, value: str) -> None:
    """Set an input of a flow run. Each input is a text with a key."""
    client = kept_client()
    try:
        client.create_flow_run_input(flow_run_id, key, value)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.CONFLICT:
            raise
        client.delete_flow_run_input(flow_run_id, key)
        client.create_flow_run_input(flow_run_id, key, value)


@server_call
def read_inputs(flow_run_id: UUID, prefix: str) -> dict[str, str]:
    """Return the inputs of a flow run whose keys start with a prefix: at most 200."""
    found = kept_client().filter_flow_run_input(flow_run_id, prefix, limit=200, exclude_keys=set())
    return {each.key: each.value for each in found}


@server_call
def read_input(flow_run_id: UUID, key: str) -> str | None:
    """Return an input of a flow run; None if it is missing."""
    try:
        return kept_client().read_flow_run_input(flow_run_id, key)
    except (ObjectNotFound, httpx.HTTPStatusError) as error:
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
    return None


@server_call
def delete_input(flow_run_id: UUID, key: str) -> None:
    """Remove an input of a flow run."""
    kept_client().delete_flow_run_input(flow_run_id, key)


@server_call
def wait_for_server() -> None:
    """Wait until the server answers.

    If the server is restarting, the request is repeated for some time, like every request.
    """
    kept_client().request("GET", "/health")


def read_events(filter_: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events that match a filter in the API's format. Events of the last seconds may be missing.

    Raises:
        ServerError: A request failed.
    """
    for page in event_pages(filter_):
        yield from page.events


def has_events(flow_run_id: UUID) -> bool:
    """Return True if the server has stored an event of a flow run.

    Raises:
        ServerError: A request failed.
    """
    return any(read_events({"resource": {"id": [f"prefect.flow-run.{flow_run_id}"]}}))
