"""Finds uses of names that an import binds to a module of Airflow: `models.DAG`, `airflow.DAG`."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .._dag_source.dag_call import bound_in, place_of
from .._dag_source.scopes import Statement, own_parts
from ._file import PythonFile


@dataclass(frozen=True)
class ModuleUse:
    """A place in the code that uses the name of a module.

    Attributes:
        name: The name: `models` in `models.DAG`.
        root: The node of the name; None if the name is in a text.
        attributes: The attribute expressions after the name, the innermost first: `models.DAG` and the attributes after
            it.
        is_known: False if the name may not refer to the module at this place, or if the code assigns to the name.
    """

    name: str
    root: ast.Name | None
    attributes: tuple[ast.Attribute, ...] = ()
    is_known: bool = True

    @property
    def names(self) -> list[str]:
        return [each.attr for each in self.attributes]


def module_uses(file: PythonFile, names: Collection[str]) -> Iterator[ModuleUse]:
    """Yield the uses of names that imports bind to modules of Airflow."""
    for statement in file.statements_with(names):
        for part in _expressions(statement.node):
            chains = list(_chains(part, names))
            if chains:
                hidden = frozenset(bound_in(part)) if isinstance(part, ast.expr) else frozenset()
                for root, attributes in chains:
                    if root.id not in hidden and (use := _use(file, statement, root, attributes)):
                        yield use
        for annotation in _annotations(statement.node):
            yield from _uses_in_text(annotation, names)


def _expressions(node: ast.stmt) -> Iterator[ast.AST]:
    for part in own_parts(node):
        # Parameters are local names of the function. Defaults and annotations belong to the scope around the function.
        yield from _below(part) if isinstance(part, ast.arguments) else (part,)


def _below(arguments: ast.arguments) -> Iterator[ast.expr]:
    yield from (each for each in (*arguments.defaults, *arguments.kw_defaults) if each is not None)
    yield from _annotations_of(arguments)


def _annotations_of(arguments: ast.arguments) -> Iterator[ast.expr]:
    given = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    yield from (each.annotation for each in given if each is not None and each.annotation is not None)


def _annotations(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _annotations_of(node.args)
        if node.returns is not None:
            yield node.returns
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation


def _chains(part: ast.AST, names: Collection[str]) -> Iterator[tuple[ast.Name, tuple[ast.Attribute, ...]]]:
    """Yield each name with all attributes that follow the name."""
    inner: set[int] = set()
    # `ast.walk` visits outer attributes before inner ones.
    for node in ast.walk(part):
        if id(node) in inner:
            continue
        if isinstance(node, ast.Attribute):
            chain: list[ast.Attribute] = []
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                chain.append(root)
                root = root.value
            inner |= {id(root), *map(id, chain)}
            if isinstance(root, ast.Name) and root.id in names:
                yield root, tuple(reversed(chain))
        elif isinstance(node, ast.Name) and node.id in names:
            yield node, ()


def _use(
    file: PythonFile, statement: Statement, root: ast.Name, attributes: tuple[ast.Attribute, ...]
) -> ModuleUse | None:
    """Return the use; None if the name does not refer to the module."""
    if isinstance(root.ctx, ast.Load) and file.name(statement, root).startswith("airflow"):
        is_read = all(isinstance(each.ctx, ast.Load) for each in attributes)
        return ModuleUse(root.id, root, attributes, is_read)
    owner = place_of(statement, root).scope.owner(root.id)
    is_imported = owner is not None and any(
        each.kind == "import" and each.text.startswith("airflow") for each in owner.bindings[root.id]
    )
    return ModuleUse(root.id, root, attributes, is_known=False) if is_imported else None


def _uses_in_text(annotation: ast.expr, names: Collection[str]) -> Iterator[ModuleUse]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (
                ModuleUse(name, None, is_known=False) for name in names if re.search(rf"\b{name}\b", node.value)
            )
