"""Edits of import statements whose names move to other modules. Comments and formatting stay unchanged."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence

from .._airflow.public_names import Address
from ._arguments import removal
from ._source import Edit, SourceText

_HEAD = re.compile(rb"from[ \t\f\\\r\n]+([\w.]+)[ \t\f\\\r\n]+import[ \t\f\\\r\n]*(\(?)")


def moved_names(
    text: SourceText, node: ast.ImportFrom, moves: Mapping[int, Address | None], added: Sequence[str] = ()
) -> tuple[Edit, ...]:
    """Return the edits that import names of a `from` statement from other modules.

    If some names stay, the old statement keeps only these names. If no name stays, the old statement imports from the
    first new module. New statements in front of the old one import all other names.

    Args:
        text: The file's text.
        node: The statement.
        moves: The new module and name of each alias that moves, by the alias's index; None removes the alias.
        added: More statements to insert in front of the old one.

    Returns:
        The edits; empty if the statement has an unsupported form.
    """
    start, end = text.span(node)
    head = _HEAD.match(text.body, start, end)
    if head is None or head[1] != (node.module or "").encode():
        return ()
    moved = {index: address for index, address in moves.items() if address is not None}
    modules = dict.fromkeys(moved[index].module for index in sorted(moved))
    is_emptied = len(moves) == len(node.names)
    if is_emptied and not modules:
        # A comment in the statement would be lost.
        return () if b"#" in text.body[start:end] else (Edit(start, end, _joined(text, start, added)),)
    edits: list[Edit] = []
    leaving = set(moves)
    if is_emptied:
        first = next(iter(modules))
        del modules[first]
        leaving = {index for index in moves if index not in moved or moved[index].module != first}
        edits.append(Edit(*head.span(1), first.encode()))
    for module in modules:
        chosen = [index for index in sorted(leaving) if index in moved and moved[index].module == module]
        names = ", ".join(alias_text(node.names[index], moved[index]) for index in chosen)
        added = [*added, f"from {module} import {names}"]
    edits += statements_before(text, node, added)
    kept = {
        index: alias_text(alias, moved.get(index)) for index, alias in enumerate(node.names) if index not in leaving
    }
    is_long = head[2] and len(text.body[start:end].splitlines()) > 1
    if leaving and not is_long:
        names_start, names_end = text.span(node.names[0])[0], text.span(node.names[-1])[1]
        return (*edits, Edit(names_start, names_end, ", ".join(kept.values()).encode()))
    edits += (removal(text, node.names[index]) for index in leaving)
    edits += (
        Edit(*text.span(node.names[index]), kept[index].encode())
        for index, address in moved.items()
        if index in kept and address.name != node.names[index].name
    )
    return tuple(edits)


def import_instead(
    text: SourceText,
    node: ast.Import | ast.ImportFrom,
    indexes: Collection[int],
    modules: Sequence[str],
    *,
    is_kept: bool,
) -> tuple[Edit, ...]:
    """Return the edits that import modules by their full names.

    Args:
        text: The file's text.
        node: The statement.
        indexes: The indexes of the aliases that the imports of the modules replace.
        modules: The modules.
        is_kept: Whether to keep the old aliases as well.

    Returns:
        The edits; empty if the statement has an unsupported form.
    """
    if isinstance(node, ast.ImportFrom):
        added = [f"import {module}" for module in modules]
        return tuple(
            statements_before(text, node, added) if is_kept else moved_names(text, node, dict.fromkeys(indexes), added)
        )
    kept = [alias_text(alias) for index, alias in enumerate(node.names) if is_kept or index not in indexes]
    names = ", ".join((*kept, *modules))
    return (Edit(text.span(node.names[0])[0], text.span(node.names[-1])[1], names.encode()),)


def alias_text(alias: ast.alias, address: Address | None = None) -> str:
    """Return the part of a new import that binds the same name as the old import."""
    name = address.name if address else alias.name
    bound = alias.asname or alias.name
    return name if name == bound and not alias.asname else f"{name} as {bound}"


def statements_before(text: SourceText, node: ast.stmt, statements: Sequence[str]) -> list[Edit]:
    """Return the edit that inserts statements in front of another one."""
    start = text.span(node)[0]
    return [Edit(start, start, _joined(text, start, [*statements, ""]))] if statements else []


def _joined(text: SourceText, start: int, statements: Sequence[str]) -> bytes:
    indentation = text.indentation(start)
    # If the indentation is None, another statement precedes the import on its line: `a = 1; import airflow`.
    separator = b"; " if indentation is None else text.newline(start) + indentation
    return separator.join(each.encode() for each in statements)
