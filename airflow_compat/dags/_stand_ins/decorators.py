"""Stand-ins for `airflow.utils.decorators`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., object])


def apply_defaults(func: T) -> T:
    """Return the function unchanged.

    The decorator is not needed since Airflow 2.1, because the metaclass of operators applies `default_args`.
    """
    return func
