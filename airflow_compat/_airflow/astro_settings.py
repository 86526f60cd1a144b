"""The `airflow_settings.yaml` of the Astro CLI: connections, variables and pools in one file.

The rules are those of the CLI's own `settings` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .connection import Connection
from .connection_entries import fields_of_object
from .connection_uri import RefusedError
from .export_data import Export, Kind, Problem
from .export_entries import pool_from_entry, variable_from_entry
from .export_text import NotAnExportError, repeated
from .pool import Pool
from .variable import VariableRecord

_Entry = TypeVar("_Entry", Connection, VariableRecord, Pool)
_KINDS = {"connections", "pools", "variables"}
_CONNECTION_KEYS = {
    **{f"conn_{name}": name for name in ("type", "host", "schema", "login", "password", "port", "uri", "extra")},
    "conn_type": "conn_type",
}


def is_astro_settings(entries: object) -> bool:
    """Return True for the content of an `airflow_settings.yaml`."""
    held = entries.get("airflow") if isinstance(entries, Mapping) else None
    return isinstance(held, Mapping) and bool(held) and held.keys() <= _KINDS


def read_astro_settings(entries: Mapping[str, Any]) -> Export:
    """What the file holds; entries without a name and a value, as in the file that the CLI creates, are left out.

    Raises:
        NotAnExportError: It is not as the CLI has it, or an id is there twice.
    """
    held = entries["airflow"]
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
        raise NotAnExportError(f"an airflow_settings.yaml whose {kind}s are not a list of entries; check the file")
    found: dict[str, _Entry | None] = {}
    for number, entry in enumerate(listed or (), 1):
        given = {key: value for key, value in entry.items() if value not in (None, "", {}) and key != id_key}
        id_ = entry.get(id_key)
        if id_ in (None, ""):
            if given.keys() - {"conn_extra"}:
                problems.append(Problem(kind, f"(number {number})", f"it has no {id_key}; give it one"))
            continue
        if str(id_) in found:
            raise repeated(str(id_))
        found[str(id_)] = None
        try:
            found[str(id_)] = reader(str(id_), given)
        except RefusedError as exc:
            problems.append(Problem(kind, str(id_), str(exc)))
    return tuple(entry for entry in found.values() if entry is not None)


def _connection(conn_id: str, given: dict[str, Any]) -> Connection:
    _refuse_unknown(given, _CONNECTION_KEYS)
    if not given.keys() & {"conn_type", "conn_uri"}:
        raise RefusedError("it has neither conn_type nor conn_uri, and the Astro CLI skips it; give one of them")
    return Connection(conn_id, **fields_of_object(conn_id, {_CONNECTION_KEYS[key]: given[key] for key in given}))


def _variable(key: str, given: dict[str, Any]) -> VariableRecord:
    _refuse_unknown(given, {"variable_value"})
    if "variable_value" not in given:
        raise RefusedError("it has no variable_value, and the Astro CLI skips it; give one")
    return variable_from_entry(key, {"value": given["variable_value"]})


def _pool(name: str, given: dict[str, Any]) -> Pool:
    _refuse_unknown(given, {"pool_slot", "pool_description"})
    return pool_from_entry(name, {"slots": given.get("pool_slot"), "description": given.get("pool_description")})


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Any] | set[str]) -> None:
    if unknown := sorted(str(key) for key in given if key not in known):
        raise RefusedError(
            f"unknown key {', '.join(map(repr, unknown))}; the Astro CLI knows {', '.join(sorted(known))}"
        )
