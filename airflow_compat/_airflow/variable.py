"""`Variable` as frozen data, its text form, and which names Airflow takes for secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

# airflow.sdk._shared.secrets_masker.DEFAULT_SENSITIVE_FIELDS of 3.3.2, which has all of 2.11's.
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
    """An Airflow variable: its key, its value as JSON data (text, mostly), and its description."""

    key: str
    value: Any = field(repr=False)
    description: str | None = None


def is_sensitive(name: str) -> bool:
    """Whether Airflow would mask the value of a variable or extra key of this name (case does not matter)."""
    lowered = name.strip().lower()
    return any(word in lowered for word in SENSITIVE_WORDS)


def text_from_value(value: Any) -> str:
    """The text that Airflow keeps for a value: text as it is, anything else as JSON with an indent of 2.

    As in `Variable.set(..., serialize_json=True)`, which `airflow variables import` calls for all that isn't text.
    """
    return value if isinstance(value, str) else json.dumps(value, indent=2)
