"""Finds the names that a user's function passes to shims such as `get_connection`, by parsing the function."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

from ..connections import BaseHook, Connection, aget_connection, aload_block, get_connection, load_block
from ..notifiers import BaseNotifier
from ..options import task
from ..pools import pool
from ..variables import Variable
from ._needs import Kind, Need, Unknown

MISSING = object()
_NOT_CALLED = "the function is not called here, so the name is known only in a run"
_COMPUTED = "the name is computed when the code runs"


@dataclass(frozen=True)
class _Shim:
    kind: Kind
    parameter: str


def _function(method: Any) -> Any:
    return method.__func__ if type(method) is MethodType else method


_SHIMS: dict[Any, _Shim] = {
    pool: _Shim("pool", "name"),
    **{
        _function(each): _Shim("connection", "conn_id")
        for each in (get_connection, aget_connection, BaseHook.get_connection, Connection.get, Connection.async_get)
    },
    load_block: _Shim("block", "conn_id"),
    aload_block: _Shim("block", "conn_id"),
    **{_function(each): _Shim("variable", "key") for each in (Variable.get, Variable.aget, Variable.setdefault)},
}


class FunctionCode:
    """The source code of a function, and the objects to which its names refer."""

    def __init__(self, function: FunctionType, root: Path) -> None:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
        # The decorators are removed from the code: they were called at import, and their results are read from the task
        # or flow.
        if isinstance(tree.body[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
            tree.body[0].decorator_list.clear()
        self._nodes = list(ast.walk(ast.increment_lineno(tree, first - 1)))
        file = Path(function.__code__.co_filename)
        self._file = str(file.relative_to(root)) if file.is_relative_to(root) else file.name
        closure = inspect.getclosurevars(function).nonlocals
        self._names: Mapping[str, Any] = {**vars(builtins), **function.__globals__, **closure, **self._imported()}
        stored = {node.id for node in self._nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self._local = stored | {node.arg for node in self._nodes if isinstance(node, ast.arg)}

    def objects(self) -> Iterator[Any]:
        """Yield the objects to which the code refers by name."""
        for node in self._nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and (found := self._value(node)) is not MISSING:
                yield found

    def names(self) -> Iterator[Need | Unknown]:
        """Yield the names of objects that the code passes to shims."""
        called = {id(node.func) for node in self._nodes if isinstance(node, ast.Call)}
        for node in self._nodes:
            if isinstance(node, ast.Call):
                yield from self._of_call(node)
            elif isinstance(node, ast.Attribute):
                yield from self._of_accessor(node)
            if isinstance(node, (ast.Name, ast.Attribute)) and self._is_named(node, is_called=id(node) in called):
                yield Unknown(ast.unparse(node), f"{self._file}:{node.lineno}", _NOT_CALLED)

    def _of_call(self, node: ast.Call) -> Iterator[Need | Unknown]:
        target = _function(self._value(node.func))
        shown, where = ast.unparse(node.func), f"{self._file}:{node.lineno}"
        if target is task:
            yield Unknown(
                f"{shown}(...)",
                where,
                "the task is created when the code runs; move the task to the top level of the module",
            )
        elif issubclass(type(target), type) and issubclass(target, BaseNotifier):
            for name, parameter in inspect.signature(target).parameters.items():
                if name.endswith("conn_id"):
                    given = _argument(node, name, target)
                    value = parameter.default if given is None else self._value(given)
                    yield from self._named(Need("connection", "", where), value, f"{shown}({name}=...)")
        elif type(target) is FunctionType and (shim := _SHIMS.get(target)):
            given = _argument(node, shim.parameter, target)
            value = MISSING if given is None else self._value(given)
            slots = self._value(found) if (found := _argument(node, "slots", target)) else 1
            has_default = any(_argument(node, name, target) for name in ("default", "default_var"))
            need = Need(shim.kind, "", where, slots if isinstance(slots, int) else 1, has_default)
            yield from self._named(need, value, f"{shown}(...)")

    def _is_named(self, node: ast.expr, *, is_called: bool) -> bool:
        """Return True if the code refers to a shim without calling it, or calls a `functools.partial` of a shim."""
        found = self._value(node)
        if type(found) is functools.partial:
            found, is_called = found.func, False
        target = _function(found)
        return not is_called and type(target) is FunctionType and target in _SHIMS

    def _of_accessor(self, node: ast.Attribute) -> Iterator[Need | Unknown]:
        """Yield the last name in `context["var"].value.key`, `context["var"].json.key` or `context["conn"].conn_id`."""
        base, where = node.value, f"{self._file}:{node.lineno}"
        if node.attr in ("get", "value", "json"):
            return
        if isinstance(base, ast.Attribute) and base.attr in ("value", "json") and _key(base.value) == "var":
            yield Need("variable", node.attr, where)
        elif _key(base) == "conn":
            yield Need("connection", node.attr, where)

    def _named(self, need: Need, value: Any, shown: str) -> Iterator[Need | Unknown]:
        if isinstance(value, str):
            yield Need(need.kind, value, need.where, need.slots, need.has_default)
        elif value is not None:
            yield Unknown(shown, need.where, _COMPUTED)

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() if node.id not in self._local:
                return self._names.get(node.id, MISSING)
            case ast.Attribute():
                return _attribute(self._value(node.value), node.attr)
        return MISSING

    def _imported(self) -> dict[str, Any]:
        """Return the names that imports inside the function define, from modules that are loaded or in this package."""
        found: dict[str, Any] = {}
        for node in self._nodes:
            if isinstance(node, ast.ImportFrom):
                module = None if node.level else _module(node.module or "")
                found |= {each.asname or each.name: _attribute(module, each.name) for each in node.names}
            elif isinstance(node, ast.Import):
                for each in node.names:
                    name = each.name if each.asname else each.name.partition(".")[0]
                    if module := _module(name):
                        found[each.asname or name] = module
        return found


def _attribute(owner: Any, name: str) -> Any:
    # For objects other than modules and classes, reading an attribute may run code of the user. If the object is a
    # proxy, even `isinstance` may run code of the user.
    if not issubclass(type(owner), (ModuleType, type)):
        return MISSING
    try:
        return getattr(owner, name, MISSING)
    except Exception:  # noqa: BLE001 - a property of a metaclass may raise anything
        return MISSING


def _module(name: str) -> ModuleType | None:
    return import_module(name) if name.partition(".")[0] == "airflow_compat" else sys.modules.get(name)


def _argument(node: ast.Call, name: str, function: Callable[..., Any]) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    parameters = [each for each in inspect.signature(function).parameters if each not in ("self", "cls")]
    if name not in parameters:
        return None
    place = parameters.index(name)
    return node.args[place] if place < len(node.args) else None


def _key(node: ast.expr) -> object:
    return node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None
