"""Undocumented behaviour of Prefect's client, of its temporary server, and of the server's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import BlockDocumentCreate
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from ..block_types import ids_of_type, register


def open_own_client(on_response: Callable[[httpx.Response], None]) -> SyncPrefectClient:
    """Return a new client that stays open until its `__exit__` is called.

    Prefect: `get_client` returns the active run's client only for equal `httpx_settings`, so other settings give a new
        client. httpx calls the event hook before Prefect's client repeats the request, and raises the hook's exception.
    Since: before 3.7.0.
    If this behaviour changes: a run's end closes the kept client, or each busy answer of SQLite takes seconds. Build
        the client with `SyncPrefectClient(...)`.
    """
    client = get_client(sync_client=True, httpx_settings={"event_hooks": {"response": [on_response]}})
    return client.__enter__()


def start_temporary_server(
    seconds: int, progress: Callable[[], AbstractContextManager[object]]
) -> Literal["runs", "late", "ended"]:
    """Start Prefect's temporary server, unless it is running.

    Prefect: `SubprocessASGIServer()` is a singleton. `get_client` starts this server, unless it runs already. `start`
        raises a RuntimeError after its timeout. If the server's application can't start, the process ends with code 3,
        and is restarted endlessly, each time on another port of `find_available_port`.
    Since: before 3.7.0.
    If this behaviour changes: let `get_client` start the server, and translate the errors of `get_client`.

    Args:
        seconds: The maximum time to wait.
        progress: Makes a context manager in which this function waits, such as a progress display.
    """
    # The import of this module is slow.
    from prefect.server.api.server import SubprocessASGIServer

    class EndedAtStart(Exception):
        pass

    def refuse_another_port() -> int:
        raise EndedAtStart

    server = SubprocessASGIServer()
    if server.running:
        return "runs"
    server.port = server.find_available_port()
    server.find_available_port = refuse_another_port  # type: ignore[method-assign]
    try:
        with progress():
            server.start(timeout=seconds)
    except EndedAtStart:
        result: Literal["late", "ended"] = "ended"
    except (RuntimeError, httpx.HTTPError):
        result = "late"
    except BaseException:
        server.stop()
        raise
    else:
        return "runs"
    server.stop()
    return result


def create_task_run_once(client: SyncPrefectClient, body: Mapping[str, Any]) -> TaskRun:
    """Create a task run, or return the one with the same flow run, `task_key` and `dynamic_key`.

    Prefect: the server creates the task run or returns the existing one, in one transaction.
    Since: before 3.7.0.
    If this behaviour changes: find another object that the server creates only once, and store claims in it.
    """
    return TaskRun.model_validate(client.request("POST", "/task_runs/", json=dict(body)).json())


def force_task_run_state(client: SyncPrefectClient, task_run_id: UUID, state: State[Any]) -> None:
    """Set the state of a task run that no engine runs.

    Prefect: with `force`, the server applies no rules, so `Running` may become any final state.
    Since: before 3.7.0.
    If this behaviour changes: a claim stays `Running` after its callback was called. Propose the states that the
        server's rules require.
    """
    client.set_task_run_state(task_run_id, state, force=True)


def create_unlisted_name(client: SyncPrefectClient, name: str, value: str) -> bool:
    """Store a value under a name that no list of the UI shows. Return False if the name already exists.

    Prefect: the server creates an anonymous block document with a given name only once for each block type, and lists
        it only on request. Servers install the block type `secret` unless `PREFECT_API_BLOCKS_REGISTER_ON_START` is
        false.
    Since: before 3.7.0.
    If this behaviour changes: two runs of a DAG may have the same logical date; claims need another object with a
        unique name.
    """
    ids = ids_of_type(client, "secret")
    if ids is None:
        from prefect.blocks.system import Secret

        register(Secret)
        ids = ids_of_type(client, "secret")
        if ids is None:
            raise ObjectNotFound(http_exc=LookupError("the server has no block type `secret`"))
    type_id, schema_id = ids
    wanted = BlockDocumentCreate(
        name=name,
        data={"value": value},
        block_schema_id=schema_id,
        block_type_id=type_id,
        is_anonymous=True,
    )
    try:
        client.create_block_document(wanted)
    except ObjectAlreadyExists:
        return False
    return True


def read_unlisted_name(client: SyncPrefectClient, name: str) -> tuple[UUID, str] | None:
    """Return the id and the value of an unlisted name; None if the name does not exist.

    Prefect: see `create_unlisted_name`. A block document is found by its name even if it is anonymous.
    Since: before 3.7.0.
    If this behaviour changes: see `create_unlisted_name`.
    """
    try:
        found = client.read_block_document_by_name(name, "secret")
    except ObjectNotFound:
        return None
    return found.id, str(found.data["value"])


def delete_unlisted_name(client: SyncPrefectClient, id_: UUID) -> None:
    """Delete an unlisted name by its id, if the name exists.

    Prefect: see `create_unlisted_name`. A block document that was created again has another id.
    Since: before 3.7.0.
    If this behaviour changes: see `create_unlisted_name`.
    """
    with suppress(ObjectNotFound):
        client.delete_block_document(id_)


def server_settings(client: SyncPrefectClient) -> Mapping[str, Any]:
    """Return the settings of the server, without its secrets.

    Prefect: `/admin/settings` returns the server's settings with the names of `prefect.settings`.
    Since: before 3.7.0. Prefect Cloud has no such path.
    If this behaviour changes: the doctor assumes the default settings. Use the new names in
        `prefect.settings.models.server`.

    Raises:
        httpx.HTTPStatusError: The server returns no settings.
        KeyError, TypeError: The answer has other content.
    """
    settings: Mapping[str, Any] = client.request("GET", "/admin/settings").json()["server"]
    return settings


def keeps_leases_in_memory(settings: Mapping[str, Any]) -> bool:
    """Return True if a restart of the server loses the leases of concurrency slots.

    Prefect: the setting `lease_storage` is a module's path; for storage in memory, the path ends in `.memory`.
    Since: before 3.7.0.
    If this behaviour changes: the doctor can't warn of lost leases. Find the new module paths in
        `prefect.server.concurrency.lease_storage`.
    """
    return str(settings["concurrency"]["lease_storage"]).endswith(".memory")


def api_schemas(client: SyncPrefectClient) -> Mapping[str, Any]:
    """Return the schemas of the server's API by name.

    Prefect: the server has an OpenAPI document below the API's path; Prefect Cloud has none.
    Since: before 3.7.0.
    If this behaviour changes: the missing document hides which triggers and actions the server lacks, until the server
        refuses one. Find the document's new path.

    Raises:
        httpx.HTTPStatusError, ValueError, LookupError, TypeError: The server has no such document.
    """
    # The client's type annotations list only the API's own paths.
    path: Any = "/openapi.json"
    schemas: Mapping[str, Any] = client.request("GET", path).json()["components"]["schemas"]
    return schemas


def slots_refusal(error: httpx.HTTPStatusError) -> Literal["taken", "too few", "no lease"] | None:
    """Return why the server gave no slots or renewed no lease; None for other errors.

    Prefect: the status 423 means that the slots are taken, and 422 that the limit has fewer slots than the request. The
        renewal of a lease that ended or is unknown gives 410, or 404 on older servers. Releasing a lease that ended
        succeeds, but its slots stay taken.
    Since: before 3.7.0.
    If this behaviour changes: waiting for slots becomes an error, or slots leak. Use the new status codes in the
        server's `concurrency_limits_v2`.
    """
    refusals: Mapping[int, Literal["taken", "too few", "no lease"]] = {
        HTTPStatus.LOCKED: "taken",
        HTTPStatus.UNPROCESSABLE_ENTITY: "too few",
        HTTPStatus.GONE: "no lease",
        HTTPStatus.NOT_FOUND: "no lease",
    }
    return refusals.get(error.response.status_code)
