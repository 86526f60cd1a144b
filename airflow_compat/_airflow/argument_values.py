"""The values of Airflow's arguments, checked: whole numbers, seconds, texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..errors import InvalidArgumentError


def whole(where: str, name: str, value: Any, *, least: int = 0) -> int:
    """A whole number; text with one in it is taken as Airflow takes it.

    Raises:
        InvalidArgumentError: It is none, or is less than the least.
    """
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if isinstance(value, (bool, float)) or number < least:
        raise InvalidArgumentError(f"{where}: {name} is {value!r}; write a whole number from {least} on")
    return number


def seconds(where: str, name: str, value: Any, *, only_timedelta: bool = False) -> float:
    """A time in seconds, given as that or as a `timedelta`.

    Raises:
        InvalidArgumentError: It is neither, or is less than nothing.
    """
    if isinstance(value, timedelta):
        found = value.total_seconds()
    elif only_timedelta or isinstance(value, bool) or not isinstance(value, (int, float)):
        found = -1.0
    else:
        found = float(value)
    if found < 0:
        wanted = "a timedelta" if only_timedelta else "a timedelta or seconds"
        raise InvalidArgumentError(f"{where}: {name} is {value!r}; write {wanted}, and no negative one")
    return found


def text(where: str, name: str, value: Any) -> str:
    """A text that isn't empty.

    Raises:
        InvalidArgumentError: It is none.
    """
    if isinstance(value, str) and value:
        return value
    raise InvalidArgumentError(f"{where}: {name} is {value!r}; write a text that isn't empty")


def mapping(where: str, name: str, value: Any) -> Mapping[str, Any]:
    """A mapping; None is an empty one.

    Raises:
        InvalidArgumentError: It is none.
    """
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise InvalidArgumentError(f"{where}: {name} is a {type(value).__name__}; write a dict")
