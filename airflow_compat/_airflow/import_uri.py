"""Connection URIs of an import: what Airflow reads as nonsense is refused, with what is wrong with it.

Airflow takes any text for a URI: `just-a-token` is the schema `ust-a-token`, which is stored as plain text.
"""

from __future__ import annotations

import re
from typing import Any

from .connection_fields import read_uri
from .connection_uri import RefusedError, UriParser

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ENCODE = "percent-encode '/', '@', '?' and '#' in the login and password"


def read_import_uri(text: str, parser: UriParser) -> dict[str, Any]:
    """The fields that a URI gives, where it is one.

    Raises:
        RefusedError: Airflow refuses it, or reads it as something that it can't be meant to be.
    """
    if problem := _problem(text.strip()):
        raise RefusedError(problem)
    return read_uri(text, parser)


def _problem(text: str) -> str:
    if text[:1] in ("'", '"'):
        return "it begins with a quotation mark, which an environment file may have kept; remove the quotes"
    scheme = _SCHEME.match(text)
    if not scheme:
        if re.match(r"[\w+.-]+://", text):
            return "its connection type has characters that no URI's scheme has; write '-' in place of '_'"
        return "it is not a connection's URI, such as postgres://login:password@host/schema; write one, or JSON"
    rest = text[scheme.end() :]
    if second := _SCHEME.match(rest):
        rest = rest[second.end() :]
    # What stands behind the login's '@' belongs to the host, the schema or a query's value.
    behind = re.search(r"[/?#].*", rest, re.DOTALL)
    path, _, query = (behind[0] if behind else "").partition("?")
    keys = [pair.partition("=")[0] for pair in query.partition("#")[0].split("&")]
    if "@" in path or "@" in query.partition("#")[2] or any("@" in key for key in keys):
        return f"it has an '@' behind its host, so a part of the password may be taken for something else; {_ENCODE}"
    return ""
