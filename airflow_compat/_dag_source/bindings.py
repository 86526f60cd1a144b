"""Collect the scopes of a file, and the names that its statements bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .scopes import Binding, Kind, Module, Scope, Statement, docstring

_MUTATORS = frozenset(
    "add append clear extend insert pop popitem remove reverse setdefault sort update discard __setitem__".split()
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
# Kinds of statements that bind no names themselves. The search for names skips these kinds, for speed.
_NO_NAMES = frozenset(
    (ast.Return, ast.Pass, ast.Raise, ast.Assert, ast.If, ast.While, ast.Try, ast.Match, ast.Break, ast.Continue)
)


def read_scopes(tree: ast.Module, path: str = "", shown: str = "") -> Module:
    """Return the scopes and names of a file."""
    top = Scope()
    module = Module(top, docstring(tree.body), path, shown, [top])
    # A list is used instead of recursion, since a file may nest statements deeper than Python's stack allows.
    todo: list[tuple[Scope, ast.stmt, bool]] = [(top, node, False) for node in reversed(tree.body)]
    while todo:
        scope, node, conditional = todo.pop()
        statement = Statement(len(module.statements), node, scope, conditional)
        module.statements.append(statement)
        if type(node) not in _NO_NAMES:
            _bind_names(statement, module)
        if isinstance(node, _DEFINITIONS):
            scope, conditional = _inner_scope(statement, node, module), False
        if hasattr(node, "body") or hasattr(node, "cases"):
            for inner, under_condition in _blocks(node):
                todo += [(scope, each, conditional or under_condition) for each in reversed(inner)]
    for scope, name in module.changes:
        owner = scope.owner(name)
        if owner is not None:
            owner.change(name)
    return module


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Yield a statement's blocks in reverse order, and whether Python may skip each block."""
    is_certain = isinstance(node, (*_DEFINITIONS, ast.With, ast.AsyncWith))
    for case in reversed(getattr(node, "cases", ())):
        yield case.body, True
    yield getattr(node, "finalbody", []), False
    yield getattr(node, "orelse", []), True
    for handler in reversed(getattr(node, "handlers", ())):
        yield handler.body, True
    yield getattr(node, "body", []), not is_certain


def _inner_scope(
    statement: Statement, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, module: Module
) -> Scope:
    scope = Scope(node.name, statement.scope, node, statement.order)
    module.scopes.append(scope)
    if isinstance(node, _FUNCTIONS):
        given = node.args
        for argument in filter(None, [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]):
            _bind(scope, argument.arg, statement, "other", text=f"is a parameter of {node.name}()")
    return scope


def _bind(
    scope: Scope, name: str, statement: Statement, kind: Kind, *, node: ast.AST | None = None, text: str = ""
) -> None:
    scope.bindings.setdefault(name, []).append(
        Binding(statement.order, kind, node, text, statement.conditional, statement.node.lineno)
    )


def _bind_target(statement: Statement, module: Module, target: ast.expr, value: ast.expr | None, why: str) -> None:
    """Bind the names in an assignment's target. A name in a tuple gets the matching element of the value."""
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
    given = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    starred = any(isinstance(each, ast.Starred) for each in (*parts, *given))
    return list(given) if len(given) == len(parts) and not starred else [None] * len(parts)


def _change(scope: Scope, module: Module, node: ast.expr) -> None:
    """Record that a statement changes the object to which the first name of the expression refers."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        module.changes.append((scope, node.id))


def _bind_names(statement: Statement, module: Module) -> None:
    scope = statement.scope
    match statement.node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node:
            kind: Kind = "class" if isinstance(node, ast.ClassDef) else "function"
            _bind(scope, node.name, statement, kind, node=node, text=f"is a {kind}")
        case ast.Import(names=aliases):
            for alias in aliases:
                name = alias.asname or alias.name.partition(".")[0]
                _bind(scope, name, statement, "import", text=alias.name if alias.asname else name)
        case ast.ImportFrom() as node:
            _import_from(statement, node, module)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            for name in names:
                for owner in (module.scope, scope):
                    _bind(owner, name, statement, "other", text=f"is set by {scope.name or 'a function'}()")
        case other:
            for target, value, why in _targets(other):
                _bind_target(statement, module, target, value, why)
            for each in _changed(other):
                _change(scope, module, each)


def _import_from(statement: Statement, node: ast.ImportFrom, module: Module) -> None:
    source = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            module.stars.append(source)
        else:
            path = f"{source}{alias.name}" if source.endswith(".") else f"{source}.{alias.name}"
            _bind(statement.scope, alias.asname or alias.name, statement, "import", text=path)


def _targets(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr | None, str]]:
    """Yield a statement's targets, each with its value or with the reason why the value is unknown."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value, "is unpacked from something else") for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value, ""
        case ast.AugAssign(target=ast.Name() as target):
            yield target, None, "is changed after it is set"
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield target, None, "is a loop variable"
        case ast.With(items=items) | ast.AsyncWith(items=items):
            yield from ((each.optional_vars, None, "is bound by `with`") for each in items if each.optional_vars)
        case ast.Delete(targets=targets):
            yield from ((target, None, "is deleted") for target in targets if isinstance(target, ast.Name))


def _changed(node: ast.stmt) -> list[ast.expr]:
    match node:
        case ast.AugAssign(target=target):
            return [target]
        case ast.Delete(targets=targets):
            return targets
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=method))) if method in _MUTATORS:
            return [owner]
    return []
