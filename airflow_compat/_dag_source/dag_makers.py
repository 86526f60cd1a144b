"""Find the functions and classes of imported modules that create DAGs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .dag_call import outermost
from .modules import Neighbours
from .names import Dotted
from .scopes import Module

FOREIGN = "a function or a class of another file creates this DAG"

# If a module was not found, the imported name is the only hint: `create_dag`, `DagFactory`, `DbtDag`.
_LOOKS_LIKE_IT = re.compile(r"(make|build|create|generate|load|register|new)\w*dags?|dag_?factory", re.IGNORECASE)
_CLASS_OF_DAGS = re.compile(r".*D(ag|AG)s?")


class Makers(NamedTuple):
    """The makers that a file can import: functions and classes that create DAGs.

    Attributes:
        neighbours: The modules that the file can import.
    """

    module: Module
    neighbours: Neighbours
    read: Callable[[Module], frozenset[str]]

    def names(self, path: str, local: str) -> Iterator[str]:
        """Yield the names of imported makers in the file. `local` is the name that the import binds, or `*`."""
        found = self.neighbours.find(path, self.module.path)
        if found is None:
            return
        if not found.names:
            yield from self._of(found.module)
        elif found.names[0] in self._of(found.module):
            yield local

    def maker(self, dotted: Dotted) -> str:
        """Return a description of the function or class if it creates DAGs; else an empty text."""
        found = self.neighbours.find(dotted.path, dotted.importer)
        if found is None or not found.names or found.names[0] not in self._of(found.module):
            return ""
        return f"{'.'.join(found.names)}() from {found.module.shown}"

    def _of(self, module: Module) -> frozenset[str]:
        makers = self.neighbours.makers
        if module.path not in makers:
            # An empty entry prevents an endless recursion if two modules import each other.
            makers[module.path] = frozenset()
            makers[module.path] = self.read(module) if module.speaks_of_dags else frozenset()
        return makers[module.path]


def looks_like_maker(dotted: Dotted) -> bool:
    """Guess from its name whether an unknown function or class creates DAGs."""
    return bool(_LOOKS_LIKE_IT.fullmatch(dotted.name) or _CLASS_OF_DAGS.fullmatch(dotted.name))


def makers_and_callers(module: Module, makers: frozenset[str]) -> frozenset[str]:
    """Return the given makers, and the functions and classes of the module that use them."""
    found = set(makers)
    todo = list(makers)
    while todo:
        name = todo.pop()
        callers = {outermost(each.scope) for each in module.users.get(name, ()) if each.scope.parent}
        todo += callers - found
        found |= callers
    return frozenset(found - {""})
