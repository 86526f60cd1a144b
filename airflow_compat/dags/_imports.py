"""The import function of one loaded DAG file.

Imports through this function do not change the modules that other code sees in `sys.modules`.

Modules of the search path are loaded separately for each DAG file, so two DAG files can have helper modules of the same
name. If a whole folder is loaded, its files share modules; see `SharedModules`. Airflow's modules are replaced by
stand-ins, from the table of Airflow's names. Python imports installed packages as usual, except packages that import
Airflow: each load of a file or folder has its own copy of such packages.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, MappingProxyType, ModuleType
from typing import Any

from ._airflow_modules import AirflowModule, AirflowModules
from ._finder import airflow_name, in_place_of_airflow, is_airflow
from ._installed import folder_of, installed_spec, is_for_airflow
from ._module_sets import ModuleSet, spec_of
from ._shared_modules import SharedModules
from ._sources import ModuleSource, compiled, find_module

_OWN_PACKAGE = __package__.partition(".")[0]
_real_import = builtins.__import__
# The value for a module that was not found: it has no folders.
_UNKNOWN: tuple[str, ...] = ()


class Imports:
    """Imports modules for the code of one DAG file.

    Attributes:
        prefix: The name of the DAG file's module, which is also the prefix of the names of its other modules.
        airflow: The stand-ins for Airflow's modules.
        folders: The folders in which the file's modules are searched for.
        shared: The modules that this file shares with the other files of the folder.
        uses: If the file shares modules, the names of the modules that its own code imports.
    """

    def __init__(
        self,
        *,
        prefix: str,
        airflow: AirflowModules,
        folders: Sequence[str],
        ancestors: Mapping[str, str] = MappingProxyType({}),
        shared: SharedModules | None = None,
    ) -> None:
        self.prefix, self.airflow, self._ancestors = prefix, airflow, ancestors
        self._examples = _examples_of(tuple(folders), ancestors.get("airflow"))
        self.folders = [*folders]
        self.shared = shared
        self.uses: set[str] = set()
        self._own = ModuleSet(prefix, self)
        self._path_before = frozenset(sys.path)
        self._homes: dict[str, tuple[str, ...] | None] = {}
        self._top_packages = {prefix, shared.prefix if shared else ""}
        # The names of the top-level modules that this file does not share with other files.
        self._private = set(shared.changed if shared else ())

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of `__import__`
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as `__import__` does."""
        absolute = self._absolute(name, globals, level) if level else airflow_name(self.plain(name))
        importer = str((globals or {}).get("__name__", ""))
        importlib = (
            self.shared.importlib if self.shared is not None and self.shared.owns(importer) else self._own.importlib
        )
        if absolute in importlib:
            return importlib[absolute if fromlist else "importlib"]
        if not self._is_own(absolute):
            module = self._import_installed(absolute, globals, locals, fromlist)
            return importlib["importlib"] if module.__name__ == "importlib" else module
        module = self._load(absolute)
        names = [absolute]
        for each in fromlist or ():
            listed = vars(module).get("__all__", ()) if each == "*" else (each,)
            names += (found for short in listed if (found := self._submodule(module, absolute, short)))
        if self.shared is not None:
            self.shared.note_use(importer, names, self.uses)
        return module if fromlist or level else self._load(absolute.partition(".")[0])

    def import_module(self, name: str) -> ModuleType:
        """Import the module with this absolute name, and return it."""
        return self.import_(name, fromlist=("__name__",))

    def find_spec(self, name: str) -> ModuleSpec | None:
        """Return the spec of a module; None if there is none."""
        if is_airflow(name):
            try:
                self.airflow.module(name)
            except ModuleNotFoundError:
                return None
            return ModuleSpec(name, None, is_package=True)
        if not self._is_own(name):
            import importlib.util

            return importlib.util.find_spec(name)
        source = self._find(name)
        return None if source is None else spec_of(name, source)

    def plain(self, name: str) -> str:
        """Return a module's name without this DAG file's prefix."""
        name = self._own.plain(name)
        return name if self.shared is None else self.shared.plain(name)

    def owns(self, name: str) -> bool:
        """Return True if the name is the key in `sys.modules` of a module that this file uses."""
        return self._own.owns(name) or (self.shared is not None and self.shared.owns(name))

    def finds(self, top: str) -> bool:
        """Return True if one of the file's folders contains this top-level module."""
        return find_module(tuple(self._all_folders()), top) is not None

    def is_private(self, name: str) -> bool:
        """Return True if the module with this plain name belongs to this file alone."""
        return name.partition(".")[0] in self._private

    def run(self, name: str, path: str, code: CodeType) -> ModuleType:
        """Run the code of a DAG file as a module. The module stays in `sys.modules` if the code raises no error."""
        return self._own.run(name, ModuleSource(path), code)

    def show_as(self, prefix: str) -> None:
        """Show the file's own modules under the prefix of the modules that files share; see `ModuleSet.show_as`."""
        self._own.show_as(prefix, self._own.loaded - self._own.adopted)

    def forget(self) -> None:
        """Remove the file's own modules from `sys.modules`."""
        self._own.clear()

    def keep_path(self) -> None:
        """Remove the folders that the code has added to `sys.path`, and use these folders for this DAG file only."""
        self.folders = [*self._all_folders()]
        sys.path[:] = [entry for entry in sys.path if entry in self._path_before]

    def _absolute(self, name: str, globals: Mapping[str, Any] | None, level: int) -> str:  # noqa: A002
        package = str((globals or {}).get("__package__") or "")
        plain = self.plain(package)
        parts = [] if plain in self._top_packages else plain.split(".")
        if not any(parts):
            raise ImportError("attempted relative import with no known parent package")
        if level > len(parts):
            raise ImportError("attempted relative import beyond top-level package")
        return ".".join([*parts[: len(parts) - level + 1], *([name] if name else ())])

    def _all_folders(self) -> Iterator[str]:
        yield from self.folders
        for entry in [*sys.path]:
            if isinstance(entry, str) and entry not in self._path_before and entry not in self.folders:
                yield entry

    def _is_own(self, name: str) -> bool:
        top = name.partition(".")[0]
        if is_airflow(top) or name in self._own.importlib or top in (self.shared or self._own).adopted:
            return True
        if top in (_OWN_PACKAGE, "prefect") or top in sys.stdlib_module_names:
            return False
        if top not in self._homes:
            home = self._home_of(top)
            if home is _UNKNOWN:
                # The failure is not stored, because the code may add a folder to `sys.path` and import again.
                if self.shared is not None:
                    self.shared.note_absent(top)
                return False
            self._homes[top] = home
        return self._homes[top] is not None

    def _home_of(self, top: str) -> tuple[str, ...] | None:
        """Return the folders to search for a module of the DAG file; None if Python's own import must find it."""
        folders = tuple(self._all_folders())
        if self.shared is None:
            return self._search(top, folders)[0]
        known = self.shared.homes.get((top, folders))
        if known is None:
            known = self._search(top, folders)
            if known[0] is not _UNKNOWN:
                self.shared.homes[top, folders] = known
        home, is_private = known
        if is_private:
            self._private.add(top)
        return home

    def _search(self, top: str, folders: tuple[str, ...]) -> tuple[tuple[str, ...] | None, bool]:
        """Return the folders to search for a module, and whether the result depends on this file's own folders."""
        spec = installed_spec(top, folders)
        if spec is not None and spec.origin is not None:
            return (folder_of(spec),) if is_for_airflow(top, spec) else None, False
        found = find_module(folders, top)
        # A folder without `__init__.py` does not hide an installed package that also has no `__init__.py`, such as
        # `google`.
        if found is not None and (found.path is not None or spec is None):
            return folders, self.shared is not None and find_module(self.shared.folders, top) != found
        if found is None and spec is None and top in self._ancestors:
            return (self._ancestors[top],), False
        return None if spec is not None else _UNKNOWN, False

    def _load(self, name: str) -> ModuleType:
        if is_airflow(name) and not self._is_example(name):
            return self.airflow.module(name)
        held = self._set_of(name)
        if self.shared is not None and held is self._own:
            self.shared.note_own()
        if name in held.loaded:
            return held.modules[name]
        parent_name, _, short = name.rpartition(".")
        parent = self._load(parent_name) if parent_name else None
        with held.lock(name):
            if name in held.modules:
                # The module is already there: another thread has loaded it, or a circular import has loaded a part of
                # it.
                return held.modules[name]
            source = self._find(name)
            if source is None:
                if parent is not None and not hasattr(parent, "__path__"):
                    raise ModuleNotFoundError(f"No module named {name!r}; {parent_name!r} is not a package", name=name)
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            module = held.run(name, source, compiled(source.path) if source.path else None, parent)
            held.loaded.add(name)
        if parent is not None:
            setattr(parent, short, module)
        return module

    def _set_of(self, name: str) -> ModuleSet:
        """Return the `ModuleSet` for a module: the file's own set, or the set that all files of the folder share."""
        return self._own if self.shared is None or self.is_private(name) or is_airflow(name) else self.shared

    def _is_example(self, name: str) -> bool:
        return any(f"{name}.".startswith(f"{package}.") for package in self._examples)

    def _find(self, name: str) -> ModuleSource | None:
        if name in self._examples:
            return find_module((str(Path(self._examples[name]).parent),), name.rpartition(".")[2])
        parent_name, _, short = name.rpartition(".")
        if parent_name:
            return find_module(tuple(getattr(self._load(parent_name), "__path__", ())), short)
        return find_module(self._homes.get(name) or (), short)

    def _submodule(self, module: ModuleType, name: str, short: str) -> str:
        """Load a submodule of a package, and return its full name; empty if there is no such submodule."""
        if isinstance(module, AirflowModule) or not hasattr(module, "__path__"):
            return ""
        full_name = f"{name}.{short}"
        if hasattr(module, short):
            return full_name
        if self._find(full_name) is None:
            return ""
        self._load(full_name)
        return full_name

    def _import_installed(
        self,
        name: str,
        globals: Mapping[str, Any] | None,  # noqa: A002
        locals: Mapping[str, Any] | None,  # noqa: A002
        fromlist: Sequence[str] | None,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if name in self._own.registry or top in (_OWN_PACKAGE, "prefect"):
            return _real_import(name, globals, locals, fromlist or (), 0)
        with in_place_of_airflow(self) as taken:
            module = _real_import(name, globals, locals, fromlist or (), 0)
        (self.shared or self._own).adopt(taken)
        return module


def _examples_of(folders: tuple[str, ...], sources: str | None) -> Mapping[str, str]:
    """Return the package name and path of each folder with DAGs in Airflow's own sources, such as its example DAGs."""
    if sources is None:
        return {}
    top = Path(sources, "airflow")
    inner = [Path(folder) for folder in folders if Path(folder).name == "example_dags" and top in Path(folder).parents]
    return {".".join(("airflow", *folder.relative_to(top).parts)): str(folder) for folder in inner}
