"""Automations of ours, and the blocks and deployments that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from uuid import UUID

import httpx

from .._airflow.names import block_name
from .._specs.automation_plan import OWNER_TAG, Found, HeldAutomation, key_from_tags
from .._specs.automations import CLOUD_TYPES, Need
from .client import kept_client
from .failures import server_call
from .server_schema import lacks_type

_Filter: TypeAlias = Literal["/automations/filter", "/block_documents/filter", "/deployments/filter", "/flows/filter"]

_PAGE = 200
# As many keys at once as leave room on a page for some that were created twice.
_KEYS = 25


@server_call
def read_automations(owner: str) -> list[HeldAutomation]:
    """What the server has of this owner's."""
    return _held({"all_": [OWNER_TAG + owner]})


@server_call
def read_tagged(owner: str, tags: Iterable[str]) -> list[HeldAutomation]:
    """What the server has of this owner's that has one of these tags."""
    wanted = sorted(set(tags))
    return [
        found
        for start in range(0, len(wanted), _KEYS)
        for found in _held({"any_": wanted[start : start + _KEYS]}, owner)
    ]


@server_call
def create_automation(data: Mapping[str, Any]) -> str:
    """Create an automation; its id."""
    return str(kept_client().request("POST", "/automations/", json=dict(data)).json()["id"])


@server_call
def update_automation(id_: str, data: Mapping[str, Any]) -> None:
    """Give an automation other data; its id stays."""
    kept_client().request("PUT", "/automations/{id}", path_params={"id": id_}, json=dict(data))


@server_call
def delete_automation(id_: str) -> None:
    """Delete an automation; one that is gone already changes nothing."""
    try:
        kept_client().delete_automation(UUID(id_))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise


@server_call
def read_needs(needs: Iterable[Need]) -> dict[Need, Found]:
    """What the server has for each: an id, or why it doesn't do."""
    wanted = set(needs)
    deployments = [need for need in wanted if need.kind == "deployment"]
    connections = [need for need in wanted if need.kind == "connection"]
    blocks = [need for need in wanted if need.kind in ("notification", "webhook")]
    of_cloud = {need: _of_cloud(need.name) for need in wanted if need.kind == "cloud"}
    return {**_deployments(deployments), **_connections(connections), **_blocks(blocks), **of_cloud}


def _held(tags: Mapping[str, Any], owner: str = "") -> list[HeldAutomation]:
    return [
        HeldAutomation(found["id"], key, found["created"], found["enabled"], found)
        for found in _pages("/automations/filter", {"automations": {"tags": tags}})
        if (key := key_from_tags(found["tags"])) is not None and (not owner or OWNER_TAG + owner in found["tags"])
    ]


def _deployments(needs: list[Need]) -> dict[Need, Found]:
    if not needs:
        return {}
    pairs = [need.name.split("/") for need in needs]
    named = {
        "flows": {"name": {"any_": sorted({flow for flow, _ in pairs})}},
        "deployments": {"name": {"any_": sorted({name for _, name in pairs})}},
    }
    flows = {found["id"]: found["name"] for found in _pages("/flows/filter", {"flows": named["flows"]})}
    ids = {
        f"{flows.get(found['flow_id'])}/{found['name']}": found["id"] for found in _pages("/deployments/filter", named)
    }
    return {
        need: Found(ids[need.name])
        if need.name in ids
        else Found(problem=f"there is no deployment {need.name!r}; deploy it first")
        for need in needs
    }


def _connections(needs: list[Need]) -> dict[Need, Found]:
    if not needs:
        return {}
    names = {need: block_name(need.name) for need in needs}
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for found in _documents(set(names.values())):
        documents.setdefault(found["name"], []).append(found)
    return {need: _connection(need.name, documents.get(name, [])) for need, name in names.items()}


def _connection(conn_id: str, documents: list[Mapping[str, Any]]) -> Found:
    able = [found for found in documents if "notify" in found["block_schema"]["capabilities"]]
    if len(able) == 1:
        return Found(able[0]["id"])
    slugs = ", ".join(sorted(found["block_type"]["slug"] for found in able or documents))
    if able:
        return Found(problem=f"connection {conn_id!r} may be any of {slugs}; name one, as type/name")
    if documents:
        return Found(
            problem=f"connection {conn_id!r} is kept as {slugs}, which the server can't notify through; give a "
            "notifier of airflow_compat.notifiers with this connection"
        )
    return Found(problem=f"there is no connection {conn_id!r} on the server; import it, or name a block as type/name")


def _blocks(needs: list[Need]) -> dict[Need, Found]:
    if not needs:
        return {}
    pairs = [need.name.split("/", 1) for need in needs]
    documents = {
        f"{found['block_type']['slug']}/{found['name']}": found
        for found in _documents({name for _, name in pairs}, {slug for slug, _ in pairs})
    }
    return {need: _block(need, documents.get(need.name)) for need in needs}


def _block(need: Need, document: Mapping[str, Any] | None) -> Found:
    if document is None:
        return Found(problem=f"there is no block {need.name!r}; create it first")
    if need.kind == "notification" and "notify" not in document["block_schema"]["capabilities"]:
        return Found(
            problem=f"block {need.name!r} can't notify; name one of a type that can, such as slack-webhook or "
            "custom-webhook"
        )
    return Found(document["id"])


def _of_cloud(type_: str) -> Found:
    if not lacks_type(type_):
        return Found()
    return Found(
        problem=f"this server has no {CLOUD_TYPES[type_]}, which are Prefect Cloud's alone; take another one, or "
        "set PREFECT_API_URL to a workspace there"
    )


def _documents(names: set[str], slugs: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """Without their secrets."""
    body: dict[str, Any] = {"block_documents": {"name": {"any_": sorted(names)}, "is_anonymous": {"eq_": False}}}
    if slugs is not None:
        body["block_types"] = {"slug": {"any_": sorted(slugs)}}
    return _pages("/block_documents/filter", body)


def _pages(path: _Filter, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a filter lets through, each once: what is created meanwhile moves the pages, and one may be on two of them.

    An automation that is there twice would be taken for two, and the second of them deleted.
    """
    offset = 0
    seen: set[str] = set()
    while True:
        page = kept_client().request("POST", path, json={**body, "limit": _PAGE, "offset": offset}).json()
        yield from (found for found in page if found["id"] not in seen)
        seen.update(found["id"] for found in page)
        if len(page) < _PAGE:
            return
        offset += _PAGE
