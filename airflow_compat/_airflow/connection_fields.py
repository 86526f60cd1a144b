"""Read and check a connection's fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .connection_uri import RefusedError, UriParser, decoded_json, normalize_conn_type, parse_uri

FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
"""A connection's fields in the order of Airflow's constructor."""


def read_uri(uri: str, parser: UriParser) -> dict[str, Any]:
    """Return the fields of a URI.

    Raises:
        RefusedError: Airflow refuses the URI.
    """
    fields = parse_uri(uri, parser)
    # Airflow's command line and database accept only a JSON object as extra.
    if parser == "cli" and fields["extra"] and not isinstance(decoded_json(fields["extra"], None), dict):
        raise RefusedError(
            'the extra of the connection is not a JSON object; use an object such as {"sslmode": "require"}'
        )
    return fields


def read_json(
    text: str | Mapping[str, Any],
    read: Callable[[str, UriParser], dict[str, Any]] = read_uri,
    parser: UriParser = "task",
) -> dict[str, Any]:
    """Return the fields of a connection in Airflow's JSON form. If the JSON has a `uri`, `read` parses this URI.

    Raises:
        RefusedError: Airflow refuses the JSON.
    """
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except (ValueError, RecursionError):
            raise RefusedError('the connection is not JSON; use an object such as {"conn_type": "postgres"}') from None
    if not isinstance(text, Mapping):
        raise RefusedError(
            'the JSON of the connection is not an object; use an object such as {"conn_type": "postgres"}'
        )
    unknown = sorted(str(key) for key in text if key not in (*FIELDS, "uri"))
    if unknown:
        raise RefusedError(
            f"unknown key {', '.join(map(repr, unknown))}; use only Airflow's keys: {', '.join(FIELDS)} and uri"
        )
    # As in Airflow, an empty port or extra counts as missing.
    empty_is_none = {name: text.get(name) or None for name in ("port", "extra")}
    fields = checked_fields({**{key: value for key, value in text.items() if key != "uri"}, **empty_is_none})
    fields["conn_type"] = normalize_conn_type(fields["conn_type"]) if fields.get("conn_type") else None
    uri = text.get("uri")
    if not uri:
        return fields
    # A URI cannot contain a description.
    if any(value for name, value in fields.items() if name != "description"):
        raise RefusedError("the connection has a uri and other fields; keep either the uri or the other fields")
    return {**read_text(uri, read, parser), "description": fields.get("description")}


def read_text(uri: object, read: Callable[[str, UriParser], dict[str, Any]], parser: UriParser) -> dict[str, Any]:
    """Check that a URI is text, and return its fields.

    Raises:
        RefusedError: The URI is not text, or `read` refuses it.
    """
    if not isinstance(uri, str):
        raise RefusedError(
            f"the connection's uri is of type {type(uri).__name__}, not text; use a URI such as postgres://host"
        )
    return read(uri, parser)


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with the port as a number and the extra as text.

    Raises:
        RefusedError: A field has the wrong type.
    """
    checked = dict(fields)
    for name in ("conn_type", "description", "host", "login", "password", "schema"):
        if checked.get(name) is not None and not isinstance(checked[name], str):
            raise RefusedError(f"{name!r} is of type {type(checked[name]).__name__}, not text; put the value in quotes")
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
        # YAML and Python have values that JSON does not have: dates, sets, and lists that contain themselves.
        raise RefusedError(
            "the connection's extra holds a value that JSON cannot hold; use text, numbers, lists and objects"
        ) from None


def _port(value: object) -> int | None:
    if not value:
        return None if isinstance(value, bool) or not isinstance(value, int) else value
    try:
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise RefusedError("'port' is not a whole number; use a number such as 5432")
