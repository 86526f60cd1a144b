"""Find Airflow's modules for code that uses Python's own import system: installed packages, and `importlib`.

Modules of DAG files do not need this module, because they have their own import function. For other code, a finder is
on `sys.meta_path` while a DAG file is loaded or one of its tasks runs. The finder's modules look up names for the DAG
file that is active in the thread, so two threads with different files don't affect each other. The modules are removed
from `sys.modules` when no DAG file is active any more.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import compress
from operator import is_not
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .._airflow.import_names import names_of
from .._airflow.public_names import HOSTED

if TYPE_CHECKING:
    from ._imports import Imports

_active: ContextVar[Imports | None] = ContextVar("airflow_compat_imports", default=None)
_PACKAGE = __package__.partition(".")[0]


def is_airflow(name: str) -> bool:
    """Return True for the name of a module of Airflow."""
    return name == "airflow" or name.startswith("airflow.")


def airflow_name(name: str) -> str:
    """Return Airflow's name for a module of `airflow_compat.hosted`; return other names unchanged."""
    return f"airflow{name.removeprefix(HOSTED)}" if name.startswith(f"{HOSTED}.") else name


def active_imports() -> Imports | None:
    """Return the `Imports` of the active DAG file: the one that is being loaded or whose task runs in this thread."""
    return _active.get()


class SharedModule(ModuleType):
    """Replaces a module of Airflow in `sys.modules`, and looks up its names for the active DAG file."""

    def __getattr__(self, name: str) -> Any:
        imports = _active.get()
        if imports is None or name in ("__file__", "__wrapped__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(imports.airflow.module(self.__name__), name)


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - Airflow's modules have no path
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        imports = _active.get() if is_airflow(fullname) else None
        if imports is None or names_of(fullname, imports.airflow.release) is None:
            return None
        _answered.add(fullname)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return SharedModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module looks up each name on its first use."""


_FINDER = _Finder()
_lock = threading.RLock()
_users = 0
# The names of the modules that the finder has created.
_answered: set[str] = set()


@contextmanager
def answering(imports: Imports) -> Iterator[None]:
    """In the `with` block, make imports of Airflow find stand-ins, unless real Airflow is already imported."""
    global _users  # noqa: PLW0603 - `sys.meta_path` is one for the process
    token = _active.set(imports)
    with _lock:
        _users += 1
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)
    try:
        yield
    finally:
        _active.reset(token)
        with _lock:
            _users -= 1
            if not _users:
                if _FINDER in sys.meta_path:
                    sys.meta_path.remove(_FINDER)
                for name in _answered:
                    if isinstance(sys.modules.get(name), SharedModule):
                        del sys.modules[name]
                _answered.clear()


@contextmanager
def in_place_of_airflow(imports: Imports) -> Iterator[dict[str, ModuleType]]:
    """In the `with` block, make imports of Airflow find stand-ins, even if Airflow is imported. Threads take turns.

    When the block ends, modules of installed packages that have imported stand-ins are moved from `sys.modules` to the
    yielded dict, so that other code doesn't import them.
    """
    taken: dict[str, ModuleType] = {}
    with _lock, answering(imports):
        before = _snapshot()
        real = {name: module for name, module in before.items() if _is_real(name, module)}
        for name in real:
            del sys.modules[name]
        try:
            yield taken
        finally:
            after = _snapshot()
            if real:
                for name, module in after.items():
                    if is_airflow(name) and isinstance(module, SharedModule):
                        del sys.modules[name]
                sys.modules.update(real)
            new = {name: module for name, module in after.items() if name not in before and not is_airflow(name)}
            tops = {name.partition(".")[0] for name, module in new.items() if _holds_stand_ins(name, module)}
            taken.update({name: module for name, module in new.items() if name.partition(".")[0] in tops})
            for name in taken:
                sys.modules.pop(name, None)


def restore_modules(before: dict[str, ModuleType], *, but: Callable[[str], bool]) -> None:
    """Restore modules that code has removed or replaced in `sys.modules`, except those that `but` excludes."""
    with _lock:
        # `sys.modules` can have thousands of modules, so this runs without a loop in Python.
        for name in compress(before, map(is_not, map(_snapshot().get, before), before.values())):
            if not isinstance(before[name], SharedModule) and not but(name):
                sys.modules[name] = before[name]


def _snapshot() -> dict[str, ModuleType]:
    # The copy is made with `dict.copy`, which is atomic, because other threads may import at the same time.
    return sys.modules.copy()


def _is_real(name: str, module: ModuleType) -> bool:
    return is_airflow(name) and not isinstance(module, SharedModule)


def _holds_stand_ins(name: str, module: ModuleType) -> bool:
    top = name.partition(".")[0]
    if top == _PACKAGE or top in sys.stdlib_module_names:
        return False
    for value in list(vars(module).values()):
        owner = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if isinstance(value, SharedModule) or (
            isinstance(owner, str) and owner.startswith((f"{_PACKAGE}.", "airflow."))
        ):
            return True
    return False
