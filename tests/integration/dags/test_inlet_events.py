"""`context["inlet_events"]`: the events that tasks sent for an asset, an alias and partitions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from dag_runs import run, write

from airflow_compat.authoring import Asset, AssetAlias
from airflow_compat.dags._inlet_events import EventsOfInlet, InletEvents

_DAG = """
    from airflow.sdk import DAG, Asset, AssetAlias, task

    orders, alias = Asset("{name}-orders", "s3://{name}/orders"), AssetAlias("{name}-alias")

    with DAG("{name}", schedule=None) as dag:
        @task(outlets=[orders])
        def write(outlet_events=None):
            outlet_events[orders].extra["rows"] = 3
            outlet_events[orders].add_partitions(["us", "eu"])

        @task(outlets=[alias])
        def write_alias(outlet_events=None):
            outlet_events[alias].add(Asset("{name}-found", "s3://{name}/found"), extra={{"by": "alias"}})

        write() >> write_alias()
"""


def _arrived(events: EventsOfInlet, number: int) -> list[Any]:
    """The events, once the server has them."""
    deadline = time.monotonic() + 240
    while len(found := list(events.ascending())) < number:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_events_are_read_by_asset_reference_and_alias(unique: str, tmp_path: Path) -> None:
    assert run(write(tmp_path, "writes", _DAG.format(name=unique))).is_completed()

    orders, alias = Asset(f"{unique}-orders", f"s3://{unique}/orders"), AssetAlias(f"{unique}-alias")
    inlets = InletEvents([Asset.ref(name=orders.name), alias])
    (found,) = _arrived(inlets[alias], 1)
    assert (found.uri, found.extra) == (f"s3://{unique}/found", {"by": "alias"})
    events = _arrived(inlets[orders], 2)
    assert [event.extra for event in events] == [
        {"rows": 3, "partition_key": "us"},
        {"rows": 3, "partition_key": "eu"},
    ]
    assert [event.extra["partition_key"] for event in inlets[0].ascending(ascending=False).limit(1)] == ["eu"]
    assert list(inlets.for_asset(name=orders.name).after(events[-1].timestamp).before(events[0].timestamp)) == []
