"""Reads facts from the configured server. The functions never start a temporary server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLOUD_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
)

from .._prefect.block_classes import extra_of, is_installed
from .._prefect.blocks import read_names
from .._prefect.client import kept_client
from .._prefect.failures import not_an_api, server_call
from .._prefect.internals.client import server_settings
from .._prefect.pages import chunks, items
from .._prefect.specs import BlockSpec
from ..connections._specs import HOMES
from ..errors import ServerError
from ..pools._server_states import read_server_facts
from ._checks import ServerHealth, driver_of
from ._run_findings import RunWithoutProcess
from ._server_runs import lost_runs


def read_server_health() -> ServerHealth:
    """Read all facts. If a request fails, return the error, and the facts that were read before."""
    server = answering_server()
    if server.kind not in ("own", "cloud") or server.error:
        return server
    try:
        if server.kind == "own":
            server = replace(server, facts=read_server_facts(), database=_read_database())
        server = replace(server, own_type=_has_type("airflow-connection"))
        documents = read_names(slugs=HOMES)
        lost = tuple(RunWithoutProcess(each.flow_run.name, each.flow_name, each.reason) for each in lost_runs())
        return replace(
            server,
            lost=lost,
            blocks=Counter(document.type_slug for document in documents),
            lacking=lacking_extras(documents),
        )
    except ServerError as exc:
        return replace(server, error=str(exc))


def answering_server() -> ServerHealth:
    """Return facts about the server that Prefect's settings name: its version, or an error if it doesn't answer."""
    server = named_server()
    try:
        return replace(server, version=_read_version()) if server.kind == "own" else server
    except ServerError as exc:
        return replace(server, error=str(exc))


def lacking_extras(documents: Iterable[BlockSpec]) -> Mapping[str, str]:
    """Return block types whose package or database driver is not installed, each with the extra that installs it."""
    lacking = {}
    for document in documents:
        if not is_installed(document.type_slug):
            lacking[document.type_slug] = extra_of(document.type_slug)
        elif (driver := _driver(document.data)) and find_spec(driver[0]) is None:
            lacking[document.type_slug] = driver[1]
    return lacking


def _driver(data: Mapping[str, Any]) -> tuple[str, str] | None:
    info = data.get("connection_info")
    named = info.get("driver") if isinstance(info, Mapping) else None
    return driver_of(named) if isinstance(named, str) else None


def named_server() -> ServerHealth:
    """Return facts about the server that Prefect's settings name. Sends no request."""
    heartbeats = PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() is not None
    url = PREFECT_API_URL.value()
    if not url:
        may_start = PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value()
        return ServerHealth("temporary" if may_start else "none", heartbeats=heartbeats)
    is_cloud = url.startswith(PREFECT_CLOUD_API_URL.value())
    return ServerHealth("cloud" if is_cloud else "own", _without_secrets(url), heartbeats)


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


@dataclass(frozen=True)
class UsedWorkPool:
    """A work pool that deployments use."""

    name: str
    type: str
    online_workers: int


@server_call
def read_work_pools_of(flow_names: Collection[str]) -> list[UsedWorkPool]:
    """Return the work pools that the deployments of these flows use, sorted by name."""
    found: set[str] = set()
    for names in chunks(flow_names):
        deployments = items("/deployments/filter", {"flows": {"name": {"any_": names}}})
        found.update(each["work_pool_name"] for each in deployments if each.get("work_pool_name"))
    used = []
    for name in sorted(found):
        pool, workers = kept_client().read_work_pool(name), kept_client().read_workers_for_work_pool(name)
        used.append(UsedWorkPool(name, pool.type, sum(worker.status == WorkerStatus.ONLINE for worker in workers)))
    return used


@server_call
def _read_version() -> str:
    found: object = None
    try:
        with suppress(ValueError):
            found = kept_client().api_version()
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code != HTTPStatus.NOT_FOUND:
            raise
    if not isinstance(found, str):
        raise not_an_api()
    return found


@server_call
def _read_database() -> str:
    try:
        settings = server_settings(kept_client())["database"]
        # The server hides the database URL. The driver is known only if the setting `driver` is set in addition to the
        # URL.
        found = str(settings["driver"] or "").partition("+")[0]
    except (KeyError, TypeError, httpx.HTTPStatusError):
        return ""
    return found if found in ("sqlite", "postgresql") else ""


@server_call
def _has_type(slug: str) -> bool:
    try:
        kept_client().read_block_type_by_slug(slug)
    except ObjectNotFound:
        return False
    return True
