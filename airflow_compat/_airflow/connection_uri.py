"""Airflow's connection URIs: `parse_uri` reads one into fields, `build_uri` writes one.

The rules are those of `airflow.sdk.Connection.from_uri` and `get_uri` (3.3.2) and of `airflow.models.Connection`,
which the command line and the metadata database use and which differs in how it reads the query.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from .version import DEFAULT_VERSION, AirflowVersion

EXTRA_KEY = "__extra__"

UriParser: TypeAlias = Literal["task", "cli"]
"""Which of Airflow's two parsers: "task" is the one of tasks and `AIRFLOW_CONN_*` (and all of 2.11) and keeps query
values as text; "cli" is the one of 3.x's command line and metadata database, and decodes them as JSON."""

_ENCODE_HINT = "percent-encode '/', ':', '@', '?', '#', '[' and ']' in the login, password and host"


class RefusedError(ValueError):
    """Why Airflow refuses the text; the message never quotes it."""


def normalize_conn_type(conn_type: str) -> str:
    """Airflow's own spelling of a connection type: `postgresql` is `postgres`, dashes are underscores."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def parse_uri(uri: str, parser: UriParser = "task") -> dict[str, Any]:
    """The fields of a connection URI.

    Raises:
        RefusedError: Airflow refuses the URI as well.
    """
    schemes = uri.count("://")
    if schemes > 2:
        raise RefusedError(f"the URI has more than two '://'; {_ENCODE_HINT}")
    conn_type = _split(uri).scheme
    rest = uri.replace(f"{conn_type}://", "" if schemes == 2 else "//")
    if schemes == 2:
        before = rest.split("://", 1)[0]
        if "@" in before or ":" in before:
            raise RefusedError("the URI has a login or port before its second '://'; put it behind that")
    parts = _split(rest)
    host = _host(parts)
    if schemes == 2 and host and parts.scheme:
        host = f"{parts.scheme}://{host}"
    try:
        port = parts.port
    except ValueError:
        raise RefusedError(f"the URI's port is not a number from 0 to 65535; {_ENCODE_HINT}") from None
    return {
        "conn_type": normalize_conn_type(conn_type),
        "host": host,
        "schema": unquote(parts.path[1:]),
        "login": unquote(parts.username) if parts.username else parts.username,
        "password": unquote(parts.password) if parts.password else parts.password,
        "port": port,
        "extra": _extra(parts.query, parser),
    }


def build_uri(
    *,
    conn_type: str | None,
    host: str | None,
    login: str | None,
    password: str | None,
    schema: str | None,
    port: int | None,
    extra: str | None,
    extra_dejson: Any,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
) -> str:
    """The URI that Airflow's `get_uri` gives for these fields."""
    uri = f"{conn_type.lower().replace('_', '-')}://" if conn_type else "//"
    if host and "://" in host:
        protocol, rest = host.split("://", 1)
        # 3.x writes a host whose protocol is the connection's own type encoded and whole; 2.11 gives a URI that
        # it can't read itself.
        if protocol != conn_type or airflow_version == "2":
            uri += f"{protocol}://" if protocol else ""
            host = rest
    authority = "" if login is None else quote(login, safe="")
    if password is not None:
        authority += ":" + quote(password, safe="")
    if authority:
        authority += "@"
    block = quote(host, safe="") if host else ""
    if port:
        block += f":{port}" if block or authority else f"@:{port}"
    if schema:
        block += f"/{quote(schema, safe='')}"
    uri += authority + block
    if extra:
        uri += ("?" if schema else "/?") + _query(extra, extra_dejson)
    return uri


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError:
        # urllib's own message quotes the authority, password and all.
        raise RefusedError(f"it is not a URI; {_ENCODE_HINT}") from None


def _host(parts: SplitResult) -> str:
    # `hostname` is lower-cased; an encoded "/" (a socket or file path) keeps its case, as in Airflow.
    try:
        host = unquote(parts.hostname or "")
    except ValueError:
        raise RefusedError(f"the URI's host is not valid; {_ENCODE_HINT}") from None
    if "/" in host:
        host = unquote(parts.netloc.rsplit("@", 1)[-1].split(":", 1)[0])
    return host


def _extra(query: str, parser: UriParser) -> str | None:
    if not query:
        return None
    try:
        pairs: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    except ValueError:
        raise RefusedError("the URI's query is not valid") from None
    if EXTRA_KEY in pairs:
        return pairs[EXTRA_KEY]  # type: ignore[no-any-return]
    if parser == "cli":
        pairs = {key: _decoded(value) for key, value in pairs.items()}
    return json.dumps(pairs)


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _query(extra: str, extra_dejson: Any) -> str:
    try:
        query = urlencode(extra_dejson)
    except TypeError:
        query = ""
    if query and extra_dejson == dict(parse_qsl(query, keep_blank_values=True)):
        return query
    return urlencode({EXTRA_KEY: extra})
