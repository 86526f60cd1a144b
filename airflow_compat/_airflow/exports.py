"""Read the output of `airflow connections|variables|pools export`.

A file that is not an export raises an error. A damaged entry becomes a `Problem`, and the other entries are read.

A file that looks like an export, but has another known format, is refused, and the message names the format. If other
formats were accepted, the output of `airflow ... list -o json` or of the REST API would become variables that contain
passwords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from ..errors import InvalidExportError
from .astro_settings import is_astro_settings, read_astro_settings
from .export_data import Export, Kind, Problem
from .export_entries import READERS, json_type, notes_on, read_each
from .export_text import NotAnExportError, decode_env, decode_json
from .hidden_secrets import hidden_secret


def parse_export(data: bytes, name: str, decode: Callable[[bytes], object] | None = None) -> Export:
    """Read one export file.

    Connections have a `conn_type`, and pools have `slots`. Other files are read as variables if their name contains
    `var`, or if every value of a JSON or YAML file is a single value that does not look like a secret. Other formats,
    such as the Astro CLI's `airflow_settings.yaml`, are recognised by their content.

    Args:
        data: The file's content.
        name: The file's name, which shows the kind of the entries and appears in messages.
        decode: A function that decodes the content. By default, the content is decoded as `.env` or JSON.

    Raises:
        InvalidExportError: The file cannot be decoded, is not an export, or repeats an id.
    """
    is_env = name.lower().endswith(".env")
    try:
        if decode is None and _ENV_LINE.search(data):
            raise NotAnExportError(
                f"the file is a project's environment file, which is not an export; pass the file as env:{name}"
            )
        entries = (decode or (decode_env if is_env else decode_json))(data)
        return _parse(entries, name, is_env=is_env)
    except NotAnExportError as exc:
        problem = str(exc)
    finally:
        # Tracebacks may print arguments, so the data is deleted. The decoder's error is not chained, since that error
        # contains the data.
        del data
        entries = None
    raise InvalidExportError(f"{name}: {problem}")


def _parse(entries: object, name: str, *, is_env: bool) -> Export:
    if is_astro_settings(entries):
        return read_astro_settings(cast("Mapping[str, Any]", entries))
    if not is_env:
        refuse_foreign(entries)
    if not isinstance(entries, dict):
        raise NotAnExportError(
            f"an Airflow export is an object of ids, but the file holds {json_type(entries)}; check the file"
        )
    kind = _env_kind(entries, name) if is_env else _kind(entries, name)
    problems: list[Problem] = []
    items: Any = tuple(read_each(kind, entries.items(), READERS[kind], problems))
    refused = {problem.id for problem in problems}
    notes = (note for id_, value in entries.items() if id_ not in refused for note in notes_on(kind, id_, value))
    return Export(**{f"{kind}s": items}, problems=tuple(problems), notes=tuple(notes))


def _kind(entries: Mapping[str, Any], name: str) -> Kind:
    values = list(entries.values())
    if values and all(isinstance(value, dict) and "conn_type" in value for value in values):
        return "connection"
    if values and all(isinstance(value, dict) and "slots" in value for value in values):
        return "pool"
    named = _named_kind(name)
    if named == "variable" and any(isinstance(value, dict) and "conn_type" in value for value in values):
        raise NotAnExportError(
            "the file has connections (with a conn_type) among variables; write each kind to its own file"
        )
    if named:
        return named
    # Values that may be connection URIs are not read as variables.
    if values and all(_is_variable(value) for value in values) and not hidden_secret(values):
        return "variable"
    raise NotAnExportError(
        "the file has neither connections (each with a conn_type) nor pools (each with slots); if `airflow variables "
        "export` wrote the file, put 'variables' into its name, otherwise export the data again"
    )


def _env_kind(entries: Mapping[str, str], name: str) -> Kind:
    named = _named_kind(name)
    if named == "pool":
        raise NotAnExportError("Airflow keeps no pools in .env files; export the pools to a file that ends in .json")
    if named or not entries:
        return named or "variable"
    raise NotAnExportError(
        "the kind of the file's entries is unknown; put 'connections' or 'variables' into the file's name, or pass a "
        f"project's environment file as env:{name}"
    )


def _named_kind(name: str) -> Kind | None:
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    kinds: dict[str, Kind] = {"conn": "connection", "pool": "pool", "var": "variable"}
    return next((kind for word, kind in kinds.items() if word in stem), None)


def _is_variable(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and set(value) == {"description", "value"})


_KINDS = ("connections", "variables", "pools")
_ONE_VARIABLE = {"key", "value", "val", "description", "is_encrypted", "team_name", "id", "_id"}
_ENV_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?AIRFLOW_[A-Z0-9_]+[ \t]*=", re.MULTILINE)


def refuse_foreign(entries: object) -> None:
    """Refuse known formats that are not exports.

    Raises:
        NotAnExportError: The content has another format, which the message names.
    """
    problem = _listed(entries) if isinstance(entries, list) else ""
    if isinstance(entries, Mapping):
        problem = _answer(entries) or _together(entries) or _deployment(entries)
    if problem:
        raise NotAnExportError(problem)


def _export(kind: str) -> str:
    return f"run `airflow {kind} export {kind}.json` and pass {kind}.json"


def _listed(entries: list[Any]) -> str:
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return ""
    keys = {"connections": {"conn_id"}, "pools": {"pool", "slots"}, "variables": {"key"}}
    for kind, needed in keys.items():
        if all(needed <= entry.keys() for entry in entries):
            return (
                f"the file is the output of `airflow {kind} list`, which is not an export and may mask values; "
                f"{_export(kind)}"
            )
    return ""


def _answer(entries: Mapping[str, Any]) -> str:
    kinds = [kind for kind in _KINDS if isinstance(entries.get(kind), list)]
    if kinds and (len(entries) == 1 or "total_entries" in entries):
        return f"the file is a response of Airflow's REST API, which masks or leaves out secrets; {_export(kinds[0])}"
    if isinstance(entries.get("conn_type"), str):
        return f"the file has the fields of one connection, without the connection's id; {_export('connections')}"
    if {"key", "description"} <= entries.keys() <= _ONE_VARIABLE and entries.keys() & {"value", "val"}:
        return f"the file has one variable from Airflow's REST API; {_export('variables')}"
    if isinstance(entries.get("slots"), int) and {"name", "pool"} & entries.keys():
        return f"the file has one pool from Airflow's REST API; {_export('pools')}"
    return ""


def _together(entries: Mapping[str, Any]) -> str:
    if not entries.keys() <= set(_KINDS):
        return ""
    lists = [value for value in entries.values() if isinstance(value, list) and value]
    listed = len(entries) > 1 and any(isinstance(entry, Mapping) for value in lists for entry in value)
    if listed or _all_have(entries.get("connections"), "conn_type") or _all_have(entries.get("pools"), "slots"):
        return "the file has several kinds of objects; write each kind to its own file, such as connections.json"
    return ""


def _deployment(entries: Mapping[str, Any]) -> str:
    if isinstance(entries.get("apiVersion"), str) and isinstance(entries.get("kind"), str):
        return f"the file is a Kubernetes manifest, which is not an export; {_export('connections')}"
    if _all_have(entries.get("services"), "image", "build", "extends"):
        return (
            "the file is a Docker Compose file, which is not an export; run `airflow-compat import env:` inside the "
            "file's service"
        )
    return ""


def _all_have(value: object, *keys: str) -> bool:
    inner = value.values() if isinstance(value, Mapping) else ()
    return bool(inner) and all(isinstance(each, Mapping) and bool(each.keys() & set(keys)) for each in inner)
