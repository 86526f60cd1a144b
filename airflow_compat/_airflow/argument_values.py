"""Check the values of Airflow's arguments: numbers, durations, texts and mappings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..errors import InvalidArgumentError


def whole(where: str, name: str, value: Any, *, least: int = 0) -> int:
    """Return a whole number. As in Airflow, a text that contains a whole number is accepted.

    Raises:
        InvalidArgumentError: The value is not a whole number, or is below `least`.
    """
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if isinstance(value, (bool, float)) or number < least:
        raise InvalidArgumentError(f"{where}: {name} is {value!r}. Use a whole number of at least {least}")
    return number


def seconds(where: str, name: str, value: Any, *, only_timedelta: bool = False) -> float:
    """Return a duration in seconds, from a number of seconds or a `timedelta`.

    Raises:
        InvalidArgumentError: The value has another type, or is negative.
    """
    if isinstance(value, timedelta):
        found = value.total_seconds()
    elif only_timedelta or isinstance(value, bool) or not isinstance(value, (int, float)):
        found = -1.0
    else:
        found = float(value)
    if found < 0:
        wanted = "a timedelta" if only_timedelta else "a timedelta or seconds"
        raise InvalidArgumentError(f"{where}: {name} is {value!r}. Use {wanted} of at least 0")
    return found


def text(where: str, name: str, value: Any) -> str:
    """Return a text that is not empty.

    Raises:
        InvalidArgumentError: The value is not a text, or is empty.
    """
    if isinstance(value, str) and value:
        return value
    raise InvalidArgumentError(f"{where}: {name} is {value!r}. Use a text that is not empty")


def is_param(value: object) -> bool:
    """Return True for Airflow's `Param`, and for any object with a `value` and a `schema`."""
    return hasattr(value, "value") and hasattr(value, "schema")


def param_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of each param that has one."""
    values = {name: value.value if is_param(value) else value for name, value in params.items()}
    # In Airflow, the value of a `Param` without a default is of the type `ArgNotSet`.
    return {name: value for name, value in values.items() if type(value).__name__ != "ArgNotSet"}


def mapping(where: str, name: str, value: Any) -> Mapping[str, Any]:
    """Return the value as a mapping; for None, return an empty mapping.

    Raises:
        InvalidArgumentError: The value is not a mapping.
    """
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise InvalidArgumentError(f"{where}: {name} is of type {type(value).__name__}. Use a dict")
