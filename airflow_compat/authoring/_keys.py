"""Check the ids of DAGs, tasks and task groups."""

from __future__ import annotations

import re
from typing import Any

from ..errors import DagDefinitionError

_KEY = re.compile(r"^[\w.-]+$")
_GROUP_KEY = re.compile(r"^[\w-]+$")


def validate_key(key: Any, max_length: int = 250) -> None:
    """Check a DAG's or task's id (`airflow.utils.helpers.validate_key`)."""
    _validate(key, max_length, _KEY, "letters, digits, dashes, dots and underscores")


def validate_group_key(key: Any, max_length: int = 200) -> None:
    """Check a task group's id, which must not contain dots."""
    _validate(key, max_length, _GROUP_KEY, "letters, digits, dashes and underscores")


def _validate(key: Any, max_length: int, pattern: re.Pattern[str], allowed: str) -> None:
    if not isinstance(key, str):
        raise DagDefinitionError(f"The id {key!r} is a {type(key).__name__}. Use a string.")
    if len(key) > max_length:
        raise DagDefinitionError(f"The id {key[:40]!r}... has {len(key)} characters. Use at most {max_length}.")
    if not pattern.match(key):
        raise DagDefinitionError(f"The id {key!r} has invalid characters. Use {allowed}.")
