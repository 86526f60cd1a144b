"""Reads and writes Prefect variables."""

from __future__ import annotations

from contextlib import suppress

from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from .client import kept_client
from .failures import server_call
from .pages import items
from .specs import VariableSpec


@server_call
def read_variable(name: str) -> VariableSpec | None:
    found = kept_client().read_variable_by_name(name)
    return None if found is None else VariableSpec(found.name, found.value, tuple(found.tags))


def read_variables() -> list[VariableSpec]:
    return [VariableSpec(item["name"], item["value"], tuple(item["tags"])) for item in items("/variables/filter", {})]


@server_call
def create_variable(spec: VariableSpec) -> None:
    """Create a variable.

    Raises:
        NameTakenError: The name is taken.
    """
    kept_client().create_variable(VariableCreate(name=spec.name, value=spec.value, tags=list(spec.tags)))


@server_call
def upsert_variable(spec: VariableSpec) -> None:
    """Create a variable, or replace its value."""
    client = kept_client()
    if client.read_variable_by_name(spec.name) is None:
        with suppress(ObjectAlreadyExists):
            client.create_variable(VariableCreate(name=spec.name, value=spec.value, tags=list(spec.tags)))
            return
    client.update_variable(VariableUpdate(name=spec.name, value=spec.value, tags=list(spec.tags)))


@server_call
def delete_variable(name: str) -> None:
    """Delete a variable, if it exists."""
    with suppress(ObjectNotFound):
        kept_client().delete_variable_by_name(name)
