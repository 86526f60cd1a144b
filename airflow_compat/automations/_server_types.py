"""Which of Prefect's triggers and actions the server doesn't know: some are Prefect Cloud's alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from prefect.settings import PREFECT_API_URL, PREFECT_CLOUD_API_URL

from .client import kept_client


def lacks_type(type_: str) -> bool:
    """Whether the server surely takes no trigger or action of this type, by its own schema.

    Where that can't be had, as it may be behind a proxy, nothing is known, and so nothing lacks.
    """
    if (PREFECT_API_URL.value() or "").startswith(PREFECT_CLOUD_API_URL.value()):
        return False
    path: Any = "/openapi.json"
    try:
        found = kept_client().request("GET", path).json()
        schemas = found["components"]["schemas"]
        return "AutomationCreate" in schemas and type_ not in set(_types(schemas))
    except (httpx.HTTPStatusError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _types(schemas: Mapping[str, Any]) -> Iterator[object]:
    """What stands in the `type` of each thing that has one of its own."""
    for schema in schemas.values():
        said = schema.get("properties", {}).get("type", {})
        yield from (said[name] for name in ("const", "default") if isinstance(said.get(name), str))
        yield from said.get("enum", ())
