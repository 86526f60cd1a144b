"""Requests that find, store and delete an Airflow variable as a Prefect variable or `Secret` block."""

from __future__ import annotations

from .._airflow.names import block_name, variable_name
from .._prefect.blocks import create_document, delete_document, read_documents, read_type, update_document
from .._prefect.specs import MARK, BlockSpec, VariableSpec
from .._prefect.variables import delete_variable, read_variable, upsert_variable
from ._specs import SECRET_SLUG, key_from_tags


def find(key: str) -> VariableSpec | BlockSpec | None:
    """Find the variable with this key. An object of another key with the same Prefect name is ignored."""
    return _plain(key) or _secret(key)


def store(key: str, spec: VariableSpec | BlockSpec) -> None:
    """Store the variable as its spec says, as a Prefect variable or a `Secret` block, and delete the other one."""
    # Write the new object before deleting the other one, so that a reader always finds a value.
    if isinstance(spec, VariableSpec):
        upsert_variable(spec)
        _delete(_secret(key))
    else:
        block_type = read_type(spec.type_slug)
        if secret := _secret(key):
            update_document(secret.id, spec, block_type)
        else:
            create_document(spec, block_type)
        _delete(_plain(key))


def remove(key: str) -> bool:
    """Delete the variable with this key. Return True if the variable existed."""
    held = [_plain(key), _secret(key)]
    for spec in held:
        _delete(spec)
    return any(held)


def _plain(key: str) -> VariableSpec | None:
    stored = read_variable(variable_name(key))
    return stored if stored and key_from_tags(stored.tags, stored.name) in (key, stored.name) else None


def _secret(key: str) -> BlockSpec | None:
    found = read_documents([block_name(key)], slugs=[SECRET_SLUG])
    return next((each for each in found if (each.data.get(MARK) or {}).get("key", key) == key), None)


def _delete(spec: VariableSpec | BlockSpec | None) -> None:
    if isinstance(spec, VariableSpec):
        delete_variable(spec.name)
    elif spec:
        delete_document(spec.id)
