"""The client that we keep, and answers of the server that its API's documentation does not describe."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contract import contract
from prefect import flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext
from prefect.server.api.server import SubprocessASGIServer
from prefect.states import Completed, Crashed

import airflow_compat
from airflow_compat._prefect.internals import client as internals


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as found:
        yield found


def _ignore(response: httpx.Response) -> None: ...


@contract("client.open_own_client")
def test_the_kept_client_is_not_that_of_a_run(prefect_server: str) -> None:
    kept: list[SyncPrefectClient] = []

    @flow
    def etl() -> bool:
        kept.append(internals.open_own_client(_ignore))
        return kept[0] is get_client(sync_client=True)

    assert not etl()
    # It outlives the run in which it was made.
    assert kept[0].read_flow_runs(limit=1)
    kept[0].__exit__(None, None, None)


class _Busy(Exception):
    pass


@contract("client.open_own_client")
def test_what_the_hook_raises_comes_before_any_further_request() -> None:
    requests: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return httpx.Response(503)

    def raise_busy(response: httpx.Response) -> None:
        if response.status_code == 503:
            raise _Busy

    settings: Any = {"transport": httpx.MockTransport(refuse), "event_hooks": {"response": [raise_busy]}}
    with (
        pytest.raises(_Busy),
        SyncPrefectClient("http://prefect.test/api", httpx_settings=settings, server_type=None) as asked,
    ):
        asked.read_flow_runs()
    assert len(requests) == 1


@contract("client.create_task_run_once", "client.force_task_run_state")
def test_a_task_run_is_created_once(client: SyncPrefectClient) -> None:
    @flow
    def etl() -> UUID:
        return FlowRunContext.get().flow_run.id

    def body(id_: UUID) -> dict[str, Any]:
        return {
            "id": str(id_),
            "flow_run_id": flow_run_id,
            "task_key": "claim",
            "dynamic_key": "1",
            "name": str(id_),
            "labels": {"host": "here"},
            "state": {"type": "RUNNING", "name": "Running"},
        }

    flow_run_id = str(etl())
    first, second = uuid4(), uuid4()
    created = internals.create_task_run_once(client, body(first))
    again = internals.create_task_run_once(client, body(second))
    assert (created.id, again.id, again.name) == (first, first, str(first))
    assert again.labels["host"] == "here"
    assert again.state.is_running()
    internals.force_task_run_state(client, first, Completed(message="called"))
    internals.force_task_run_state(client, first, Crashed(message="died"))
    state = client.read_task_run(first).state
    assert (state.type.value, state.message) == ("CRASHED", "died")


@contract("client.server_settings", "client.keeps_leases_in_memory")
def test_the_server_tells_its_settings(client: SyncPrefectClient) -> None:
    settings = internals.server_settings(client)
    assert internals.keeps_leases_in_memory(settings)
    assert settings["services"]["repossessor"]["enabled"] is True
    assert settings["services"]["repossessor"]["loop_seconds"] > 0
    assert settings["services"]["event_persister"]["flush_interval"] > 0
    assert "driver" in settings["database"]


@contract("client.api_schemas")
def test_the_server_serves_its_schemas(client: SyncPrefectClient) -> None:
    schemas = internals.api_schemas(client)
    assert "AutomationCreate" in schemas
    types = [schema.get("properties", {}).get("type", {}) for schema in schemas.values()]
    said = {found for each in types for found in (each.get("const"), each.get("default"), *each.get("enum", ()))}
    assert {"event", "run-deployment"} <= {found for found in said if isinstance(found, str)}


@contract("client.slots_refusal")
def test_the_server_says_why_it_gives_no_slots(client: SyncPrefectClient) -> None:
    limit = uuid4().hex
    client.request("POST", "/v2/concurrency_limits/", json={"name": limit, "limit": 1})

    def take(slots: int) -> UUID:
        taken = client.increment_concurrency_slots_with_lease(
            names=[limit], slots=slots, mode="concurrency", lease_duration=60, holder=None
        )
        return UUID(taken.json()["lease_id"])

    def refusal(*slots: int) -> str | None:
        with pytest.raises(httpx.HTTPStatusError) as raised:
            take(*slots)
        return internals.slots_refusal(raised.value)

    assert refusal(2) == "too few"
    lease = take(1)
    assert refusal(1) == "taken"
    client.release_concurrency_slots_with_lease(lease)
    # The server has no such lease now: releasing it again succeeds, renewing it doesn't.
    client.release_concurrency_slots_with_lease(lease)
    with pytest.raises(httpx.HTTPStatusError) as raised:
        client.renew_concurrency_lease(lease_id=lease, lease_duration=60)
    assert internals.slots_refusal(raised.value) == "no lease"


def _paths() -> set[str]:
    """The paths of the API that our code asks for."""
    found = set()
    for file in Path(airflow_compat.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if text.startswith("/") and text.strip("/").partition("/")[0] in _ROUTES and " " not in text:
                found.add(text)
    return found


_ROUTES = {
    *("admin", "artifacts", "automations", "block_documents", "deployments", "events", "flow_runs", "flows"),
    *("task_runs", "variables", "work_pools"),
}


def test_the_server_has_every_path_that_we_ask_for(client: SyncPrefectClient) -> None:
    path: Any = "/openapi.json"
    served = {name.removeprefix("/api").rstrip("/") for name in client.request("GET", path).json()["paths"]}
    asked = _paths()
    assert {"/task_runs/", "/events/filter", "/admin/settings"} <= asked
    # The last part of a path has names of its own for what is filled in.
    assert [each for each in asked if _shape(each.rstrip("/")) not in set(map(_shape, served))] == []


def _shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


@contract("client.start_temporary_server")
def test_temporary_server_that_ends_is_not_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SubprocessASGIServer()
    asked: list[int] = []
    # Its process starts with an unusable database and ends with code 3.
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", f"sqlite+aiosqlite:///{tmp_path}/missing/prefect.db")
    monkeypatch.setenv("PREFECT_API_DATABASE_MIGRATE_ON_START", "true")

    @contextmanager
    def progress() -> Iterator[None]:
        asked.append(1)
        yield

    assert internals.start_temporary_server(200, progress) == "ended"
    assert asked == [1]
    # A failed start leaves no server behind.
    assert SubprocessASGIServer() is not server
    SubprocessASGIServer().stop()
    running = SubprocessASGIServer()
    running.running = True
    assert internals.start_temporary_server(200, progress) == "runs"
    running.stop()
    assert asked == [1]


@contract("client.create_unlisted_name", "client.read_unlisted_name", "client.delete_unlisted_name")
def test_a_name_is_created_once_and_not_listed(client: SyncPrefectClient) -> None:
    name = f"name-{uuid4()}"
    assert internals.create_unlisted_name(client, name, "first")
    assert not internals.create_unlisted_name(client, name, "second")
    first = internals.read_unlisted_name(client, name)
    assert first is not None
    assert first[1] == "first"
    assert all(document.name != name for document in client.read_block_documents())

    internals.delete_unlisted_name(client, first[0])
    internals.delete_unlisted_name(client, first[0])
    assert internals.read_unlisted_name(client, name) is None
    assert internals.create_unlisted_name(client, name, "third")
    again = internals.read_unlisted_name(client, name)
    assert again is not None
    # Who still holds the first id can't delete the new name.
    assert again[0] != first[0]
