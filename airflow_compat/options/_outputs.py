"""Detect whether a task's return value becomes one XCom or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_origin, get_type_hints


def returns_mapping(fn: Callable[..., Any]) -> bool:
    """Return True if the return annotation is a dict, which implies `multiple_outputs` in Airflow.

    Names that are imported only for type checkers can't be resolved, so the result is False.
    """
    inner = getattr(fn, "__func__", fn)
    annotations = getattr(inner, "__annotations__", {})
    if "return" not in annotations:
        return False

    def alone() -> None: ...

    alone.__annotations__ = {"return": annotations["return"]}
    try:
        found = get_type_hints(alone, getattr(inner, "__globals__", {})).get("return")
    except (AttributeError, NameError, SyntaxError, TypeError):
        return False
    kind = get_origin(found) or found
    return isinstance(kind, type) and issubclass(kind, Mapping)
