"""Each event of an asset is passed to one run, whichever of the runs that it started begins first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from dag_runs import write
from loaded_triggers import delete_triggers, runs_of_deployment, tell, wait_for_triggers
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from airflow_compat.dags import load_flow
from airflow_compat.schedules import Asset, asset_triggers, read_schedule

_DAG = """
    from airflow.sdk import DAG, Asset, task

    orders = Asset("{dag_id}")

    with DAG("{dag_id}", schedule=[orders]):
        @task
        def seen(triggering_asset_events=None):
            return [event.extra["day"] for event in triggering_asset_events[orders]]

        seen()
"""


def test_runs_that_begin_in_another_order_get_their_own_events(unique: str, tmp_path: Path) -> None:
    flow: Any = load_flow(f"{write(tmp_path, 'reader', _DAG.format(dag_id=unique))}:{unique}")
    asset = Asset(unique)
    id_ = str(flow.to_deployment("prod", triggers=asset_triggers(read_schedule([asset]))).apply())
    try:
        wait_for_triggers()
        found = [_run_of_event(id_, asset, day) for day in (1, 2)]
    finally:
        delete_triggers(id_)
    assert [_seen(flow, each) for each in reversed(found)] == [[2], [1]]


def _run_of_event(deployment_id: str, asset: Asset, day: int) -> UUID:
    """Send an event, and return the run that the server creates for it."""
    tell(asset, day=day)
    until = time.monotonic() + 240
    while len(runs := runs_of_deployment(deployment_id)) < day:
        assert time.monotonic() < until
        time.sleep(0.05)
    return UUID(runs[-1]["id"])


def _seen(flow: Any, id_: UUID) -> list[int]:
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(id_)
    result: Any = run_flow(flow, flow_run=flow_run, parameters={})
    found: list[int] = result.xcoms["seen", -1, "return_value"]
    return found
