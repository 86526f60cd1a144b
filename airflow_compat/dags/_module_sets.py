"""Sets of modules that DAG files import, with one import function for all modules of a set.

Each module is stored in `sys.modules` as `<prefix of the set>.<name>`, because dataclasses, pickle and type hints look
there for the module of a class.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from ._import_modules import Importer, importlib_for
from ._sources import ModuleSource


class ModuleSet:
    """A set of modules whose code uses the same import function.

    Attributes:
        prefix: The prefix of the modules' names in `sys.modules`.
        modules: The modules by their plain names, including modules whose code is still running.
        loaded: The names of modules whose code has run to its end.
        builtins: The `__builtins__` of the modules.
        importlib: The modules that replace `importlib` and its submodules for the code of this set.
        adopted: The names of the modules that `adopt` has added.
        registry: Python's modules.
    """

    def __init__(self, prefix: str, importer: Importer) -> None:
        self.prefix = prefix
        self.modules: dict[str, ModuleType] = {}
        self.loaded: set[str] = set()
        self.builtins: dict[str, Any] = {**vars(builtins), "__import__": importer.import_, "print": _print}
        self.importlib = importlib_for(importer, self.builtins)
        self.adopted: set[str] = set()
        self._locks: dict[str, threading.RLock] = {}
        # Code of a DAG file may replace `sys.modules` by another dict.
        self.registry = sys.modules

    def plain(self, name: str) -> str:
        """Return a module's name without the prefix of the set."""
        return name.removeprefix(f"{self.prefix}.")

    def owns(self, name: str) -> bool:
        """Return True if the name is the `sys.modules` key of a module in this set."""
        return name == self.prefix or name.startswith(f"{self.prefix}.")

    def lock(self, name: str) -> threading.RLock:
        """Return the lock that a thread holds while it runs the module's code."""
        return self._locks.setdefault(name, threading.RLock())

    def run(
        self, name: str, source: ModuleSource, code: CodeType | None, parent: ModuleType | None = None
    ) -> ModuleType:
        """Run the code of a module. If the code raises no error, the module stays in the set and in `sys.modules`.

        Args:
            name: The module's plain name; for the DAG file, the prefix of this set.
            source: Where the module's code was found.
            code: The module's code; None for a folder without `__init__.py`.
            parent: The package that contains the module.
        """
        full_name = self._full_name(name)
        module = ModuleType(full_name)
        spec = spec_of(full_name, source)
        vars(module).update(__spec__=spec, __loader__=spec.loader, __builtins__=self.builtins)
        if source.folders:
            module.__path__ = [*source.folders]
        module.__package__ = full_name if source.folders else full_name.rpartition(".")[0]
        if source.path is not None:
            module.__file__ = source.path
        self.modules[name] = self.registry[full_name] = module
        try:
            if parent is not None:
                # If modules import each other, `from . import module` needs the attribute before the module's code has
                # run.
                setattr(parent, name.rpartition(".")[2], module)
            if code is not None:
                exec(code, vars(module))  # noqa: S102 - it is the user's own file
        except BaseException:
            self.remove(name)
            if parent is not None:
                vars(parent).pop(name.rpartition(".")[2], None)
            raise
        return module

    def adopt(self, modules: Mapping[str, ModuleType]) -> None:
        """Add modules of installed packages under their own names."""
        self.modules.update(modules)
        self.loaded.update(modules)
        self.adopted.update(modules)

    def remove(self, name: str) -> None:
        """Remove a module from the set and from `sys.modules`."""
        module = self.modules.pop(name, None)
        self.loaded.discard(name)
        if module is not None and self.registry.get(self._full_name(name)) is module:
            del self.registry[self._full_name(name)]

    def show_as(self, prefix: str, names: Iterable[str]) -> None:
        """Store modules in `sys.modules` under another prefix, too, so that pickles of another process find them."""
        self.registry.setdefault(prefix, ModuleType(prefix))
        for name in names:
            shown = f"{prefix}.{name}"
            held = self.registry.get(shown)
            # Do not replace a module whose own name is `shown`.
            if held is None or held.__name__ != shown:
                self.registry[shown] = self.modules[name]

    def clear(self) -> None:
        """Remove all modules from the set and from `sys.modules`."""
        for name in [*self.modules]:
            self.remove(name)

    def _full_name(self, name: str) -> str:
        return name if name == self.prefix else f"{self.prefix}.{name}"


def spec_of(name: str, source: ModuleSource) -> ModuleSpec:
    """Return the spec of a module."""
    loader = SourceFileLoader(name, source.path) if source.path else None
    spec = ModuleSpec(name, loader, origin=source.path, is_package=bool(source.folders))
    if source.folders:
        spec.submodule_search_locations = [*source.folders]
    spec.has_location = source.path is not None
    return spec


def _print(*values: object, **options: Any) -> None:
    """Call the current `print`, which Prefect replaces while a flow runs."""
    builtins.print(*values, **options)
