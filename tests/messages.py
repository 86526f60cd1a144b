"""Every message that the package can raise, warn of, log or print, from its syntax trees.

`python tests/messages.py` prints them as one text, for an editor: a line with the file, then its messages. Expressions
in f-strings are shown as `{name}`. `python tests/messages.py FOLDER...` prints those of these folders of the package.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "airflow_compat"

# Functions and methods whose text arguments are messages.
_PRINTED = {"print", "warn", "warning", "error", "info", "exception", "debug", "fail", "complain"}
_RESULTS = {"Check", "Answer", "Unknown", "Finding", "Problem", "Argument"}
_SHORTEST = 3


@dataclass(frozen=True)
class Message:
    """A text that a user can see.

    Attributes:
        file: The file, relative to the package.
        line: Its line.
        text: The text, with `{expression}` for each expression.
    """

    file: str
    line: int
    text: str


def messages(files: Iterable[Path] | None = None) -> list[Message]:
    """Collect the messages of files; by default those of the whole package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py") if files is None else files):
        file = str(path.relative_to(PACKAGE)) if path.is_relative_to(PACKAGE) else path.name
        for line, text in sorted(_of_tree(ast.parse(path.read_text()))):
            found.append(Message(file, line, text))
    return found


def _of_tree(tree: ast.AST) -> Iterator[tuple[int, str]]:
    inner: set[int] = set()
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for text in _texts_of(node):
            if id(text) in inner:
                continue
            inner |= {id(part) for part in ast.walk(text)}
            shown = _shown(text).strip()
            if id(text) not in docstrings and len(shown.split()) >= _SHORTEST:
                yield text.lineno, shown


def _texts_of(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the texts that a statement or call shows to a user."""
    match node:
        case ast.Call():
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _PRINTED | _RESULTS or _is_error(name):
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    yield from _texts_in(argument)
        case ast.Raise(exc=ast.Call(args=arguments)):
            for argument in arguments:
                yield from _texts_in(argument)
        case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
            yield from _texts_in(value)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield from _texts_in(value)


def _is_error(name: str) -> bool:
    return name.endswith(("Error", "Warning", "Exception", "_error", "_problem")) or name in ("refusal", "_not_ready")


def _texts_in(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield node
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            if any(isinstance(each, (ast.Constant, ast.JoinedStr)) for each in (left, right)):
                yield node
            else:
                yield from (*_texts_in(left), *_texts_in(right))
        case ast.IfExp():
            yield from (*_texts_in(node.body), *_texts_in(node.orelse))
        case ast.Dict():
            for value in node.values:
                yield from _texts_in(value)
        case ast.Tuple() | ast.List():
            for value in node.elts:
                yield from _texts_in(value)


def _shown(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr():
            return "".join(_shown(part) for part in node.values)
        case ast.BinOp(op=ast.Add()):
            return _shown(node.left) + _shown(node.right)
        case ast.FormattedValue():
            return f"{{{ast.unparse(node.value)}}}"
    return f"{{{ast.unparse(node)}}}"


def main(folders: Iterable[str]) -> None:
    """Print the messages."""
    wanted = tuple(folders)
    file = ""
    for message in messages():
        if wanted and not message.file.startswith(wanted):
            continue
        if message.file != file:
            file = message.file
            print(f"\n{file}")
        print(f"  {message.line}: {message.text}")


if __name__ == "__main__":
    main(sys.argv[1:])
