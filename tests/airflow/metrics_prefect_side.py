"""Runs the scenario under the shims: `python metrics_prefect_side.py PORT HOME` writes its runs' times to HOME.

A process of its own, since Prefect has an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from metric_scenario import DAG_IDS, HOLDS_SECONDS, POOL, POOL_SLOTS
from prefect import flow, get_client, task
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Scheduled
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import callbacks, metrics, pools
from airflow_compat.exceptions import AirflowSkipException

FAILS, SUCCEEDS = DAG_IDS


@task
def load() -> None:
    with pools.pool(POOL, slots=2):
        metrics.emit_pools(POOL)
        time.sleep(HOLDS_SECONDS)


@callbacks.on_success(lambda context: None)
@task
def skipped() -> None:
    raise AirflowSkipException


@task(retries=1)
def broken() -> None:
    raise ValueError


@task
def after(given: object) -> None: ...


@task
def mapped(number: int) -> int:
    return number


@task
def only() -> None: ...


@metrics.instrument
@flow(name=FAILS)
def fails() -> None:
    load()
    skipped(return_state=True)
    mapped.map([1, 2]).wait()
    state = broken(return_state=True)
    after(state, return_state=True)
    state.result()


@metrics.instrument
@flow(name=SUCCEEDS)
def succeeds() -> None:
    only()


def main(port: int, home: Path) -> None:
    """Run both, as schedules would have them run."""
    times = {}
    with get_client(sync_client=True) as client:
        pools.apply(pools.plan({POOL: POOL_SLOTS}))
        metrics.configure(metrics.StatsD("127.0.0.1", port, influxdb_tags=True))
        for each in (fails, succeeds):
            due = datetime.now(timezone.utc) - timedelta(hours=1)
            run = client.create_flow_run(each, state=Scheduled(scheduled_time=due))
            client.update_flow_run_labels(run.id, {"airflow-compat.run-type": "scheduled"})
            run_flow(each, flow_run=client.read_flow_run(run.id), return_type="state")
            run = client.read_flow_run(run.id)
            assert run.start_time
            assert run.end_time
            times[each.name] = {
                "start_date": run.start_time.isoformat(),
                "end_date": run.end_time.isoformat(),
                "run_after": due.isoformat(),
            }
        metrics.emit_pools(POOL)
    metrics.shutdown(60)
    (home / "times.json").write_text(json.dumps(times))


if __name__ == "__main__":
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        prefect_test_harness(server_startup_timeout=240),
    ):
        main(int(sys.argv[1]), Path(sys.argv[2]))
