"""Finds trigger and action types of Prefect Cloud that the server lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from prefect.settings import PREFECT_API_URL, PREFECT_CLOUD_API_URL

from .._prefect.client import kept_client
from .._prefect.internals.client import api_schemas


def lacks_type(type_: str) -> bool:
    """Return True if the server's API schema lacks this trigger or action type.

    Returns False if the schema can't be read, for example behind a proxy.
    """
    if (PREFECT_API_URL.value() or "").startswith(PREFECT_CLOUD_API_URL.value()):
        return False
    try:
        schemas = api_schemas(kept_client())
        return "AutomationCreate" in schemas and type_ not in set(_types(schemas))
    except (httpx.HTTPStatusError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _types(schemas: Mapping[str, Any]) -> Iterator[object]:
    for schema in schemas.values():
        said = schema.get("properties", {}).get("type", {})
        yield from (said[name] for name in ("const", "default") if isinstance(said.get(name), str))
        yield from said.get("enum", ())
