"""Waits until the server reacts to events of assets."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker

from airflow_compat.schedules import Asset, asset_triggers, emit_asset, read_schedule


@flow
def known() -> None:
    """Gets a run once the server has loaded the triggers of the deployments before it."""


def wait_for_triggers(within: float = 240) -> None:
    """Wait until the server has loaded the triggers of all deployments that were made before."""
    asset = Asset(f"known-{uuid4().hex[:8]}")
    id_ = str(known.to_deployment("prod", triggers=asset_triggers(read_schedule([asset]))).apply())
    until = time.monotonic() + within
    try:
        while not runs_of_deployment(id_):
            assert time.monotonic() < until
            tell(asset)
            time.sleep(0.1)
    finally:
        delete_triggers(id_)


def runs_of_deployment(id_: str) -> list[dict[str, Any]]:
    """The runs of a deployment, the oldest first."""
    body = {"flow_runs": {"deployment_id": {"any_": [id_]}}, "sort": "EXPECTED_START_TIME_ASC"}
    with get_client(sync_client=True) as client:
        found: list[dict[str, Any]] = client.request("POST", "/flow_runs/filter", json=body).json()
    return found


def tell(asset: Asset, **extra: Any) -> None:
    """Send an event to the server."""
    emit_asset(asset, **extra)
    EventsWorker.instance().wait_until_empty()


def delete_triggers(id_: str) -> None:
    """Delete the triggers of a deployment."""
    with get_client(sync_client=True) as client:
        client.delete_resource_owned_automations(f"prefect.deployment.{id_}")
