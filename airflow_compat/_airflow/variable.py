"""Describe Airflow variables, and list Airflow's words for secrets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

# The words of airflow.sdk._shared.secrets_masker.DEFAULT_SENSITIVE_FIELDS of 3.3.2, which include those of 2.11.
SENSITIVE_WORDS = (
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
    "webhook_url",
)


@dataclass(frozen=True)
class VariableRecord:
    """An Airflow variable. `value` is JSON data, usually text."""

    key: str
    value: Any = field(repr=False)
    description: str | None = None


def is_sensitive(name: str) -> bool:
    """Return True if the name contains one of Airflow's words for secrets.

    Stricter than Airflow in one point: `api-key` and `API.Key` count as `api_key`.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    return any(word in plain for word in SENSITIVE_WORDS)


def text_from_value(value: Any) -> str:
    """Return the text that Airflow stores: a text unchanged, and any other value as JSON with an indent of 2.

    Follows `Variable.set(..., serialize_json=True)`, which `airflow variables import` calls.
    """
    return value if isinstance(value, str) else json.dumps(value, indent=2)
