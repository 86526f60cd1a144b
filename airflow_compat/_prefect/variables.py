"""Prefect variables, by their names."""

from __future__ import annotations

from contextlib import suppress

from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from .._specs.specs import VariableSpec
from .client import kept_client
from .failures import server_call


@server_call
def read_variable(name: str) -> VariableSpec | None:
    """The variable of this name, or None."""
    found = kept_client().read_variable_by_name(name)
    return None if found is None else VariableSpec(found.name, found.value, tuple(found.tags))


@server_call
def read_variables() -> list[VariableSpec]:
    """Every variable that the server has."""
    found: list[VariableSpec] = []
    while True:
        page = kept_client().request("POST", "/variables/filter", json={"limit": 200, "offset": len(found)}).json()
        found += [VariableSpec(item["name"], item["value"], tuple(item["tags"])) for item in page]
        if len(page) < 200:
            return found


@server_call
def create_variable(spec: VariableSpec) -> None:
    """Create a variable.

    Raises:
        NameTakenError: The name is taken.
    """
    kept_client().create_variable(VariableCreate(name=spec.name, value=spec.value, tags=list(spec.tags)))


@server_call
def upsert_variable(spec: VariableSpec) -> None:
    """Create a variable, or give the one of that name this value."""
    client = kept_client()
    if client.read_variable_by_name(spec.name) is None:
        with suppress(ObjectAlreadyExists):
            client.create_variable(VariableCreate(name=spec.name, value=spec.value, tags=list(spec.tags)))
            return
    client.update_variable(VariableUpdate(name=spec.name, value=spec.value, tags=list(spec.tags)))


@server_call
def delete_variable(name: str) -> None:
    """Delete a variable; one that is gone already changes nothing."""
    with suppress(ObjectNotFound):
        kept_client().delete_variable_by_name(name)
