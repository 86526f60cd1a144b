"""The requests to the server about other runs of DAGs, which commands and tasks send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed, Scheduled

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.names import STATES


@server_call
def find_runs(name: str, flow_name: str | None) -> list[FlowRun]:
    """Return the flow runs with an id or name: at most 200, the latest first.

    Args:
        name: The id or the name.
        flow_name: The name of the flow; None to search all flows.
    """
    wanted: dict[str, Any] = {"name": {"any_": [name]}}
    with suppress(ValueError):
        wanted = {"id": {"any_": [str(UUID(name))]}}
    return _runs(wanted, flow_name, 200)


@server_call
def read_runs(flow_name: str, limit: int) -> list[FlowRun]:
    """Return the flow runs of a flow, the latest first.

    Runs that a schedule has created for a future time are left out.
    """
    wanted = {"expected_start_time": {"before_": datetime.now(timezone.utc).isoformat()}}
    return _runs(wanted, flow_name, limit)


def _runs(wanted: dict[str, Any], flow_name: str | None, limit: int) -> list[FlowRun]:
    body: dict[str, Any] = {
        "flow_runs": wanted,
        "sort": FlowRunSort.EXPECTED_START_TIME_DESC.value,
        "limit": limit,
    }
    if flow_name is not None:
        body["flows"] = {"name": {"any_": [flow_name]}}
    answer = kept_client().request("POST", "/flow_runs/filter", json=body).json()
    return [FlowRun.model_validate(each) for each in answer]


@server_call
def has_flow(name: str) -> bool:
    """Return True if the server has a flow with this name."""
    body = {"flows": {"name": {"any_": [name]}}, "limit": 1}
    return bool(kept_client().request("POST", "/flows/filter", json=body).json())


@server_call
def read_run(flow_run_id: UUID) -> FlowRun | None:
    """Return a flow run; None if it was deleted."""
    with suppress(ObjectNotFound):
        return kept_client().read_flow_run(flow_run_id)
    return None


@server_call
def read_flow_name(flow_run: FlowRun) -> str:
    """Return the name of a run's flow, which is the dag_id."""
    return kept_client().read_flow(flow_run.flow_id).name


@server_call
def schedule_again(flow_run_id: UUID, message: str) -> None:
    """Schedule an ended flow run, so that a worker runs it again."""
    kept_client().set_flow_run_state(flow_run_id, Scheduled(message=message), force=True)


@server_call
def set_crashed(flow_run_id: UUID, message: str) -> None:
    """Record that the process of a flow run is gone, so that the run can be retried."""
    kept_client().set_flow_run_state(flow_run_id, Crashed(message=message), force=True)


@server_call
def ask_to_cancel(flow_run_id: UUID) -> bool:
    """Ask the worker of a flow run to cancel it, and return True if the run is cancelled already.

    A run that waits for a worker has no process that could end it, so it is cancelled at once. The server itself does
    this only if the run has never begun; a run that was scheduled again would stay in the state Cancelling.
    """
    client = kept_client()
    state: State[Any] = State(type=StateType.CANCELLING)
    client.set_flow_run_state(flow_run_id, state)
    # The history shows the state before the request, even if a worker takes up the run at the same moment.
    history = sorted(client.read_flow_run_states(flow_run_id), key=lambda each: each.timestamp)
    if history[-1].is_cancelling() and _waits_for_worker(history):
        client.set_flow_run_state(flow_run_id, Cancelled(), force=True)
        return True
    return history[-1].is_cancelled()


def _waits_for_worker(history: Iterable[State[Any]]) -> bool:
    before = [each for each in history if not each.is_cancelling()]
    if not before or not before[-1].is_scheduled():
        return False
    # A running process waits for the next retry of its flow in this state. A retry from the UI gives the state to a run
    # that has ended.
    is_in_process = before[-1].name == STATES.awaiting_retry and len(before) > 1 and before[-2].is_running()
    return not is_in_process


@server_call
def read_deployments(flow_name: str) -> list[DeploymentResponse]:
    """Return the deployments of a flow."""
    body = {"flows": {"name": {"any_": [flow_name]}}}
    answer = kept_client().request("POST", "/deployments/filter", json=body).json()
    return [DeploymentResponse.model_validate(each) for each in answer]


@server_call
def deployment_name(deployment_id: UUID) -> str | None:
    """Return the name of a deployment; None if it was deleted."""
    with suppress(ObjectNotFound):
        return kept_client().read_deployment(deployment_id).name
    return None


@server_call
def create_run(
    deployment_id: str,
    *,
    name: str,
    labels: Mapping[str, str],
    parameters: Mapping[str, Any],
    key: str,
    at: datetime,
) -> FlowRun:
    """Create a run of a deployment. If a run was already created with this key, return that run."""
    body = {
        "name": name,
        "labels": dict(labels),
        "parameters": dict(parameters),
        "idempotency_key": key,
        "state": {"type": "SCHEDULED", "name": "Scheduled", "state_details": {"scheduled_time": at.isoformat()}},
    }
    answer = kept_client().request(
        "POST", "/deployments/{id}/create_flow_run", path_params={"id": deployment_id}, json=body
    )
    return FlowRun.model_validate(answer.json())
