"""Work pools: read, created, changed; and what Prefect itself has for each type."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from prefect.utilities.schema_tools import ValidationError, validate
from prefect.utilities.templating import find_placeholders
from prefect.workers.base import BaseWorker

from .._specs.work_pool_plan import HeldWorkPool
from ..errors import MissingPackageError, ServerError
from .client import kept_client
from .failures import server_call

_PACKAGES = {"docker": "docker", "kubernetes": "kubernetes"}


@server_call
def read_work_pools(names: Collection[str]) -> dict[str, HeldWorkPool]:
    """The pools of these names that there are."""
    if not names:
        return {}
    found: dict[str, HeldWorkPool] = {}
    body = {"work_pools": {"name": {"any_": sorted(names)}}, "limit": 200}
    for offset in range(0, len(names), 200):
        page = kept_client().request("POST", "/work_pools/filter", json={**body, "offset": offset}).json()
        for pool in page:
            found[pool["name"]] = HeldWorkPool(
                pool["name"], pool["type"], pool["base_job_template"] or {}, pool["concurrency_limit"]
            )
    return found


@server_call
def create_work_pool(data: Mapping[str, Any]) -> None:
    """Create a pool.

    Raises:
        NameTakenError: There is one of that name.
    """
    from prefect.client.schemas.actions import WorkPoolCreate

    kept_client().create_work_pool(WorkPoolCreate(**data))


@server_call
def update_work_pool(name: str, data: Mapping[str, Any]) -> None:
    """Give a pool another template or limit; its runs, its workers and its queues stay.

    Raises:
        ServerError: There is none of that name any more.
    """
    try:
        kept_client().request("PATCH", "/work_pools/{name}", path_params={"name": name}, json=dict(data))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        gone = True
    else:
        gone = False
    if gone:
        raise ServerError(f"work pool {name!r} was deleted in the meantime; apply it again")


def read_template(type_: str) -> dict[str, Any]:
    """Prefect's own job template for pools of a type: the installed worker's, else what the server knows of workers.

    Raises:
        MissingPackageError: Neither has one.
        ServerError: The server can't be asked.
    """
    worker = BaseWorker.get_worker_class_from_type(type_)
    if worker is not None:
        return dict(worker.get_default_base_job_template())
    for collection in _read_worker_metadata().values():
        for described in collection.values():
            if described.get("type") == type_ and described.get("default_base_job_configuration"):
                return dict(described["default_base_job_configuration"])
    raise MissingPackageError(
        f"work pools of type {type_}: neither is their worker installed here nor does the server know of it; "
        f'install it with `pip install "airflow-compat[{_PACKAGES.get(type_, type_)}]"`'
    )


def problems_with(
    template: Mapping[str, Any], job_variables: Mapping[str, Any], *, check_values: bool = True
) -> list[str]:
    """What the server would refuse, of the template itself and of the job variables. No value is quoted."""
    schema = dict(template.get("variables") or {})
    known = schema.get("properties", {})
    undeclared = sorted(_placeholders(template) - known.keys())
    if undeclared:
        names = ", ".join(f"{{{{ {name} }}}}" for name in undeclared)
        return [
            f"job template: the server refuses {names}, which the pool has no job variable for; declare or remove it"
        ]
    problems = [
        f"job variable {name}: the pool's job template has none of that name; {_instead(name, known)}"
        for name in job_variables
        if name not in known
    ]
    wrong = [
        f"job variable {name}: its value isn't as the pool's job template has it; correct it"
        for name, value in job_variables.items()
        if check_values and name in known and not _fits({**schema, "properties": {name: known[name]}}, name, value)
    ]
    return [*problems, *wrong]


def _instead(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 2, 0.6)
    return f"did you mean {' or '.join(near)}?" if near else "leave it out, or add it to the template"


def _placeholders(template: Mapping[str, Any]) -> set[str]:
    """The names that the server finds in a job configuration: in its JSON, so in keys too."""
    configuration = template.get("job_configuration") or {}
    return {found.name for part in configuration.values() for found in find_placeholders(json.dumps(part))}


def _fits(schema: dict[str, Any], name: str, value: Any) -> bool:
    try:
        validate({name: value}, schema, raise_on_error=True, preprocess=False, ignore_required=True)
    except ValidationError:
        return False
    return True


@server_call
def _read_worker_metadata() -> dict[str, Any]:
    view = kept_client().request("GET", "/collections/views/{view}", path_params={"view": "aggregate-worker-metadata"})
    return dict(view.json())
