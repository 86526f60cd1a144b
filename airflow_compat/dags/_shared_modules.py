"""The helper modules that the DAG files of a folder share. In Airflow, files in the same process share modules, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from ._airflow_modules import Missing
from ._finder import active_imports
from ._module_sets import ModuleSet
from ._module_state import ModuleState
from ._sources import ModuleSource

if TYPE_CHECKING:
    from ._imports import Imports


class SharedModules(ModuleSet):
    """Modules in the folders that all files of a DAG folder search.

    A file gets its own copies of a package's modules, as if the file were loaded alone, in two cases: the file changes
    variables of the package, or the package imports a module from a folder that other files do not search.

    Attributes:
        folders: The folders in which the modules are searched.
        changed: The top-level packages that files which are loaded later do not share.
        homes: The folders in which top-level modules were found. The folders in which top-level modules were found, by
            the module's name and the folders that the file searches.
    """

    def __init__(self, prefix: str, folders: tuple[str, ...]) -> None:
        from ..authoring import DAG, BaseOperator, TaskGroup

        super().__init__(prefix, self)
        self._graph_classes = DAG, BaseOperator, TaskGroup
        # When a pickle refers to a module of this set, Python also imports this parent module.
        self.registry.setdefault(prefix, ModuleType(prefix))
        self.folders = folders
        self.changed: set[str] = set()
        self.homes: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...] | None, bool]] = {}
        self._first: Imports | None = None
        self._before: frozenset[str] = frozenset()
        self._running: list[str] = []
        self._new: list[str] = []
        self._depending: set[str] = set()
        self._states: dict[str, ModuleState] = {}
        self._uses: dict[str, set[str]] = defaultdict(set)
        self._absent: dict[str, set[str]] = defaultdict(set)
        self._missing: dict[str, dict[str, Missing]] = defaultdict(dict)

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of `__import__`
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import a module for the active file, as `__import__` does."""
        return self._file().import_(name, globals, locals, fromlist, level)

    def import_module(self, name: str) -> ModuleType:
        """Import the module with this absolute name, and return it."""
        return self._file().import_module(name)

    def find_spec(self, name: str) -> ModuleSpec | None:
        """Return the spec of a module; None if there is none."""
        return self._file().find_spec(name)

    def run(
        self, name: str, source: ModuleSource, code: CodeType | None, parent: ModuleType | None = None
    ) -> ModuleType:
        """Run the code of a module; see the base class."""
        self._running.append(name)
        try:
            module = super().run(name, source, code, parent)
            self._new.append(name)
        finally:
            self._running.remove(name)
        if not self._running:
            # The states are read only now, when no module's code is running, because modules that import each other may
            # change each other.
            for each in self._new:
                if each in self.modules:
                    self._states[each] = ModuleState(self.modules[each], self._can_change)
            self._new.clear()
        return module

    def note_use(self, importer: str, names: Iterable[str], uses: set[str]) -> None:
        """Note which shared modules an importing module uses.

        Args:
            importer: The importing module's name in `sys.modules`.
            names: The plain names.
            uses: The set to which the names are added if the importing module is not a shared module.
        """
        if self.owns(importer):
            self._uses[self.plain(importer)].update(names)
            return
        uses.update(names)
        if not importer:
            for each in self._running:
                self._uses[each].update(names)

    def note_absent(self, top: str) -> None:
        """Note, for each module whose code is running, that it has tried to import a module that was not found."""
        for each in self._running:
            self._absent[each].add(top)

    def note_own(self) -> None:
        """Note, for each module whose code is running, that it depends on a module that is not shared."""
        self._depending.update(self._running)

    def begin(self, file: Imports) -> None:
        """Prepare the set before a file is loaded."""
        self._first = self._first or file
        self._before = frozenset(self.loaded)
        self._depending.clear()
        self._new.clear()

    def end(self, file: Imports, missing: Iterable[Missing]) -> bool:
        """Return False if the file has changed shared modules, and must be loaded again with its own copies.

        Args:
            file: The file that was loaded.
            missing: The names without a stand-in that were noted during the load.
        """
        used = self.used_by(file)
        changed = {name for name in used if name in self._states and self._states[name].has_changed()}
        found = {name for name in used if any(map(file.finds, self._absent.get(name, ())))}
        tops = {name.partition(".")[0] for name in (*changed, *found, *self._depending)}
        for each in missing:
            self._missing[each.file].setdefault(each.name, each)
        if not tops:
            self.show_as(file.prefix, used)
            return True
        for name in changed & self._before:
            self._states[name].restore()
        self._unshare(tops)
        return False

    def used_by(self, file: Imports) -> dict[str, None]:
        """Return the names of the shared modules that a file has imported, directly or through other modules."""
        found: dict[str, None] = {}
        waiting = [*file.uses]
        while waiting:
            name = waiting.pop()
            if name in found or file.is_private(name):
                continue
            if name in self.loaded:
                found[name] = None
                waiting += self._uses[name]
            if package := name.rpartition(".")[0]:
                waiting.append(package)
        return found

    def missing_of(self, file: Imports) -> Iterator[Missing]:
        """Yield those names without a stand-in that are used in the shared modules that a file has imported."""
        for name in self.used_by(file):
            yield from self._missing[getattr(self.modules[name], "__file__", "")].values()

    def _file(self) -> Imports:
        """Return the file for which a module's code is running."""
        active = active_imports()
        if active is None or active.shared is not self:
            # If the code runs in a thread that belongs to no file, use the first file, which has all modules of this
            # set.
            active = self._first
        assert active is not None
        return active

    def _unshare(self, tops: set[str]) -> None:
        users: dict[str, set[str]] = defaultdict(set)
        for importer, names in self._uses.items():
            for name in names:
                users[name.partition(".")[0]].add(importer.partition(".")[0])
        waiting = [*tops]
        while waiting:
            top = waiting.pop()
            if top not in self.changed:
                self.changed.add(top)
                waiting += users[top]
        for name in self.loaded - self._before:
            if name.partition(".")[0] in self.changed:
                self.remove(name)

    def _can_change(self, value: Any) -> bool:
        """Return True for classes of these modules and objects of such classes, and for DAGs, groups and tasks."""
        kind = value if isinstance(value, type) else type(value)
        return self.owns(str(kind.__module__)) or isinstance(value, self._graph_classes)
