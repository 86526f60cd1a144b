"""A connection's fields, read from a URI or from Airflow's JSON form, and checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .connection_uri import RefusedError, UriParser, normalize_conn_type, parse_uri

FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
"""Airflow's own order, which is that of the constructor's arguments."""


def read_uri(uri: str, parser: UriParser) -> dict[str, Any]:
    """The fields that a URI gives.

    Raises:
        RefusedError: Airflow refuses it too.
    """
    fields = parse_uri(uri, parser)
    if parser == "cli":
        _check_extra(fields["extra"])
    return fields


def read_json(
    text: str | Mapping[str, Any],
    read: Callable[[str, UriParser], dict[str, Any]] = read_uri,
    parser: UriParser = "task",
) -> dict[str, Any]:
    """The fields that Airflow's JSON form gives.

    Args:
        text: The JSON, as text or decoded.
        read: Reads the URI that may stand in place of the fields.
        parser: Which of Airflow's parsers that follows.

    Raises:
        RefusedError: Airflow refuses it too.
    """
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except (ValueError, RecursionError):
            raise RefusedError('it is not JSON; write an object such as {"conn_type": "postgres"}') from None
    if not isinstance(text, Mapping):
        raise RefusedError('its JSON is not an object; write one such as {"conn_type": "postgres"}')
    unknown = sorted(str(key) for key in text if key not in (*FIELDS, "uri"))
    if unknown:
        raise RefusedError(f"unknown key {', '.join(map(repr, unknown))}; Airflow knows {', '.join(FIELDS)} and uri")
    # As in Airflow, an empty port or extra is none.
    empty_is_none = {name: text.get(name) or None for name in ("port", "extra")}
    fields = checked_fields({**{key: value for key, value in text.items() if key != "uri"}, **empty_is_none})
    fields["conn_type"] = normalize_conn_type(fields["conn_type"]) if fields.get("conn_type") else None
    uri = text.get("uri")
    if not uri:
        return fields
    # The description is what no URI can hold.
    if any(value for name, value in fields.items() if name != "description"):
        raise RefusedError("it has a uri and other fields; keep either the uri or the fields")
    return {**read_text(uri, read, parser), "description": fields.get("description")}


def read_text(uri: object, read: Callable[[str, UriParser], dict[str, Any]], parser: UriParser) -> dict[str, Any]:
    """The fields that a URI gives, where it is text.

    Raises:
        RefusedError: It is not, or `read` refuses it.
    """
    if not isinstance(uri, str):
        raise RefusedError(f"its uri is {type(uri).__name__}, not text; write one such as postgres://host")
    return read(uri, parser)


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the port as a number and the extra as text.

    Raises:
        RefusedError: A field holds a value of another type.
    """
    checked = dict(fields)
    for name in ("conn_type", "description", "host", "login", "password", "schema"):
        if checked.get(name) is not None and not isinstance(checked[name], str):
            raise RefusedError(f"{name!r} is {type(checked[name]).__name__}, not text; put it in quotes")
    checked["port"] = _port(checked.get("port"))
    checked["extra"] = _extra_text(checked.get("extra"))
    return checked


def _extra_text(extra: Any) -> str | None:
    if isinstance(extra, str):
        return extra
    if not extra:
        return None
    try:
        return json.dumps(extra)
    except (TypeError, ValueError, RecursionError):
        # YAML and Python have more than JSON: dates, sets, and lists that hold themselves.
        raise RefusedError("its extra holds more than JSON can; write text, numbers, lists and objects") from None


def _port(value: object) -> int | None:
    if not value:
        return None if isinstance(value, bool) or not isinstance(value, int) else value
    try:
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise RefusedError("'port' is not a whole number; write one such as 5432")


def _check_extra(extra: str | None) -> None:
    """Airflow's command line and database take no extra but a JSON object."""
    if not extra:
        return
    try:
        if isinstance(json.loads(extra), dict):
            return
    except (ValueError, RecursionError):
        pass
    raise RefusedError('its extra is not a JSON object; write one such as {"sslmode": "require"}')
