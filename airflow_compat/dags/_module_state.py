"""Notices whether code has changed the variables of a module, and undoes the changes."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from operator import is_
from types import ModuleType
from typing import Any

_CONTAINERS = (dict, list, set, tuple, defaultdict)


class ModuleState:
    """The variables of a module at one time, with the lists, dicts, sets, classes and objects in them.

    Changes inside a closure, or inside an object of another package, are not noticed.
    """

    def __init__(self, module: ModuleType, can_change: Callable[[Any], bool]) -> None:
        """Read the state.

        Args:
            module: The module.
            can_change: A function that returns True if the attributes of a class or object are part of the state.
        """
        self._can_change = can_change
        self._held: dict[int, tuple[Any, list[Any]]] = {}
        waiting: list[Any] = [module]
        while waiting:
            value = waiting.pop()
            if id(value) not in self._held:
                contents = _contents_of(value)
                self._held[id(value)] = value, contents
                waiting += (each for each in map(self._container_of, contents) if each is not None)

    def has_changed(self) -> bool:
        """Return True if code has changed a variable, or the contents of its value."""
        return not all(_is_same(_contents_of(value), contents) for value, contents in self._held.values())

    def restore(self) -> None:
        """Undo all changes."""
        for value, contents in self._held.values():
            if not _is_same(_contents_of(value), contents):
                _restore(value, contents)

    def _container_of(self, value: Any) -> Any:
        """Return what can change in a value: a container or class itself, or an object's attributes; else None."""
        kind = type(value)
        if kind in _CONTAINERS:
            return None if value is sys.modules or value is sys.path else value
        if issubclass(kind, ModuleType) or not self._can_change(value):
            return None
        if issubclass(kind, type):
            return value
        try:
            return object.__getattribute__(value, "__dict__")
        except AttributeError:
            return None


def _variables_of(value: ModuleType | type) -> dict[str, Any]:
    """Return the variables of a module or class without those that Python sets, and without submodules."""
    return {
        name: each
        for name, each in vars(value).copy().items()
        if not name.startswith("__") and not isinstance(each, ModuleType)
    }


def _contents_of(value: Any) -> list[Any]:
    if isinstance(value, (ModuleType, type)):
        value = _variables_of(value)
    return [*value, *value.values()] if isinstance(value, dict) else [*value]


def _is_same(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and all(map(is_, now, before))


def _restore(value: Any, contents: list[Any]) -> None:
    half = len(contents) // 2
    if isinstance(value, (ModuleType, type)):
        now, before = _variables_of(value), dict(zip(contents[:half], contents[half:], strict=True))
        for name in now.keys() - before.keys():
            delattr(value, name)
        for name, each in before.items():
            if name not in now or now[name] is not each:
                setattr(value, name, each)
        return
    value.clear()
    if isinstance(value, dict):
        value.update(zip(contents[:half], contents[half:], strict=True))
    elif isinstance(value, list):
        value.extend(contents)
    else:
        value.update(contents)
