"""Where an Airflow variable is kept on the server, found by its key: a Prefect variable, else a `Secret` block."""

from __future__ import annotations

from .._airflow.names import block_name, variable_name
from .._specs.specs import MARK, BlockSpec, VariableSpec
from .._specs.variables import SECRET_SLUG, key_from_tags
from .blocks import create_document, delete_document, read_documents, read_type, update_document
from .variables import delete_variable, read_variable, upsert_variable


def find(key: str) -> VariableSpec | BlockSpec | None:
    """What holds this key; what holds another key under the same name doesn't count."""
    return _plain(key) or _secret(key)


def store(key: str, spec: VariableSpec | BlockSpec) -> None:
    """Make the server hold the spec, and nothing else, for this key."""
    # The new home first: a reader meanwhile finds the old value or the new one, and never none.
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
    """Delete what holds this key; whether there was anything."""
    held = [_plain(key), _secret(key)]
    for spec in held:
        _delete(spec)
    return any(held)


def _plain(key: str) -> VariableSpec | None:
    stored = read_variable(variable_name(key))
    return stored if stored and key_from_tags(stored.tags, stored.name) in (key, stored.name) else None


def _secret(key: str) -> BlockSpec | None:
    for document in read_documents([block_name(key)], slugs=[SECRET_SLUG]):
        if (document.data.get(MARK) or {}).get("key", key) == key:
            return document
    return None


def _delete(spec: VariableSpec | BlockSpec | None) -> None:
    if isinstance(spec, VariableSpec):
        delete_variable(spec.name)
    elif spec:
        delete_document(spec.id)
