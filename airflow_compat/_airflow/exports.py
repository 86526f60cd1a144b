"""What `airflow connections|variables|pools export` writes, read into data.

A file that isn't an export is an error. An entry that is damaged is a `Problem`: the others are read all the same, and
nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from ..errors import InvalidExportError
from .astro_settings import is_astro_settings, read_astro_settings
from .connection_uri import RefusedError
from .export_data import Export, Kind, Note, Problem
from .export_entries import READERS, json_type, notes_on
from .export_text import NotAnExportError, decode_env, decode_json
from .foreign_formats import refuse_foreign, refuse_project_environment
from .hidden_secrets import hidden_secret


def parse_export(data: bytes, name: str, decode: Callable[[bytes], object] | None = None) -> Export:
    """Read one export file.

    Which of the three kinds it is shows in its entries: connections have a `conn_type`, pools have `slots`. Variables
    may hold any JSON, so a file of another shape is taken for variables only when `var` is in its name, as in
    `variables.json`, or when every value of a JSON or YAML file is harmless text, a number or such. The Astro CLI's
    `airflow_settings.yaml` is known by its content, and so is what is no export though it looks like one.

    Args:
        data: The file's content.
        name: The file's name, for the kind and for messages.
        decode: What reads the content; without it `.env` is read as such, and all else as JSON.

    Raises:
        InvalidExportError: It can't be decoded, is not an export, or holds an id twice.
    """
    is_env = name.lower().endswith(".env")
    try:
        if decode is None:
            refuse_project_environment(data, name)
        entries = (decode or (decode_env if is_env else decode_json))(data)
        return _parse(entries, name, is_env=is_env)
    except NotAnExportError as exc:
        problem = str(exc)
    finally:
        # A traceback that prints arguments must not print this; nor is the decoder's error chained, which carries it.
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
            f"an Airflow export is an object of ids, and this is {json_type(entries)}; check the file"
        )
    kind = _env_kind(entries, name) if is_env else _kind(entries, name)
    items: list[Any] = []
    problems: list[Problem] = []
    notes: list[Note] = []
    for id_, value in entries.items():
        try:
            items.append(READERS[kind](id_, value))
            notes += notes_on(kind, id_, value)
        except RefusedError as exc:
            problems.append(Problem(kind, id_, str(exc)))
    return Export(**{f"{kind}s": tuple(items)}, problems=tuple(problems), notes=tuple(notes))


def _kind(entries: Mapping[str, Any], name: str) -> Kind:
    values = list(entries.values())
    if values and all(isinstance(value, dict) and "conn_type" in value for value in values):
        return "connection"
    if values and all(isinstance(value, dict) and "slots" in value for value in values):
        return "pool"
    named = _named_kind(name)
    if named == "variable" and any(isinstance(value, dict) and "conn_type" in value for value in values):
        raise NotAnExportError("connections (with a conn_type) among variables; give each kind a file of its own")
    if named:
        return named
    # What may be connections' URIs is not guessed at.
    if values and all(_is_variable(value) for value in values) and not hidden_secret(values):
        return "variable"
    raise NotAnExportError(
        "neither connections (each with a conn_type) nor pools (each with slots); "
        "if `airflow variables export` wrote it, put 'variables' into the file's name; else export it again"
    )


def _env_kind(entries: Mapping[str, str], name: str) -> Kind:
    named = _named_kind(name)
    if named == "pool":
        raise NotAnExportError("Airflow keeps no pools in .env files; export them into a file that ends in .json")
    if named:
        return named
    if not entries:
        return "variable"
    raise NotAnExportError(
        "nothing says what its lines are; put 'connections' or 'variables' into the file's name, or give a project's "
        f"environment file as env:{name}"
    )


def _named_kind(name: str) -> Kind | None:
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    kinds: dict[str, Kind] = {"conn": "connection", "pool": "pool", "var": "variable"}
    return next((kind for word, kind in kinds.items() if word in stem), None)


def _is_variable(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and set(value) == {"description", "value"})
