"""`Variable` as frozen data, its text form, and which names Airflow takes for secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
    """Whether the value of a variable or extra key of this name is a secret, by Airflow's own words.

    Stricter than Airflow in one thing: `api-key` and `API.Key` count as `api_key` does.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    return any(word in plain for word in SENSITIVE_WORDS)


def sensitive_keys(value: Any) -> Iterator[str]:
    """The keys of secrets in JSON data, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if is_sensitive(str(key)):
                yield str(key)
            else:
                yield from sensitive_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sensitive_keys(inner)


def text_from_value(value: Any) -> str:
    """The text that Airflow keeps for a value: text as it is, anything else as JSON with an indent of 2.

    As in `Variable.set(..., serialize_json=True)`, which `airflow variables import` calls for all that isn't text.
    """
    return value if isinstance(value, str) else json.dumps(value, indent=2)
