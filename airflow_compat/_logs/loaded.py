"""Which parts of what a loader gives are secrets, by Airflow's rules; they are masked in logs from then on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.variable import is_sensitive
from .masking import remember


def loaded_connection(held: Connection, data: Mapping[str, Any] | None = None) -> None:
    """Its password, and what its extra has under sensitive keys.

    Args:
        held: The connection.
        data: The block's own data, where it comes of one.
    """
    if held.password:
        remember(held.password)
    for named in (held.extra_dejson, data):
        if isinstance(named, Mapping):
            remember(named)


def loaded_variable(key: str, value: Any) -> None:
    """Its value, where its name is sensitive; and what its JSON has under sensitive keys."""
    if isinstance(value, str) and is_sensitive(key):
        remember(value)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, str):
        remember(value, key)
