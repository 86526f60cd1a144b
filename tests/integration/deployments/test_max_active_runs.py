"""`max_active_runs=1` as a deployment's limit: simultaneously triggered runs wait and never overlap."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from one_at_a_time_flow import most_at_once
from prefect import flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.flow_runs import wait_for_flow_run
from worker_process import working

from airflow_compat import work_pools
from airflow_compat._airflow.dag_limits import DeploymentLimit, limit_from_max_active_runs

# The own server looks for expired leases more often than the session's.
pytestmark = pytest.mark.usefixtures("own_server")
FOLDER = Path(__file__).parents[1]


def triggered(name: str, runs: int, limit: DeploymentLimit | None, record: Path) -> list[FlowRun]:
    """Trigger runs of a deployment in a process pool, and return them when all have ended."""
    [outcome] = work_pools.apply([work_pools.recommend(name, executor="LocalExecutor")])
    assert outcome.done
    configured = limit and ConcurrencyLimitConfig(
        limit=limit.limit, collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy)
    )
    deployed = flow.from_source(str(FOLDER), "one_at_a_time_flow.py:guarded")
    deployed.deploy(
        name, work_pool_name=name, concurrency_limit=configured, print_next_steps=False, ignore_warnings=True
    )
    record.touch()
    started = [
        run_deployment(f"guarded/{name}", parameters={"record": str(record), "number": number}, timeout=0)
        for number in range(runs)
    ]
    with working(name):
        return [asyncio.run(wait_for_flow_run(run.id, timeout=600, poll_interval=1)) for run in started]


@pytest.mark.parametrize("runs", [5, pytest.param(20, marks=pytest.mark.stress)])
def test_runs_never_overlap(runs: int, unique: str, tmp_path: Path) -> None:
    record = tmp_path / "record"
    ended = triggered(unique, runs, limit_from_max_active_runs(1), record)
    assert [run.state.type for run in ended if run.state] == [StateType.COMPLETED] * runs
    lines = record.read_text().splitlines()
    assert len(lines) == 2 * runs
    assert {line for line in lines if line.startswith("in")} == {f"in {number}" for number in range(runs)}
    assert most_at_once(str(record)) == 1


@pytest.mark.stress
def test_runs_without_a_limit_overlap(unique: str, tmp_path: Path) -> None:
    """Shows that the record detects overlaps."""
    record = tmp_path / "record"
    triggered(unique, 4, None, record)
    assert most_at_once(str(record)) > 1
