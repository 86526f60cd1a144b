"""What the server that the settings name tells about itself. One that none is named for is not started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.exceptions import ObjectNotFound
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLOUD_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
)

from .._specs.connections import HOMES
from .._specs.health import ServerHealth, driver_of
from .._specs.specs import BlockSpec
from ..errors import ServerError, ServerUnreachableError
from .block_classes import extra_of, is_installed
from .blocks import read_names
from .client import kept_client
from .failures import server_call
from .pool_states import read_server_facts

_OWN_TYPE = "airflow-connection"
_DATABASES = ("sqlite", "postgresql")


def read_server_health() -> ServerHealth:
    """All that it tells; where it stops answering, what it has told until then."""
    server = _named()
    if server.kind not in ("own", "cloud"):
        return server
    try:
        _refuse_malformed(PREFECT_API_URL.value() or "")
        if server.kind == "own":
            server = replace(server, version=_read_version())
            server = replace(server, facts=read_server_facts(), database=_read_database())
        server = replace(server, own_type=_has_type(_OWN_TYPE))
        documents = read_names(slugs=HOMES)
        counted = Counter(document.type_slug for document in documents)
        return replace(server, blocks=counted, lacking=lacking_extras(documents))
    except ServerError as exc:
        return replace(server, error=str(exc))


def lacking_extras(documents: Iterable[BlockSpec]) -> Mapping[str, str]:
    """The block types whose package, or whose database's driver, isn't here, each with the extra that brings it."""
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


def _named() -> ServerHealth:
    """What the settings say, before anything is asked."""
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


def _refuse_malformed(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ServerUnreachableError(
            "PREFECT_API_URL is no URL of a server; set it to one such as http://127.0.0.1:4200/api"
        )


@server_call
def _read_version() -> str:
    try:
        found = kept_client().request("GET", "/admin/version").json()
    except ValueError:
        found = None
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        found = None
    if not isinstance(found, str):
        raise ServerError(
            f"what answers at {_without_secrets(PREFECT_API_URL.value() or '')} is not Prefect's API; "
            "PREFECT_API_URL ends in /api where it is a server of Prefect's"
        )
    return found


@server_call
def _read_database() -> str:
    try:
        settings = kept_client().request("GET", "/admin/settings").json()["server"]["database"]
        # The URL is masked as a whole: only a server that was given the driver by itself tells it.
        found = str(settings["driver"] or "").partition("+")[0]
    except (KeyError, TypeError, httpx.HTTPStatusError):
        return ""
    return found if found in _DATABASES else ""


@server_call
def _has_type(slug: str) -> bool:
    try:
        kept_client().read_block_type_by_slug(slug)
    except ObjectNotFound:
        return False
    return True
