"""A deployment that the assets of two other deployments start, by the server's own triggers."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from pathlib import Path

from dag_deployments import executing, flow_in, run_deployed
from loaded_triggers import delete_triggers, runs_of_deployment, wait_for_triggers
from prefect.client.orchestration import get_client

from airflow_compat.schedules import asset_triggers, read_schedule

_PRODUCER = """
    from airflow.sdk import DAG, Asset, task

    written = Asset("{name}-{asset}", "s3://{name}/{asset}")

    with DAG("{name}_{asset}", schedule=None):
        @task(outlets=[written])
        def write(ds, outlet_events):
            outlet_events[written].extra = {{"day": ds}}

        write()
"""

_CONSUMER = """
    import json
    from airflow.sdk import DAG, Asset, task

    orders, stock = (Asset(f"{name}-{{name}}", f"s3://{name}/{{name}}") for name in ("orders", "stock"))

    with DAG("{name}_consumer", schedule=[orders, stock]):
        @task(inlets=[orders])
        def read(dag_run, inlet_events, triggering_asset_events):
            found = {{
                "run_type": dag_run.run_type,
                "triggering": {{
                    asset.name.removeprefix("{name}-"): [event.extra["day"] for event in events]
                    for asset, events in triggering_asset_events.items()
                }},
                "inlet": [event.extra["day"] for event in inlet_events[orders]],
            }}
            with open("{folder}/found", "a") as file:
                print(json.dumps(found), file=file)

        read()
"""


def test_a_run_for_each_set_of_events_gets_these_events(unique: str, tmp_path: Path) -> None:
    orders, stock = (flow_in(tmp_path, asset, _PRODUCER, name=unique, asset=asset) for asset in ("orders", "stock"))
    consumer = flow_in(tmp_path, "consumer", _CONSUMER, name=unique, folder=str(tmp_path))
    found = tmp_path / "found"
    found.touch()

    def wait_for_runs(number: int) -> None:
        until = time.monotonic() + 240
        while len(found.read_text().splitlines()) < number:
            assert time.monotonic() < until
            time.sleep(0.1)

    with get_client(sync_client=True) as client, executing(client, consumer):
        triggers = asset_triggers(read_schedule(consumer.dag.schedule))
        id_ = str(consumer.to_deployment("prod", triggers=triggers).apply())
        wait_for_triggers()
        for producer, day in [(orders, 1), (orders, 2), (stock, 1)]:
            run_deployed(client, producer, datetime(2026, 3, day, tzinfo=timezone.utc))
        wait_for_runs(1)
        for producer, day in [(stock, 3), (orders, 4)]:
            run_deployed(client, producer, datetime(2026, 3, day, tzinfo=timezone.utc))
        wait_for_runs(2)
        assert len(runs_of_deployment(id_)) == 2
        delete_triggers(id_)
    days = {day: f"2026-03-0{day}" for day in range(1, 5)}
    assert [json.loads(line) for line in found.read_text().splitlines()] == [
        {
            "run_type": "asset_triggered",
            "triggering": {"orders": [days[1], days[2]], "stock": [days[1]]},
            "inlet": [days[1], days[2]],
        },
        {
            "run_type": "asset_triggered",
            "triggering": {"orders": [days[4]], "stock": [days[3]]},
            "inlet": [days[1], days[2], days[4]],
        },
    ]
