"""Notices whether code has changed the variables of a module, and undoes the changes."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, starmap
from operator import is_
from types import FunctionType, MappingProxyType, ModuleType, NoneType
from typing import Any

_CONTAINERS = (dict, list, set, tuple, defaultdict)
# The types of most values; their contents are not part of the state.
_WITHOUT_CONTENTS = (str, FunctionType, NoneType, int, float, bool)
_WITH_VARIABLES = (ModuleType, type)


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
        # By id: the object, the container of its variables or items, and what the container held.
        self._held: dict[int, tuple[Any, Any, list[Any]]] = {}
        waiting: list[Any] = [module]
        while waiting:
            value = waiting.pop()
            if id(value) not in self._held:
                live = vars(value) if isinstance(value, _WITH_VARIABLES) else value
                contents = _contents_of(live)
                self._held[id(value)] = value, live, contents
                inner = _variables_in(contents).values() if isinstance(value, _WITH_VARIABLES) else contents
                waiting += (each for each in map(self._container_of, inner) if each is not None)

    def has_changed(self) -> bool:
        """Return True if code has changed a variable, or the contents of its value."""
        return not all(starmap(_is_same, self._held.values()))

    def restore(self) -> None:
        """Undo all changes."""
        for value, live, contents in self._held.values():
            if not _is_same(value, live, contents):
                _restore(value, contents)

    def _container_of(self, value: Any) -> Any:
        """Return what can change in a value: a container or class itself, or an object's attributes; else None."""
        kind = type(value)
        if kind in _WITHOUT_CONTENTS:
            return None
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


def _contents_of(live: Any) -> list[Any]:
    if not isinstance(live, (dict, MappingProxyType)):
        return [*live]
    now = live.copy()
    return [*now, *now.values()]


def _items_in(contents: list[Any]) -> Iterator[tuple[Any, Any]]:
    half = len(contents) // 2
    return zip(contents[:half], contents[half:], strict=True)


def _variables_in(contents: list[Any]) -> dict[str, Any]:
    """Return the variables of a module or class without those that Python sets, and without submodules."""
    return {
        name: each
        for name, each in _items_in(contents)
        if not name.startswith("__") and not isinstance(each, ModuleType)
    }


def _is_same(value: Any, live: Any, before: list[Any]) -> bool:
    # First compare all variables, because this needs no loop in Python. Only if they differ, leave out those that are
    # not part of the state.
    is_mapping = isinstance(live, (dict, MappingProxyType))
    if _are_same(chain(live, live.values()) if is_mapping else live, before, len(live) * (1 + is_mapping)):
        return True
    if not isinstance(value, _WITH_VARIABLES):
        return False
    now, earlier = _variables_in(_contents_of(live)), _variables_in(before)
    return _are_same(chain(now, now.values()), [*earlier, *earlier.values()], 2 * len(now))


def _are_same(now: Iterable[Any], before: list[Any], length: int) -> bool:
    return length == len(before) and all(map(is_, now, before))


def _restore(value: Any, contents: list[Any]) -> None:
    if isinstance(value, _WITH_VARIABLES):
        now, before = _variables_in(_contents_of(vars(value))), _variables_in(contents)
        for name in now.keys() - before.keys():
            delattr(value, name)
        for name, each in before.items():
            if name not in now or now[name] is not each:
                setattr(value, name, each)
        return
    value.clear()
    if isinstance(value, dict):
        value.update(_items_in(contents))
    elif isinstance(value, list):
        value.extend(contents)
    else:
        value.update(contents)
