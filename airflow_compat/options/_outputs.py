"""Which XComs a task's return value becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_origin, get_type_hints


def returns_mapping(fn: Callable[..., Any]) -> bool:
    """Whether the function says that it returns a dict, which implies `multiple_outputs` in Airflow.

    What can't be told, since a name is imported for type checkers alone, counts as no.
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
