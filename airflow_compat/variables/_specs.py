"""Chooses where to store a variable: in a Prefect variable, or in a `Secret` block for secrets and long values."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .._airflow.hidden_secrets import hidden_secret, names_secret
from .._airflow.names import block_name, variable_name
from .._airflow.sendable import is_rewritten, unsendable
from .._airflow.variable import VariableRecord, text_from_value
from .._prefect.specs import MARK, BlockSpec, VariableSpec

SECRET_SLUG = "secret"
KEY_TAG = "airflow-key:"
# The maximum length of a Prefect variable: characters of the value's JSON.
MAX_LENGTH = 5000


def spec_from_variable(variable: VariableRecord) -> tuple[VariableSpec | BlockSpec, list[str]]:
    """Return the spec of a variable, and notes about what the import changes.

    Raises:
        InvalidNameError: The key is empty.
    """
    name = variable_name(variable.key)
    notes = ["the description has no place in Prefect"] if variable.description else []
    # Values that Prefect would change (NaN, 1.0, and numbers beyond 64 bits) are stored as text, as in Airflow.
    value = variable.value
    if unsendable(value) or is_rewritten(value):
        value = text_from_value(value)
    if names_secret(variable.key):
        notes.insert(0, "a sensitive name: Prefect's variables are plain text")
    elif len(json.dumps(value)) >= MAX_LENGTH:
        notes.insert(0, f"longer than a Prefect variable may be ({MAX_LENGTH} characters)")
    elif found := hidden_secret(variable.value):
        notes.insert(0, f"holds {found}: Prefect's variables are plain text")
    else:
        tags = () if name == variable.key else (KEY_TAG + variable.key,)
        return VariableSpec(name, value, tags), notes
    return BlockSpec(SECRET_SLUG, block_name(variable.key), {"value": value, MARK: {"key": variable.key}}), notes


def key_from_tags(tags: Iterable[str], name: str) -> str:
    """Return the Airflow key of a Prefect variable, from its tag or its name."""
    return next((tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)), name)
