"""Reads and writes the server's automations, and reads the blocks and deployments that alerts name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
from prefect.settings import PREFECT_API_URL, PREFECT_CLOUD_API_URL

from .._airflow.names import block_name
from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.client import api_schemas
from .._prefect.pages import chunks, items
from ._plan import OWNER_TAG, FoundNeed, HeldAutomation, key_from_tags
from ._specs import CLOUD_TYPES, Need

# Keys per request. A page has room for more automations than keys are requested, because some may have been created
# twice.
_KEYS = 25


@server_call
def read_automations(owner: str) -> list[HeldAutomation]:
    return _held({"all_": [OWNER_TAG + owner]})


@server_call
def read_tagged(owner: str, tags: Iterable[str]) -> list[HeldAutomation]:
    return [found for chunk in chunks(tags, _KEYS) for found in _held({"any_": chunk}, owner)]


@server_call
def create_automation(data: Mapping[str, Any]) -> str:
    return str(kept_client().request("POST", "/automations/", json=dict(data)).json()["id"])


@server_call
def update_automation(id_: str, data: Mapping[str, Any]) -> None:
    kept_client().request("PUT", "/automations/{id}", path_params={"id": id_}, json=dict(data))


@server_call
def delete_automation(id_: str) -> None:
    """Delete an automation, if it still exists."""
    try:
        kept_client().delete_automation(UUID(id_))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise


@server_call
def read_needs(needs: Iterable[Need]) -> dict[Need, FoundNeed]:
    """Return, for each need, the id of the object on the server or the reason why it can't be used."""
    by_kind: dict[str, list[Need]] = {}
    for need in set(needs):
        by_kind.setdefault("block" if need.kind in ("notification", "webhook") else need.kind, []).append(need)
    readers = {"deployment": _deployments, "connection": _connections, "block": _blocks, "cloud": _of_cloud}
    return {need: found for kind, some in by_kind.items() for need, found in readers[kind](some).items()}


def _held(tags: Mapping[str, Any], owner: str = "") -> list[HeldAutomation]:
    return [
        HeldAutomation(found["id"], key, found["created"], found["enabled"], found)
        # `items` returns each automation once. An automation that the server returns on two pages would be deleted as
        # its own duplicate.
        for found in items("/automations/filter", {"automations": {"tags": tags}})
        if (key := key_from_tags(found["tags"])) is not None and (not owner or OWNER_TAG + owner in found["tags"])
    ]


def _deployments(needs: list[Need]) -> dict[Need, FoundNeed]:
    pairs = [need.name.split("/") for need in needs]
    named = {
        "flows": {"name": {"any_": sorted({flow for flow, _ in pairs})}},
        "deployments": {"name": {"any_": sorted({name for _, name in pairs})}},
    }
    flows = {found["id"]: found["name"] for found in items("/flows/filter", {"flows": named["flows"]})}
    ids = {
        f"{flows.get(found['flow_id'])}/{found['name']}": found["id"] for found in items("/deployments/filter", named)
    }
    return {
        need: FoundNeed(ids[need.name])
        if need.name in ids
        else FoundNeed(problem=f"the server has no deployment {need.name!r}; deploy it first")
        for need in needs
    }


def _connections(needs: list[Need]) -> dict[Need, FoundNeed]:
    names = {need: block_name(need.name) for need in needs}
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for found in _documents(set(names.values())):
        documents.setdefault(found["name"], []).append(found)
    return {need: _connection(need.name, documents.get(name, [])) for need, name in names.items()}


def _connection(conn_id: str, documents: list[Mapping[str, Any]]) -> FoundNeed:
    able = [found for found in documents if "notify" in found["block_schema"]["capabilities"]]
    if len(able) == 1:
        return FoundNeed(able[0]["id"])
    slugs = ", ".join(sorted(found["block_type"]["slug"] for found in able or documents))
    if able:
        return FoundNeed(problem=f"connection {conn_id!r} matches several blocks: {slugs}; name one as type/name")
    if documents:
        return FoundNeed(
            problem=f"connection {conn_id!r} is stored as {slugs}, which can't send notifications; use a notifier of "
            "airflow_compat.notifiers with this connection"
        )
    return FoundNeed(problem=f"the server has no connection {conn_id!r}; import it, or name a block as type/name")


def _blocks(needs: list[Need]) -> dict[Need, FoundNeed]:
    pairs = [need.name.split("/", 1) for need in needs]
    documents = {
        f"{found['block_type']['slug']}/{found['name']}": found
        for found in _documents({name for _, name in pairs}, {slug for slug, _ in pairs})
    }
    return {need: _block(need, documents.get(need.name)) for need in needs}


def _block(need: Need, document: Mapping[str, Any] | None) -> FoundNeed:
    if document is None:
        return FoundNeed(problem=f"the server has no block {need.name!r}; create it first")
    if need.kind == "notification" and "notify" not in document["block_schema"]["capabilities"]:
        return FoundNeed(
            problem=f"block {need.name!r} can't send notifications; use another type, such as slack-webhook or "
            "custom-webhook"
        )
    return FoundNeed(document["id"])


def _of_cloud(needs: list[Need]) -> dict[Need, FoundNeed]:
    return {
        need: FoundNeed(
            problem=f"only Prefect Cloud supports {CLOUD_TYPES[need.name]}; use another type, or set PREFECT_API_URL "
            "to a workspace there"
        )
        if _lacks_type(need.name)
        else FoundNeed()
        for need in needs
    }


def _lacks_type(type_: str) -> bool:
    """Return True if the server's API schema lacks this trigger or action type.

    Returns False if the schema can't be read, for example behind a proxy.
    """
    if (PREFECT_API_URL.value() or "").startswith(PREFECT_CLOUD_API_URL.value()):
        return False
    try:
        schemas = api_schemas(kept_client())
        return "AutomationCreate" in schemas and type_ not in set(_types(schemas))
    except (httpx.HTTPStatusError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _types(schemas: Mapping[str, Any]) -> Iterator[object]:
    for schema in schemas.values():
        said = schema.get("properties", {}).get("type", {})
        yield from (said[name] for name in ("const", "default") if isinstance(said.get(name), str))
        yield from said.get("enum", ())


def _documents(names: set[str], slugs: set[str] | None = None) -> Iterator[dict[str, Any]]:
    body: dict[str, Any] = {"block_documents": {"name": {"any_": sorted(names)}, "is_anonymous": {"eq_": False}}}
    body |= {} if slugs is None else {"block_types": {"slug": {"any_": sorted(slugs)}}}
    return items("/block_documents/filter", body)
