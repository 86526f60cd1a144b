"""Job manifests merged: one is laid over another, and nothing of the other is lost that it doesn't name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_NAME = ("containers", "initContainers")


def merged(base: Any, over: Any, key: str = "") -> Any:
    """`base` with what `over` has; merged twice is as merged once.

    Mappings are merged. Containers are by their names, and the first of `over` goes with the first of `base`, which
    runs the flow. Of other lists, what `base` lacks is added. All else is that of `over`.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        result = dict(base)
        for name, value in over.items():
            result[name] = merged(base[name], value, name) if name in base else plain(value)
        return result
    if isinstance(base, list) and isinstance(over, (list, tuple)):
        if key in _BY_NAME:
            return _containers(base, list(over), main=key == "containers")
        return [*base, *(plain(value) for value in over if value not in base)]
    return plain(over)


def conflicts(first: Any, second: Any, path: str = "") -> list[str]:
    """The places where two manifests can't both be had: each has another value there."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return [
            found
            for name in first
            if name in second
            for found in conflicts(first[name], second[name], f"{path}.{name}" if path else name)
        ]
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        if path.endswith(".containers") and first and second:
            return conflicts(first[0], second[0], f"{path}.0")
        return []
    return [] if first == second else [path]


def plain(value: Any) -> Any:
    """A copy in dictionaries and lists."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def _containers(base: list[Any], over: list[Any], *, main: bool) -> list[Any]:
    result = list(base)
    if main and result and over:
        result[0] = merged(result[0], over[0])
        over = over[1:]
    names = {each.get("name"): number for number, each in enumerate(result) if isinstance(each, Mapping)}
    for each in over:
        number = names.get(each.get("name"))
        if number is None:
            result.append(plain(each))
        else:
            result[number] = merged(result[number], each)
    return result
