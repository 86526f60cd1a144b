"""Replaces `importlib` for one DAG file, so that dynamic imports find the same modules as `import`."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any, Protocol


class Importer(Protocol):
    """Imports modules for code of DAG files."""

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of `__import__`
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import a module, with the arguments and the result of `__import__`."""

    def import_module(self, name: str) -> ModuleType:
        """Import the module with an absolute name, and return it."""

    def find_spec(self, name: str) -> ModuleSpec | None:
        """Return the spec of a module; None if there is no such module."""

    def plain(self, name: str) -> str:
        """Return the name under which DAG files import a module."""


class _Delegate(ModuleType):
    """A module that replaces some names of a real module, and takes the other names from the real module."""

    def __init__(self, real: ModuleType, own: dict[str, Any]) -> None:
        super().__init__(real.__name__, real.__doc__)
        self._real = real
        vars(self).update(own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def importlib_for(imports: Importer, builtins: Mapping[str, Any]) -> dict[str, ModuleType]:
    """Return a dict from name to module: the modules that replace `importlib` and two of its submodules.

    Args:
        imports: Imports the modules.
        builtins: The builtins for modules that code loads from a file path.
    """

    def import_module(name: str, package: str | None = None) -> ModuleType:
        if name.startswith("."):
            if not package:
                raise TypeError(f"the 'package' argument is required to perform a relative import for {name!r}")
            name = importlib.util.resolve_name(name, imports.plain(package))
        return imports.import_module(imports.plain(name))

    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        absolute = importlib.util.resolve_name(name, imports.plain(package) if package else None)
        return imports.find_spec(imports.plain(absolute))

    def module_from_spec(spec: ModuleSpec) -> ModuleType:
        module = importlib.util.module_from_spec(spec)
        # The module's code runs with these builtins, whose `__import__` imports modules for the DAG file.
        vars(module).setdefault("__builtins__", builtins)
        return module

    class Loader(SourceFileLoader):
        """Loads a module so that it imports its modules as the DAG file does."""

        def exec_module(self, module: ModuleType) -> None:
            vars(module).setdefault("__builtins__", builtins)
            super().exec_module(module)

    util = _Delegate(importlib.util, {"find_spec": find_spec, "module_from_spec": module_from_spec})
    machinery = _Delegate(importlib.machinery, {"SourceFileLoader": Loader})
    top = _Delegate(importlib, {"import_module": import_module, "util": util, "machinery": machinery})
    return {"importlib": top, "importlib.util": util, "importlib.machinery": machinery}
