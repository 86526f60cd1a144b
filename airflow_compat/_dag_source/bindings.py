"""One walk over the statements of a file: each statement, its scope, and the names that it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .source_scopes import Binding, Kind, Module, Scope, Statement, docstring

_MUTATORS = frozenset(
    "add append clear extend insert pop popitem remove reverse setdefault sort update discard __setitem__".split()
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def read_scopes(tree: ast.Module, path: str = "", shown: str = "") -> Module:
    """Walk over the statements. Expressions are left alone, but for what binds names in them.

    Args:
        tree: The file's syntax tree.
        path: The file's full path.
        shown: The file's path in reports; empty for the DAG file itself.
    """
    top = Scope()
    module = Module(top, docstring(tree.body), path, shown, [top])
    # On a stack of our own, since a file may nest its statements as deeply as it likes.
    todo: list[tuple[Scope, ast.stmt, bool]] = [(top, node, False) for node in reversed(tree.body)]
    while todo:
        scope, node, conditional = todo.pop()
        statement = Statement(len(module.statements), node, scope, conditional)
        module.statements.append(statement)
        handler = _BINDERS.get(type(node))
        if handler is not None:
            handler(statement, module)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            scope, conditional = _inner_scope(statement, module), False
        for inner, under_condition in _blocks(node):
            todo += [(scope, each, conditional or under_condition) for each in reversed(inner)]
    for scope, name in module.changes:
        owner = scope.owner(name)
        if owner is not None:
            owner.change(name)
    return module


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """The statements inside one, block by block and the last first; and whether it may not come to them."""
    match node:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            yield node.orelse, True
            yield node.body, True
        case ast.With() | ast.AsyncWith() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.body, False
        case ast.Match():
            for case in reversed(node.cases):
                yield case.body, True
        case _ if hasattr(node, "handlers"):
            # `try`, and `try` with `except*`, which Python 3.10 has no class for.
            attempt: Any = node
            yield attempt.finalbody, False
            yield attempt.orelse, True
            for handler in reversed(attempt.handlers):
                yield handler.body, True
            yield attempt.body, True


def _inner_scope(statement: Statement, module: Module) -> Scope:
    node = statement.node
    assert isinstance(node, (*_FUNCTIONS, ast.ClassDef))
    scope = Scope(node.name, statement.scope, node, statement.order)
    module.scopes.append(scope)
    if isinstance(node, _FUNCTIONS):
        given = node.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        for argument in named:
            if argument is not None:
                _bind(scope, argument.arg, statement, "other", text=f"is a parameter of {node.name}()")
    return scope


def _bind(
    scope: Scope, name: str, statement: Statement, kind: Kind, *, node: ast.AST | None = None, text: str = ""
) -> None:
    binding = Binding(statement.order, kind, node, text, statement.conditional)
    scope.bindings.setdefault(name, []).append(binding)


def _bind_target(statement: Statement, module: Module, target: ast.expr, value: ast.expr | None, why: str = "") -> None:
    """Bind what stands on the left; a tuple to the parts of a tuple, as far as they can be told apart."""
    todo: list[tuple[ast.expr, ast.expr | None]] = [(target, value)]
    scope = statement.scope
    while todo:
        left, right = todo.pop()
        match left:
            case ast.Name(id=name) if right is None:
                _bind(scope, name, statement, "other", text=why)
            case ast.Name(id=name):
                _bind(scope, name, statement, "value", node=right)
                if isinstance(right, ast.Name):
                    scope.aliases.append((name, right.id))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                if right is not None:
                    scope.attributes.append((name, attribute, right, statement.order))
            case ast.Subscript() | ast.Attribute():
                _change(scope, module, left)
            case ast.Starred(value=inner):
                todo.append((inner, None))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                todo += zip(parts, _unpacked(parts, right), strict=True)


def _unpacked(parts: list[ast.expr], value: ast.expr | None) -> list[ast.expr | None]:
    """The values that the parts of a target get, as far as they can be told apart."""
    given = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    starred = any(isinstance(each, ast.Starred) for each in (*parts, *given))
    return list(given) if len(given) == len(parts) and not starred else [None] * len(parts)


def _change(scope: Scope, module: Module, node: ast.expr) -> None:
    """Something below this expression's first name is changed."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        module.changes.append((scope, node.id))


def _assign(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.Assign)
    for target in node.targets:
        _bind_target(statement, module, target, node.value, "is unpacked from something else")


def _annotated(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.AnnAssign)
    if node.value is not None:
        _bind_target(statement, module, node.target, node.value)


def _augmented(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.AugAssign)
    if isinstance(node.target, ast.Name):
        _bind_target(statement, module, node.target, None, "is changed after it is set")
    _change(statement.scope, module, node.target)


def _loop(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, (ast.For, ast.AsyncFor))
    _bind_target(statement, module, node.target, None, "is a loop's variable")


def _with(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, (ast.With, ast.AsyncWith))
    for item in node.items:
        if item.optional_vars is not None:
            _bind_target(statement, module, item.optional_vars, None, "is what `with` gives")


def _delete(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.Delete)
    for target in node.targets:
        if isinstance(target, ast.Name):
            _bind_target(statement, module, target, None, "is deleted")
        _change(statement.scope, module, target)


def _definition(statement: Statement, _: Module) -> None:
    node = statement.node
    assert isinstance(node, (*_FUNCTIONS, ast.ClassDef))
    kind: Kind = "class" if isinstance(node, ast.ClassDef) else "function"
    _bind(statement.scope, node.name, statement, kind, node=node, text=f"is a {kind}")


def _import(statement: Statement, _: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.Import)
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        _bind(statement.scope, name, statement, "import", text=alias.name if alias.asname else name)


def _import_from(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.ImportFrom)
    source = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            module.stars.append(source)
        else:
            path = f"{source}{alias.name}" if source.endswith(".") else f"{source}.{alias.name}"
            _bind(statement.scope, alias.asname or alias.name, statement, "import", text=path)


def _global(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, (ast.Global, ast.Nonlocal))
    for name in node.names:
        for scope in (module.scope, statement.scope):
            _bind(scope, name, statement, "other", text=f"is set by {statement.scope.name or 'a function'}()")


def _expression(statement: Statement, module: Module) -> None:
    node = statement.node
    assert isinstance(node, ast.Expr)
    match node.value:
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _MUTATORS:
            _change(statement.scope, module, owner)


_BINDERS = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Delete: _delete,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _global,
    ast.Nonlocal: _global,
    ast.Expr: _expression,
}
