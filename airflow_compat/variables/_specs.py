"""Where a variable is kept: a Prefect variable, or a `Secret` block when it holds a secret or is too long for one."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .._airflow.hidden_secrets import hidden_secret, names_secret
from .._airflow.names import block_name, variable_name
from .._airflow.sendable import unsendable
from .._airflow.variable import VariableRecord, text_from_value
from .specs import MARK, BlockSpec, VariableSpec

SECRET_SLUG = "secret"
KEY_TAG = "airflow-key:"
# Prefect refuses a value whose JSON is longer than this many characters.
MAX_LENGTH = 5000


def spec_from_variable(variable: VariableRecord) -> tuple[VariableSpec | BlockSpec, list[str]]:
    """What Prefect should hold for a variable, and notes on what that changes.

    Raises:
        InvalidNameError: Its key is empty.
    """
    name = variable_name(variable.key)
    notes = ["its description has no place there"] if variable.description else []
    # Airflow keeps text; what no request carries as JSON data, such as NaN or a number beyond 64 bits, stays text.
    value = text_from_value(variable.value) if unsendable(variable.value) else variable.value
    if names_secret(variable.key):
        notes.insert(0, "a sensitive name: Prefect's variables are plain text")
    elif len(json.dumps(value)) >= MAX_LENGTH:
        notes.insert(0, f"longer than a Prefect variable may be ({MAX_LENGTH} characters)")
    elif found := hidden_secret(variable.value):
        notes.insert(0, f"holds {found}: Prefect's variables are plain text")
    else:
        tags = () if name == variable.key else (KEY_TAG + variable.key,)
        return VariableSpec(name, value, tags), notes
    data = {"value": value, MARK: {"key": variable.key}}
    return BlockSpec(SECRET_SLUG, block_name(variable.key), data), notes


def key_from_tags(tags: Iterable[str], name: str) -> str:
    """The Airflow key of a Prefect variable: from its tag, else its own name."""
    return next((tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)), name)
