"""Reads and writes work pools, and reads Prefect's job template of each pool type."""

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

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.pages import items
from ..errors import MissingPackageError, ServerError
from ._plan import HeldWorkPool

_PACKAGES = {"docker": "docker", "kubernetes": "kubernetes"}


def read_work_pools(names: Collection[str]) -> dict[str, HeldWorkPool]:
    if not names:
        return {}
    return {
        pool["name"]: HeldWorkPool(
            pool["name"], pool["type"], pool["base_job_template"] or {}, pool["concurrency_limit"]
        )
        for pool in items("/work_pools/filter", {"work_pools": {"name": {"any_": sorted(names)}}})
    }


@server_call
def create_work_pool(data: Mapping[str, Any]) -> None:
    """Create a pool.

    Raises:
        NameTakenError: A pool with that name exists.
    """
    from prefect.client.schemas.actions import WorkPoolCreate

    kept_client().create_work_pool(WorkPoolCreate(**data))


@server_call
def update_work_pool(name: str, data: Mapping[str, Any]) -> None:
    """Change a pool's job template or concurrency limit. The pool's runs, workers and queues stay unchanged.

    Raises:
        ServerError: The pool no longer exists.
    """
    try:
        kept_client().request("PATCH", "/work_pools/{name}", path_params={"name": name}, json=dict(data))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
    else:
        return
    raise ServerError(f"work pool {name!r} was deleted in the meantime; apply the pools again to create it")


def read_template(type_: str) -> dict[str, Any]:
    """Return Prefect's job template of a pool type, from the installed worker or from the server.

    Raises:
        MissingPackageError: The worker isn't installed, and the server doesn't have its template.
    """
    if worker := BaseWorker.get_worker_class_from_type(type_):
        return dict(worker.get_default_base_job_template())
    for collection in _read_worker_metadata().values():
        for described in collection.values():
            if described.get("type") == type_ and described.get("default_base_job_configuration"):
                return dict(described["default_base_job_configuration"])
    raise MissingPackageError(
        f"Neither this machine nor the server has the job template of {type_} work pools. "
        f'Run `pip install "airflow-compat[{_PACKAGES.get(type_, type_)}]"`.'
    )


def problems_with(
    template: Mapping[str, Any], job_variables: Mapping[str, Any], *, check_values: bool = True
) -> list[str]:
    """Return the reasons why the server would refuse the template or the job variables, without quoting values."""
    schema = dict(template.get("variables") or {})
    known = schema.get("properties", {})
    if undeclared := sorted(_placeholders(template) - known.keys()):
        names = ", ".join(f"{{{{ {name} }}}}" for name in undeclared)
        return [
            f"job template: the server refuses {names}, because this job variable does not exist; declare the variable"
        ]
    problems = [
        f"job variable {name}: the pool's job template doesn't have it; {_instead(name, known)}"
        for name in job_variables
        if name not in known
    ]
    return problems + [
        f"job variable {name}: its value doesn't fit the schema of the pool's job template; correct it"
        for name, value in job_variables.items()
        if check_values and name in known and not _fits({**schema, "properties": {name: known[name]}}, name, value)
    ]


def _instead(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 2, 0.6)
    return f"did you mean {' or '.join(near)}?" if near else "leave the job variable out, or add it to the template"


def _placeholders(template: Mapping[str, Any]) -> set[str]:
    """Return the placeholders that the server finds in a job configuration's JSON, including its keys."""
    parts = (template.get("job_configuration") or {}).values()
    return {found.name for part in parts for found in find_placeholders(json.dumps(part))}


def _fits(schema: dict[str, Any], name: str, value: Any) -> bool:
    try:
        validate({name: value}, schema, raise_on_error=True, preprocess=False, ignore_required=True)
    except ValidationError:
        return False
    return True


@server_call
def _read_worker_metadata() -> dict[str, Any]:
    return kept_client().read_worker_metadata()
