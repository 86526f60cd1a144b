"""Read and write Airflow's connection URIs.

Follows `airflow.sdk.Connection.from_uri` and `get_uri` (3.3.2), and `airflow.models.Connection`, which reads the URI's
query differently and is used by the command line and the metadata database.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from .version import DEFAULT_VERSION, AirflowVersion

EXTRA_KEY = "__extra__"

UriParser: TypeAlias = Literal["task", "cli"]
"""Airflow's two parsers. The parser "task", which tasks, `AIRFLOW_CONN_*` and all of 2.11 use, keeps query values as
text. The parser "cli", which the command line and metadata database of 3.x use, decodes query values as JSON.
"""

_ENCODE_HINT = "percent-encode '/', ':', '@', '?', '#', '[' and ']' in the login, password and host"


class RefusedError(ValueError):
    """The reason why Airflow refuses a text. The message never quotes the text."""


def normalize_conn_type(conn_type: str) -> str:
    """Return Airflow's connection type: `postgresql` becomes `postgres`, dashes become underscores."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def parse_uri(uri: str, parser: UriParser = "task") -> dict[str, Any]:
    """Return the fields of a connection URI.

    Raises:
        RefusedError: Airflow refuses the URI.
    """
    schemes = uri.count("://")
    if schemes > 2:
        raise RefusedError(f"the URI has more than two '://'; {_ENCODE_HINT}")
    conn_type = _split(uri).scheme
    rest = uri.replace(f"{conn_type}://", "" if schemes == 2 else "//")
    if schemes == 2:
        before = rest.split("://", 1)[0]
        if "@" in before or ":" in before:
            raise RefusedError(
                "the URI has a login or port before its second '://'; move the login or port behind the second '://'"
            )
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
    """Return Airflow's URI for these fields."""
    uri = f"{conn_type.lower().replace('_', '-')}://" if conn_type else "//"
    if host and "://" in host:
        protocol, rest = host.split("://", 1)
        # If the host's protocol is the connection's type, Airflow 3 encodes the whole host. Airflow 2.11 does not
        # encode the protocol, and so writes a URI that it cannot read back.
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
        # The message of urllib's error quotes the URI's authority, which contains the password.
        raise RefusedError(f"the value is not a URI; {_ENCODE_HINT}") from None


def _host(parts: SplitResult) -> str:
    # `hostname` is lower-cased. As in Airflow, a host with an encoded "/" (a socket or file path) keeps its case.
    host = unquote(parts.hostname or "")
    if "/" in host:
        host = unquote(parts.netloc.rsplit("@", 1)[-1].split(":", 1)[0])
    return host


def _extra(query: str, parser: UriParser) -> str | None:
    if not query:
        return None
    try:
        pairs: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    except ValueError:
        raise RefusedError("the URI's query is not valid; correct the part after '?'") from None
    if EXTRA_KEY in pairs:
        return pairs[EXTRA_KEY]  # type: ignore[no-any-return]
    if parser == "cli":
        pairs = {key: decoded_json(value, value) for key, value in pairs.items()}
    return json.dumps(pairs)


def decoded_json(text: str, default: Any) -> Any:
    """Return the decoded JSON, or the default if the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def _query(extra: str, extra_dejson: Any) -> str:
    try:
        query = urlencode(extra_dejson)
    except TypeError:
        query = ""
    if query and extra_dejson == dict(parse_qsl(query, keep_blank_values=True)):
        return query
    return urlencode({EXTRA_KEY: extra})
