"""Check whether a deployment's entrypoint names a flow, by parsing the source file."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from pathlib import Path

from ._python_names import Bound, FileNames, ModuleMissingError, bindings, file_names, module_file, name_problem

# Kinds of expressions whose value can't be a flow.
_PLAIN = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Lambda, ast.ListComp, ast.DictComp)
_LOADS_DAG_FLOWS = re.compile(rb"\bload_flows?\b")
_NO_FLOWS = {"staticmethod", "classmethod", "property", "prefect.task", "prefect.tasks.task"}


def entrypoint_problem(entrypoint: str, folder: Path) -> str:
    """Return why `prefect deploy`, run in this folder, would find no flow; empty if it may find one.

    An entrypoint is `flows/sales.py:sales`, or a module path, `flows.sales.sales`.
    """
    path, colon, name = entrypoint.rpartition(":" if ":" in entrypoint else ".")
    if not (path and name):
        return "the value is not the path of a flow; use a file and a function, such as flows.py:etl"
    if colon == ".":
        return _in_module(path, name, folder)
    file = folder / path
    if not file.is_file():
        return (
            f"the file {path} does not exist in the folder of prefect.yaml; port the DAG to a flow in this file, or "
            "correct the path"
        )
    return _problem(file, name)


def holds_dag_flows(file: Path) -> bool:
    """Return True if a Python file gets its flows from `airflow_compat.dags`."""
    with suppress(OSError):
        source = file.read_bytes()
        return b"airflow_compat" in source and _LOADS_DAG_FLOWS.search(source) is not None
    return False


def _in_module(module: str, name: str, folder: Path) -> str:
    try:
        file = module_file(module, folder)
    except ModuleMissingError as missing:
        return f"module {missing.name} was not found; install the module's package, or correct the name"
    return _problem(file, name) if file is not None else ""


def _problem(file: Path, name: str) -> str:
    """Return why a name is missing from a file or is not a flow; empty if it may be a flow.

    When Prefect 3.9.1 runs a deployment, it converts a plain function to a flow (`load_function_and_convert_to_flow`),
    but `prefect deploy` refuses a plain function (`load_flow_from_entrypoint`).
    """
    if problem := name_problem(file, name):
        return problem
    names = file_names(file)
    first, *rest = name.split(".")
    return _each_is_no_flow(names.bound[first], rest, names, f"{file.name}: {first}") if names else ""


def _each_is_no_flow(found: tuple[Bound, ...], rest: list[str], names: FileNames, shown: str) -> str:
    """Return why none of the objects assigned to a name is a flow; empty if one may be a flow."""
    problems = [_no_flow(each, rest, names, shown) for each in found]
    return problems[-1] if all(problems) else ""


def _no_flow(bound: Bound, rest: list[str], names: FileNames, shown: str) -> str:
    match bound:
        case ast.ClassDef(decorator_list=[]) if not rest:
            return f"{shown} is a class, not a flow; use the name of a flow"
        case ast.ClassDef(decorator_list=[]) if rest[0] not in names.attributes:
            return _no_flow_in_class(bound, rest, names, shown)
        case ast.FunctionDef() | ast.AsyncFunctionDef() if not rest:
            kinds = [_decorator(each, names) for each in bound.decorator_list]
            if _NO_FLOWS.issuperset(kinds):
                why = f"is decorated with {kinds[0]}, so it is not a flow" if kinds else "is a function without @flow"
                return f"{shown} {why}; `prefect deploy` refuses the function: decorate it with @flow"
        case ast.expr() if isinstance(bound, _PLAIN) and not rest:
            return f"{shown} is a value, not a flow; use the name of a flow"
    return ""


def _no_flow_in_class(owner: ast.ClassDef, rest: list[str], names: FileNames, shown: str) -> str:
    name, *others = rest
    inner = bindings(owner.body)
    if name in inner:
        return _each_is_no_flow(inner[name], others, names, f"{shown}.{name}")
    is_whole = not (owner.bases or owner.keywords or "*" in inner)
    return f"{shown} has no {name!r}; use the name of a flow" if is_whole else ""


def _decorator(node: ast.expr, names: FileNames) -> str:
    text = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    first, dot, rest = text.partition(".")
    found = {*names.bound.get(first, (first,))}
    imported = found.pop()
    return f"{imported}{dot}{rest}" if isinstance(imported, str) and not found else ""
