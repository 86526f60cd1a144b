"""Assets on a real server: a producer's event runs the waiting deployment once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker

from airflow_compat.errors import InvalidScheduleError
from airflow_compat.schedules import (
    Asset,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    asset_triggers,
    emit_asset,
    prefect_schedules,
    read_schedule,
)


@flow
def consumer() -> None:
    """The flow that waits for assets."""


@pytest.fixture
def deploy(unique: str) -> Iterator[Callable[[Any], str]]:
    """Deploy the consumer with a DAG's schedule, and return its id."""
    made: list[str] = []

    def apply(schedule: Any) -> str:
        read = read_schedule(schedule)
        named = consumer.with_options(name=unique)
        deployment = named.to_deployment(
            f"prod-{len(made)}", triggers=asset_triggers(read), schedules=prefect_schedules(read)
        )
        made.append(str(deployment.apply()))
        return made[-1]

    yield apply
    with get_client(sync_client=True) as client:
        for id_ in made:
            client.delete_resource_owned_automations(f"prefect.deployment.{id_}")


def runs(deployment: str) -> int:
    with get_client(sync_client=True) as client:
        wanted = {"flow_runs": {"deployment_id": {"any_": [deployment]}}}
        return len(client.request("POST", "/flow_runs/filter", json=wanted).json())


def tell(*assets: Any, **extra: Any) -> None:
    for asset in assets:
        emit_asset(asset, **extra)
    EventsWorker.instance().wait_until_empty()


def until_known(deploy: Callable[[Any], str], unique: str) -> None:
    """Wait until the server has loaded the deployment's triggers. Earlier events do not count."""
    asset = Asset(f"{unique}-known")
    deployment = deploy(asset)
    until = time.monotonic() + 240
    while not runs(deployment):
        assert time.monotonic() < until
        tell(asset)
        time.sleep(0.1)


def settled(expected: list[int], *deployments: str) -> list[int]:
    """Return the number of runs of each when as many as expected exist, or after some time."""
    until = time.monotonic() + 240
    while (found := [runs(each) for each in deployments]) != expected and time.monotonic() < until:
        time.sleep(0.1)
    return found


def test_an_event_of_the_asset_runs_the_deployment_once(deploy: Callable[[Any], str], unique: str) -> None:
    orders = Asset(f"s3://{unique}/orders?day=*&kind=[a]")
    waiting, other, last = deploy([orders]), deploy(Asset(f"s3://{unique}/orders")), deploy(Asset(f"{unique}-last"))
    until_known(deploy, unique)
    tell(orders, Asset(f"{unique}-last"), rows=3)
    assert settled([1, 0, 1], waiting, other, last) == [1, 0, 1]


def test_asset_all_waits_for_each_and_uses_up_events(deploy: Callable[[Any], str], unique: str) -> None:
    one, two, end = (Asset(f"s3://{unique}/{name}") for name in ("one", "two", "end"))
    both, either, mixed = deploy([one, two]), deploy(one | two), deploy((one & two) | Asset(f"s3://{unique}/three"))
    half, last = deploy([one, Asset(f"s3://{unique}/never")]), deploy(end)
    until_known(deploy, unique)
    tell(one, one, two, end)
    expected = [1, 3, 1, 0, 1]
    assert settled(expected, both, either, mixed, half, last) == expected


def test_schedule_and_assets_can_be_combined(deploy: Callable[[Any], str], unique: str) -> None:
    timetable = CronTriggerTimetable("0 3 * * *", timezone="UTC")
    deployment = deploy(AssetOrTimeSchedule(timetable=timetable, assets=[Asset(f"s3://{unique}/one")]))
    with get_client(sync_client=True) as client:
        [schedule] = client.request("GET", "/deployments/{id}", path_params={"id": deployment}).json()["schedules"]
    assert schedule["schedule"]["cron"] == "0 3 * * *"


def test_asset_event_has_run_and_extra(deploy: Callable[[Any], str], unique: str) -> None:
    asset = Asset("stock", f"s3://{unique}/stock", extra={"team": "a"})

    @flow
    def producer() -> None:
        emit_asset(asset, rows=3)

    producer()
    EventsWorker.instance().wait_until_empty()
    wanted = {"filter": {"event": {"name": ["airflow-compat.asset.updated"]}, "order": "DESC"}, "limit": 50}
    until = time.monotonic() + 240
    found: list[dict[str, Any]] = []
    while not found:
        assert time.monotonic() < until
        with get_client(sync_client=True) as client:
            events = client.request("POST", "/events/filter", json=wanted).json()["events"]
        found = [each for each in events if each["resource"].get("airflow-compat.asset.uri") == asset.uri]
        time.sleep(0.1)
    [event] = found
    assert event["payload"] == {"uri": asset.uri, "name": "stock", "extra": {"team": "a", "rows": 3}}
    assert "flow-run" in {each["prefect.resource.role"] for each in event["related"]}


def test_emit_asset_refuses_other_values() -> None:
    with pytest.raises(InvalidScheduleError, match="Call emit_asset for each asset"):
        emit_asset(AssetAny(Asset("a"), Asset("b")))
    with pytest.raises(InvalidScheduleError, match="is not an asset"):
        emit_asset(7)


def test_prefects_own_command_deploys_schedules_and_triggers(tmp_path: Path, unique: str) -> None:
    schedule = read_schedule("30 3 * * *", timezone="Europe/Berlin")
    waits = read_schedule(Asset(f"s3://{unique}/one") & Asset(f"s3://{unique}/two"))
    (tmp_path / "flows.py").write_text("from prefect import flow\n\n\n@flow\ndef etl(): ...\n")
    deployment = {
        "name": unique,
        "entrypoint": "flows.py:etl",
        "work_pool": {"name": unique},
        "schedules": schedule.as_yaml(),
        "triggers": asset_triggers(waits),
    }
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump({"deployments": [deployment]}))
    for command in (["work-pool", "create", unique, "--type", "process"], ["--no-prompt", "deploy", "--all"]):
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(f"etl/{unique}")
        assert [each.schedule for each in found.schedules] == prefect_schedules(schedule)
        [automation] = client.request(
            "GET",
            "/automations/related-to/{resource_id}",
            path_params={"resource_id": f"prefect.deployment.{found.id}"},
        ).json()
        assert (automation["trigger"]["type"], automation["trigger"]["require"]) == ("compound", "all")
        client.delete_resource_owned_automations(f"prefect.deployment.{found.id}")
