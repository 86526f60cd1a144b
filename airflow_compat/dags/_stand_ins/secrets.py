"""Stand-ins for Airflow's masking of secrets in logs."""

from __future__ import annotations

from typing import Any

from ... import logs


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Hide a secret in logs."""
    logs.mask(secret, name)


def redact(value: Any, name: str | None = None, max_depth: int | None = None) -> Any:
    """Replace the known secrets in a text, or in the texts of a collection, and return the result."""
    if isinstance(value, str):
        return logs.redact(value)
    if isinstance(value, dict):
        return {key: redact(each, name, max_depth) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(redact(each, name, max_depth) for each in value)
    return value
