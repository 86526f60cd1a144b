"""The runs of the scenario end as under a real scheduler, whose runs `tests/airflow/test_scheduled_runs.py` records."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from loaded_triggers import delete_triggers, wait_for_triggers
from prefect.client.orchestration import get_client
from prefect.states import Scheduled
from scheduled_runs import (
    ASSET_RUNS,
    CLEARED,
    DATES,
    FILLED,
    OF_ASSETS,
    SCHEDULED,
    TRIGGERED,
    WAITING,
    Runs,
    by_day,
    copy_dags,
    differences,
    in_any_order,
    read,
    repair,
)
from worker_in_process import working

from airflow_compat._airflow.data_interval import read_labels
from airflow_compat.backfills import backfill
from airflow_compat.dags import load_flows, runs
from airflow_compat.schedules import Asset, asset_triggers, read_schedule

# By dag_id, day and task: Airflow's state and tries, and ours. A comment gives the reason of each entry.
DIFFERENT: set[tuple[str, str, str, str | None, str | None]] = set()

_DAG_IDS = (*SCHEDULED, *TRIGGERED, FILLED, OF_ASSETS)
_STATES = {"Completed": "success", "Failed": "failed"}
# For each wait, in seconds: on a busy machine, each part of the scenario takes minutes.
_PATIENCE = 800


class _Deployed:
    """The DAGs of a folder, deployed."""

    def __init__(self, folder: Path) -> None:
        self._flows = load_flows(folder)
        assert self._flows.import_errors == {}
        self.ids = {dag_id: self._deploy(dag_id) for dag_id in _DAG_IDS}
        wait_for_triggers(_PATIENCE)

    def flows(self) -> Mapping[str, Any]:
        """The flows by the ids of their deployments."""
        return {id_: self._flows[dag_id] for dag_id, id_ in self.ids.items()}

    def _deploy(self, dag_id: str) -> str:
        assets = read_schedule([Asset("daily_sales")])
        triggers = asset_triggers(assets) if dag_id == OF_ASSETS else []
        return str(self._flows[dag_id].to_deployment("prod", triggers=triggers).apply())

    def schedule(self) -> None:
        """Create the runs as the server's scheduler does."""
        with get_client(sync_client=True) as client:
            for date in DATES:
                for dag_id in SCHEDULED:
                    key = f"scheduled {self.ids[dag_id]} {uuid4()} {date.isoformat()}"
                    client.create_flow_run_from_deployment(
                        self.ids[dag_id], state=Scheduled(scheduled_time=date), idempotency_key=key
                    )


def _fill(**options: Any) -> None:
    backfill(f"{FILLED}/prod", DATES[0], DATES[-1], schedule=read_schedule("@daily"), **options)


def _ended(ids: Mapping[str, str]) -> Iterator[tuple[str, datetime | None]]:
    """The DAGs and dates of the runs that have ended, by one request: the server has enough to do."""
    dag_ids = {id_: dag_id for dag_id, id_ in ids.items()}
    wanted = {"deployment_id": {"any_": [*dag_ids]}, "state": {"name": {"any_": [*_STATES]}}}
    with get_client(sync_client=True) as client:
        for run in client.request("POST", "/flow_runs/filter", json={"flow_runs": wanted}).json():
            yield dag_ids[run["deployment_id"]], read_labels(run["labels"]).logical_date


def _wait(deployed: _Deployed, errors: Sequence[BaseException], waiting: tuple[tuple[str, datetime], ...] = ()) -> None:
    """Wait until all runs have ended but these."""
    dated = {(dag_id, date) for dag_id in (*SCHEDULED, *TRIGGERED, FILLED) for date in DATES}
    until = time.monotonic() + _PATIENCE
    while True:
        ended = list(_ended(deployed.ids))
        of_assets = sum(dag_id == OF_ASSETS for dag_id, _ in ended)
        left = dated - set(ended) - set(waiting)
        if not left and of_assets == ASSET_RUNS:
            return
        assert not errors
        assert time.monotonic() < until, (sorted(left), of_assets)
        time.sleep(1)


def _recorded_by_us() -> Runs:
    found: Runs = {}
    for dag_id in _DAG_IDS:
        for run in runs.list_runs(dag_id):
            day = by_day(run.logical_date) if run.logical_date else str(run.flow_run_id)
            instances = runs.task_instances(run.flow_run_id)
            states = {each.name: f"{each.state} {each.try_number}" for each in instances}
            found.setdefault(dag_id, {})[day] = {"run": _STATES[run.state], **states}
    found[OF_ASSETS] = in_any_order(found[OF_ASSETS].values())
    return found


def _clear() -> None:
    for dag_id, task_id, dates in CLEARED:
        for run in runs.list_runs(dag_id):
            if run.logical_date in dates:
                runs.clear(run.flow_run_id, task_ids=[task_id], downstream=True)


# Three minutes of processor time: on a busy machine, more than ten minutes.
@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_runs_end_as_under_a_scheduler(tmp_path: Path) -> None:
    folder = copy_dags(tmp_path)
    deployed = _Deployed(folder)
    try:
        with working(deployed.flows()) as errors, ThreadPoolExecutor(1) as threads:
            filling = threads.submit(_fill)
            deployed.schedule()
            _wait(deployed, errors, WAITING)
            filling.result(_PATIENCE)
            repair(folder)
            filling = threads.submit(_fill, rerun="failed")
            _clear()
            filling.result(_PATIENCE)
            _wait(deployed, errors)
        assert errors == []
    finally:
        delete_triggers(deployed.ids[OF_ASSETS])
    assert differences(read(), _recorded_by_us()) == DIFFERENT
