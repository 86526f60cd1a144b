"""Finds the names of pools, connections and variables that the DAGs of a file use."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from jinja2 import Environment, nodes

from .._airflow.dag_limits import limit_from_max_active_tis_per_dag
from ._code_of_file import FileCode, text_of

UseKind: TypeAlias = Literal["pool", "tag limit", "connection", "variable"]

_VARIABLES = ("Variable.get", "Variable.setdefault")
_CONNECTIONS = ("Hook.get_connection", "Hook.get_hook", "Connection.get", "Connection.get_connection_from_secrets")
_DEFAULTS = ("default", "default_var")


@dataclass(frozen=True)
class Use:
    """A reference in a DAG, by name, to an object that the server must have.

    Attributes:
        slots: For a pool, the number of requested slots; for a tag limit, the limit.
        has_default: True if the code has a default for the case that the object is missing.
    """

    kind: UseKind
    name: str
    file: str
    line: int
    slots: int = 1
    has_default: bool = False


def uses_of_code(code: FileCode, file: str) -> Iterator[Use]:
    """Yield the objects whose names are literals in calls: `Variable.get("key")`, `Hook(http_conn_id="api")`."""
    for statement, node in code.nodes():
        if not isinstance(node, ast.Call):
            continue
        path = code.name(statement, node.func)
        first = text_of(node.args[0]) if node.args else _keyword(node, ("key", "conn_id"))
        if path.startswith("airflow") and path.endswith(_VARIABLES) and first:
            has_default = len(node.args) > 1 or any(each.arg in _DEFAULTS for each in node.keywords)
            yield Use("variable", first, file, node.lineno, has_default=has_default)
        elif path.startswith("airflow") and path.endswith(_CONNECTIONS) and first:
            yield Use("connection", first, file, node.lineno)
        else:
            for keyword in node.keywords:
                if (keyword.arg or "").endswith("conn_id") and _is_literal(name := text_of(keyword.value)):
                    yield Use("connection", name, file, node.lineno)


def uses_of_task(task: Any, file: str, line: int) -> Iterator[Use]:
    """Yield the objects whose names are in a task's arguments: its pool, and arguments such as `http_conn_id`."""
    yield Use("pool", str(task.pool), file, line, slots=int(task.pool_slots or 1))
    if task.max_active_tis_per_dag is not None:
        limit = limit_from_max_active_tis_per_dag(task.dag.dag_id, task.task_id, task.max_active_tis_per_dag)
        yield Use("tag limit", limit.tag, file, line, slots=limit.limit)
    for name, value in arguments_of(task).items():
        if name.endswith("conn_id") and not name.startswith("_") and isinstance(value, str) and _is_literal(value):
            yield Use("connection", value, file, line)


def uses_of_template(text: str, file: str, line: int) -> Iterator[Use]:
    """Yield the objects whose names are in a template: `var.value.key`, `var.json.key` and `conn.id`.

    Raises:
        TemplateSyntaxError: Jinja can't parse the template.
    """
    for use in _uses_in(text):
        yield replace(use, file=file, line=line)


@lru_cache(maxsize=1000)
def _uses_in(text: str) -> tuple[Use, ...]:
    """Return the objects whose names are in a template.

    The result is cached, because many tasks have the same templates.
    """
    return tuple(_find_uses(text))


def _find_uses(text: str) -> Iterator[Use]:
    tree = Environment(autoescape=False).parse(text)  # noqa: S701 - nothing is rendered
    called = {id(call.node): call for call in tree.find_all(nodes.Call)}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path[:2] in (["var", "value"], ["var", "json"]) and len(path) == 3:
            kind: UseKind = "variable"
        elif path[:1] == ["conn"] and len(path) == 2:
            kind = "connection"
        else:
            continue
        call = called.get(id(node)) if path[-1] == "get" else None
        if call is None and path[-1] != "get":
            yield Use(kind, path[-1], "", 0)
        elif call is not None and call.args and isinstance(call.args[0], nodes.Const):
            has_default = len(call.args) > 1 or bool(call.kwargs)
            yield Use(kind, str(call.args[0].value), "", 0, has_default=has_default)


def arguments_of(task: Any) -> Mapping[str, Any]:
    """Return the arguments of a task; for a mapped task, without the arguments over which it is expanded."""
    return dict(task.partial_kwargs) if task.is_mapped else dict(vars(task))


def _is_literal(name: str) -> bool:
    return bool(name) and "{" not in name


def _keyword(node: ast.Call, names: tuple[str, ...]) -> str:
    return next((text_of(each.value) for each in node.keywords if each.arg in names), "")


def _path(node: nodes.Node) -> list[str]:
    """Return the parts of an attribute's path, such as `["var", "value", "key"]`; empty for other expressions."""
    names: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            names.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            names.append(node.arg.value)
        else:
            return []
        node = node.node
    return [node.name, *reversed(names)] if isinstance(node, nodes.Name) else []
