"""The modules that replace Airflow's modules while one DAG file is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from .._airflow.import_names import NoStandIn, StandIn, Submodule, find_name, names_of, releases_of
from .._airflow.version import AirflowVersion
from ._placeholders import is_operator, placeholder

_OURS = str(Path(__file__).parents[1])


@dataclass(frozen=True)
class Missing:
    """An Airflow name without a stand-in that a file uses.

    Attributes:
        name: The full name.
        file: The file that uses the name first.
        line: The line of the first use in this file.
        reason: A key of `REASONS`.
        is_operator: Whether the name is an operator or sensor; tasks of such a class fail.
    """

    name: str
    file: str
    line: int
    reason: str
    is_operator: bool


class AirflowModule(ModuleType):
    """Replaces a module of Airflow, and looks up each name on its first use."""

    def __init__(self, name: str, modules: AirflowModules) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__package__ = name
        self._modules = modules

    def __getattr__(self, name: str) -> Any:
        value = self._modules.value(self.__name__, name)
        if name != "__all__" and not self._modules.is_missing(self.__name__, name):
            setattr(self, name, value)
        return value


def _no_plugins(_name: str) -> None:
    return None


@dataclass
class AirflowModules:
    """All stand-ins for Airflow's modules that the files loaded together have imported.

    Attributes:
        own: Objects that this file receives instead of the usual stand-ins, such as the configuration.
        plugin_module: A function that returns the module which a plugin adds under `airflow`, such as
            `airflow.macros.my_plugin`.
        missing: The names without a stand-in that code has used. The keys are pairs of a full name and a file, so that
            uses in different files of a folder are kept apart.
    """

    release: AirflowVersion
    own: Mapping[StandIn, Any] = field(default_factory=dict)
    plugin_module: Callable[[str], ModuleType | None] = _no_plugins
    missing: dict[tuple[str, str], Missing] = field(default_factory=dict)
    _made: dict[str, AirflowModule] = field(default_factory=dict)
    _placeholders: dict[str, Any] = field(default_factory=dict)

    def module(self, name: str) -> ModuleType:
        """Return a module. The module is also set as an attribute of its parent module.

        Raises:
            ModuleNotFoundError: The Airflow release has no such module.
        """
        if name not in self._made:
            parent_name, _, short = name.rpartition(".")
            parent = self.module(parent_name) if parent_name else None
            if names_of(name, self.release) is None:
                if (added := self.plugin_module(name)) is not None:
                    return added
                raise ModuleNotFoundError(self._absent(name), name=name)
            made = self._made.setdefault(name, AirflowModule(name, self))
            if parent is not None and short not in vars(parent) and not self._names_a_value(parent_name, short):
                setattr(parent, short, made)
        return self._made[name]

    def value(self, module: str, name: str) -> Any:
        """Return the object that a name stands for.

        Raises:
            AttributeError: Airflow's module has no such name.
        """
        known = names_of(module, self.release)
        if name == "__all__" and known is not None:
            return [each for each in known.names if not each.startswith("_")]
        found = find_name(module, name, self.release)
        if isinstance(found, StandIn):
            return self._object(found)
        if isinstance(found, Submodule):
            return self.module(found.name)
        full_name = f"{module}.{name}"
        if found is None:
            added = self.plugin_module(full_name) if not name.startswith("__") else None
            if added is not None:
                return added
            raise AttributeError(f"module {module!r} has no attribute {name!r}, as in Airflow")
        self._note(full_name, module, name, found)
        if full_name not in self._placeholders:
            self._placeholders[full_name] = placeholder(module, name, found.reason)
        return self._placeholders[full_name]

    def is_missing(self, module: str, name: str) -> bool:
        """Return True if the name has no stand-in, and code has used it."""
        return f"{module}.{name}" in self._placeholders

    def _names_a_value(self, module: str, name: str) -> bool:
        """Return True if a name such as `airflow.decorators.task_group` means an object, not only a submodule."""
        known = names_of(module, self.release)
        return known is not None and name in known.names

    def _object(self, found: StandIn) -> Any:
        return self.own[found] if found in self.own else found.resolve()

    def _absent(self, name: str) -> str:
        other = [release for release in releases_of(name) if release != self.release]
        if other:
            return (
                f"No module named {name!r}: it is a part of Airflow {other[0]}, but the file was loaded for Airflow "
                f"{self.release}. Pass airflow_version={other[0]!r}"
            )
        return f"No module named {name!r}"

    def _note(self, full_name: str, module: str, name: str, found: NoStandIn) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and _is_machinery(frame.f_code.co_filename):
            frame = frame.f_back
        place = frame.f_code.co_filename, frame.f_lineno
        self.missing.setdefault(
            (full_name, place[0]), Missing(full_name, *place, found.reason, is_operator(module, name))
        )


def _is_machinery(file: str) -> bool:
    return file.startswith((_OURS, "<frozen importlib"))
