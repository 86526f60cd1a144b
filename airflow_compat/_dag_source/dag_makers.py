"""Which functions and classes of the modules beside a DAG file make DAGs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .dag_call import outermost
from .source_modules import Neighbours
from .source_names import Dotted
from .source_order import users
from .source_scopes import Module

FOREIGN = "a function or a class of another file makes this DAG; write its deployment yourself"
"""Why such a DAG cannot be read."""

# A module that was not found tells nothing but its names: `create_dag`, `DagFactory`, `DbtDag`.
_LOOKS_LIKE_IT = re.compile(r"(make|build|create|generate|load|register|new)\w*dags?|dag_?factory", re.IGNORECASE)
_CLASS_OF_DAGS = re.compile(r".*D(ag|AG)s?")


class Makers:
    """The makers of DAGs that a file can import.

    Args:
        module: The file.
        neighbours: The modules beside it.
        read: Returns the makers of a module, given the module.
    """

    def __init__(self, module: Module, neighbours: Neighbours, read: Callable[[Module], frozenset[str]]) -> None:
        self.module = module
        self.neighbours = neighbours
        self._read = read

    def names(self, path: str, local: str) -> Iterator[str]:
        """The names under which the file can call what an import gives it.

        Args:
            path: The dotted name that is imported.
            local: The name that it is bound to; `*` for all names of a module.
        """
        found = self.neighbours.find(path, self.module.path)
        if found is None:
            return
        if not found.names:
            yield from self._of(found.module)
        elif found.names[0] in self._of(found.module):
            yield local

    def maker(self, dotted: Dotted) -> str:
        """The function or the class that makes a DAG where it is called; empty if it makes none."""
        found = self.neighbours.find(dotted.path, dotted.importer)
        if found is None or not found.names or found.names[0] not in self._of(found.module):
            return ""
        return f"{'.'.join(found.names)}() from {found.module.shown}"

    def _of(self, module: Module) -> frozenset[str]:
        makers = self.neighbours.makers
        if module.path not in makers:
            # Two modules may import each other.
            makers[module.path] = frozenset()
            makers[module.path] = self._read(module) if self.neighbours.speaks_of_dags(module) else frozenset()
        return makers[module.path]


def looks_like_maker(dotted: Dotted) -> bool:
    """Guess from its name whether a function or a class of an unknown module makes DAGs."""
    return bool(_LOOKS_LIKE_IT.fullmatch(dotted.name) or _CLASS_OF_DAGS.fullmatch(dotted.name))


def makers_and_callers(module: Module, makers: frozenset[str]) -> frozenset[str]:
    """These functions and classes, and those of the same module that use them."""
    found = set(makers)
    todo = list(makers)
    while todo:
        name = todo.pop()
        callers = {outermost(each.scope) for each in users(module, name) if each.scope.parent}
        todo += callers - found
        found |= callers
    return frozenset(found - {""})
