"""Names that Prefect gives to states, runs, events, limits and loggers."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import prefect.states
import pytest
from contract import contract
from prefect import flow, get_client, task
from prefect.cache_policies import INPUTS
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.concurrency.sync import concurrency
from prefect.context import TaskRunContext

from airflow_compat._prefect.internals import names

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import TaskRun

_PATIENCE = 120.0


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as found:
        yield found


def _events(client: SyncPrefectClient, filter_: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The events that a filter lets through, once there are so many."""
    since = (datetime.now(timezone.utc) - timedelta(hours=1)).isoformat()
    body = {"filter": {"occurred": {"since": since}, "order": "ASC", **filter_}, "limit": 50}
    until = time.monotonic() + _PATIENCE
    while True:
        found = client.request("POST", "/events/filter", json=body).json()["events"]
        if len(found) >= count or time.monotonic() > until:
            return list(found)
        time.sleep(0.1)


@contract("names.StateNames")
def test_states_of_a_library() -> None:
    now = datetime.now(timezone.utc)
    assert prefect.states.AwaitingRetry(scheduled_time=now).name == names.STATES.awaiting_retry
    assert prefect.states.Retrying().name == names.STATES.retrying
    assert prefect.states.Late(scheduled_time=now).name == names.STATES.late
    assert prefect.states.AwaitingConcurrencySlot(scheduled_time=now).name == names.STATES.awaiting_slot
    assert prefect.states.Submitting().name == names.STATES.submitting
    assert prefect.states.InfrastructurePending().name == names.STATES.infrastructure_pending


@contract("names.StateNames")
def test_states_of_task_runs(prefect_server: str) -> None:
    retries: list[str | None] = []

    def note(task: object, run: object, state: Any) -> None:
        retries.append(state.name)

    @task(retries=1, on_running=[note])
    def fails_once() -> None:
        if len(retries) == 1:
            raise RuntimeError

    @task
    def times_out() -> None:
        raise TimeoutError

    @task(cache_policy=INPUTS, persist_result=True)
    def cached(key: str) -> str:
        return key

    @task
    def waits(value: object) -> None: ...

    @flow
    def names_of_states() -> list[str | None]:
        fails_once()
        timed_out = times_out(return_state=True)
        key = uuid4().hex
        upstream = times_out.submit()
        not_ready = waits.submit(upstream)
        not_ready.wait()
        return [
            timed_out.name,
            cached(key, return_state=True).name,
            cached(key, return_state=True).name,
            not_ready.state.name,
        ]

    expected = [names.STATES.timed_out, "Completed", names.STATES.cached, names.STATES.not_ready]
    assert names_of_states() == expected
    assert retries == ["Running", names.STATES.retrying]


@contract("names.is_generated_run_name")
def test_names_of_runs(client: SyncPrefectClient) -> None:
    @flow
    def named() -> None: ...

    runs = [client.create_flow_run(named) for _ in range(20)]
    assert all(names.is_generated_run_name(run.name) for run in runs)
    assert names.is_generated_run_name("kappa2-browder")
    assert not names.is_generated_run_name(client.create_flow_run(named, name="Nightly load").name)


@contract("names.task_in_run_name", "names.ending_of_run_name", "names.RUN_NAME_ENDINGS", "names.function_in_task_key")
def test_names_of_task_runs(prefect_server: str) -> None:
    @task(name="load-the-orders")
    def load() -> TaskRun:
        return TaskRunContext.get().task_run

    @flow
    def runs_tasks() -> list[TaskRun]:
        return [load(), load(), load.submit().result()]

    for run in runs_tasks():
        assert names.task_in_run_name(run.name) == "load-the-orders", run.name
        assert names.function_in_task_key(run.task_key) == "load"
        ending = run.name.removeprefix("load-the-orders")
        assert ending == names.ending_of_run_name(run.dynamic_key)
        assert any(re.fullmatch(pattern, ending) for pattern in names.RUN_NAME_ENDINGS), ending


@contract("names.is_scheduler_key", "names.schedule_in_key")
def test_keys_of_scheduled_runs(client: SyncPrefectClient) -> None:
    @flow
    def scheduled() -> None: ...

    flow_id = client.create_flow(scheduled)
    deployment_id = client.create_deployment(flow_id, uuid4().hex)
    client.request(
        "POST",
        "/deployments/{id}/schedules",
        path_params={"id": str(deployment_id)},
        json=[{"active": True, "schedule": IntervalSchedule(interval=timedelta(hours=1)).model_dump(mode="json")}],
    )
    [schedule] = client.read_deployment(deployment_id).schedules
    client.request("POST", "/deployments/{id}/schedule", path_params={"id": str(deployment_id)}, json={"min_runs": 1})
    runs = client.request(
        "POST", "/flow_runs/filter", json={"flow_runs": {"deployment_id": {"any_": [str(deployment_id)]}}}
    ).json()
    assert runs
    for run in runs:
        assert names.is_scheduler_key(run["idempotency_key"])
        assert names.schedule_in_key(run["idempotency_key"]) == schedule.id


@contract("names.is_limit_for_runs")
def test_names_of_limits_that_are_no_pools(client: SyncPrefectClient) -> None:
    tag = uuid4().hex
    client.create_concurrency_limit(tag, 1)

    @flow
    def limited() -> None: ...

    deployment_id = client.create_deployment(client.create_flow(limited), tag, concurrency_limit=1)
    found = {limit.name for limit in client.read_global_concurrency_limits(limit=200)}
    mine = {name for name in found if tag in name or str(deployment_id) in name}
    assert len(mine) == 2
    assert all(map(names.is_limit_for_runs, mine))


@contract("names.slot_event")
def test_events_of_slots(client: SyncPrefectClient) -> None:
    limit = uuid4().hex
    answer = client.request("POST", "/v2/concurrency_limits/", json={"name": limit, "limit": 3}).json()
    with concurrency(limit, occupy=2):
        pass
    wanted = [names.slot_event("acquired"), names.slot_event("released")]
    resource = {"id": [f"prefect.concurrency-limit.{answer['id']}"]}
    acquired, released = _events(client, {"resource": resource, "event": {"name": wanted}}, 2)
    assert [acquired["event"], released["event"]] == wanted
    assert released["follows"] == acquired["id"]
    for event in (acquired, released):
        assert event["resource"]["prefect.resource.name"] == limit
        assert (event["resource"]["slots-acquired"], event["resource"]["limit"]) == ("2", "3")


@contract("names.RunLabels")
def test_labels_of_events_of_runs(client: SyncPrefectClient) -> None:
    ids: list[UUID] = []

    @task
    def fails() -> None:
        context = TaskRunContext.get()
        ids.extend([context.task_run.id, context.task_run.flow_run_id])
        raise RuntimeError("out of memory")

    @flow
    def fails_with_its_task() -> None:
        fails()

    assert fails_with_its_task(return_state=True).is_failed()
    for kind, id_ in zip(("task-run", "flow-run"), ids, strict=True):
        event = {"event": {"name": [f"prefect.{kind}.Failed"]}, "resource": {"id": [f"prefect.{kind}.{id_}"]}}
        [failed] = _events(client, event, 1)
        labels = failed["resource"]
        assert labels[names.RUN_LABELS.state_type] == "FAILED"
        assert labels[names.RUN_LABELS.state_name] == "Failed"
        assert "out of memory" in labels[names.RUN_LABELS.state_message]
        assert labels[names.RUN_LABELS.run_count] == "1"


@contract("names.RUN_LOGGERS")
def test_loggers_that_have_handlers(prefect_server: str) -> None:
    from prefect.logging.configuration import setup_logging

    setup_logging()
    of_runs = set(names.RUN_LOGGERS) - {"prefect"}
    assert [name for name in of_runs if not logging.getLogger(name).handlers] == []

    @flow
    def logs() -> list[str]:
        found = [prefect.get_run_logger().logger]
        while found[-1].parent is not None and found[-1].propagate:
            found.append(found[-1].parent)
        return [logger.name for logger in found if logger.handlers]

    assert set(logs()) <= {*names.RUN_LOGGERS, "root"}
