"""Read the Astro CLI's `airflow_settings.yaml`: connections, variables and pools in one file.

Follows the rules of the package `settings` in the Astro CLI's source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .connection import Connection
from .connection_uri import RefusedError
from .export_data import Export, Kind, Problem
from .export_entries import fields_of_object, pool_from_entry, variable_from_entry
from .export_text import NotAnExportError, repeated
from .hidden_secrets import hidden_secret
from .pool import Pool
from .variable import VariableRecord

_Entry = TypeVar("_Entry", Connection, VariableRecord, Pool)
_KINDS = {"connections", "pools", "variables"}
_CONNECTION_KEYS = {
    **{f"conn_{name}": name for name in ("type", "host", "schema", "login", "password", "port", "uri", "extra")},
    "conn_type": "conn_type",
}


def is_astro_settings(entries: object) -> bool:
    """Return True for the content of an `airflow_settings.yaml`, even with unknown keys."""
    held = entries.get("airflow") if isinstance(entries, Mapping) else None
    if not isinstance(held, Mapping) or not held:
        return False
    return held.keys() <= _KINDS or any(_may_be_kind(str(key), value) for key, value in held.items())


def read_astro_settings(entries: Mapping[str, Any]) -> Export:
    """Read the file's entries. Empty entries, which the template of the Astro CLI contains, are ignored.

    Raises:
        NotAnExportError: The file has an unexpected structure, a key that the Astro CLI does not know, or a repeated
            id.
    """
    held = entries["airflow"]
    _refuse_other_keys("airflow", held, _KINDS)
    _refuse_other_keys("the file", entries, {"airflow"})
    problems: list[Problem] = []
    return Export(
        connections=_read("connection", "conn_id", held.get("connections"), _connection, problems),
        variables=_read("variable", "variable_name", held.get("variables"), _variable, problems),
        pools=_read("pool", "pool_name", held.get("pools"), _pool, problems),
        problems=tuple(problems),
    )


def _read(
    kind: Kind,
    id_key: str,
    listed: Any,
    reader: Callable[[str, dict[str, Any]], _Entry],
    problems: list[Problem],
) -> tuple[_Entry, ...]:
    if not isinstance(listed, (list, type(None))) or not all(isinstance(entry, dict) for entry in listed or ()):
        raise NotAnExportError(
            f"in the airflow_settings.yaml, the {kind}s are not a list of entries; start each entry with `-`"
        )
    found: dict[str, _Entry | None] = {}
    for number, entry in enumerate(listed or (), 1):
        given = {key: value for key, value in entry.items() if value not in (None, "", {}) and key != id_key}
        id_ = entry.get(id_key)
        if id_ in (None, ""):
            if given.keys() - {"conn_extra"}:
                problems.append(Problem(kind, f"(number {number})", f"the entry has no {id_key}; add one"))
            continue
        if not isinstance(id_, str):
            problems.append(
                Problem(kind, f"(number {number})", f"the entry's {id_key} is not text; put the {id_key} in quotes")
            )
            continue
        if id_ in found:
            raise repeated(id_)
        found[id_] = None
        try:
            found[id_] = reader(id_, given)
        except RefusedError as exc:
            problems.append(Problem(kind, id_, str(exc)))
    return tuple(entry for entry in found.values() if entry is not None)


def _may_be_kind(key: str, value: Any) -> bool:
    """Return True for a list of mappings whose key starts like one that the Astro CLI knows: `variables_dev`."""
    is_list = isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value)
    return is_list and key.lower().startswith(("connection", "pool", "variable"))


def _refuse_other_keys(where: str, held: Mapping[Any, Any], known: set[str]) -> None:
    if unknown := [str(key) for key in held if key not in known]:
        raise NotAnExportError(
            f"the airflow_settings.yaml has the unknown key {', '.join(map(_shown, unknown))} in {where}; use only "
            f"keys that the Astro CLI knows: {', '.join(sorted(known))}"
        )


def _shown(key: str) -> str:
    return repr(key) if re.fullmatch(r"[\w .-]{1,60}", key) and not hidden_secret(key) else "(a key that isn't shown)"


def _connection(conn_id: str, given: dict[str, Any]) -> Connection:
    _refuse_unknown(given, _CONNECTION_KEYS)
    if not given.keys() & {"conn_type", "conn_uri"}:
        raise RefusedError(
            "the connection has neither conn_type nor conn_uri, so the Astro CLI skips the connection; add one of "
            "these two keys"
        )
    return Connection(conn_id, **fields_of_object(conn_id, {_CONNECTION_KEYS[key]: given[key] for key in given}))


def _variable(key: str, given: dict[str, Any]) -> VariableRecord:
    _refuse_unknown(given, {"variable_value"})
    if "variable_value" not in given:
        raise RefusedError(
            "the variable has no variable_value, so the Astro CLI skips the variable; add a variable_value"
        )
    return variable_from_entry(key, {"value": given["variable_value"]})


def _pool(name: str, given: dict[str, Any]) -> Pool:
    _refuse_unknown(given, {"pool_slot", "pool_description"})
    return pool_from_entry(name, {"slots": given.get("pool_slot"), "description": given.get("pool_description")})


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Any] | set[str]) -> None:
    if unknown := sorted(str(key) for key in given if key not in known):
        raise RefusedError(
            f"unknown key {', '.join(map(_shown, unknown))}; use only keys that the Astro CLI knows: "
            f"{', '.join(sorted(known))}"
        )
