"""Finds the tasks that need real Airflow, because their operators or functions use Airflow names without a stand-in."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

from ..._airflow.import_names import NoStandIn, names_of
from .._finder import airflow_name
from .._placeholders import Placeholder

# The attributes of an operator that contain functions. They are searched in addition to the operator's class.
_FUNCTIONS = ("python_callable", "pre_execute", "post_execute", "_pre_execute_hook", "_post_execute_hook", "poke")


def names_needed(task: Any) -> tuple[str, ...]:
    """Return the Airflow names without a stand-in that a task uses, the name of its operator first."""
    operator = task.operator_class if task.is_mapped else type(task)
    search = _Search(task.airflow_version)
    for each in operator.__mro__:
        name = vars(each).get("_full_name")
        if name is not None and each is not Placeholder:
            search.found[str(name)] = None
        elif not each.__module__.startswith(("airflow_compat.", "builtins")):
            for value in vars(each).values():
                search.visit(value)
    arguments = {**task.partial_kwargs, **_literals(task)} if task.is_mapped else vars(task)
    for name in _FUNCTIONS:
        search.visit(arguments.get(name))
    return tuple(search.found)


def hosted_tasks(dag: Any) -> Iterator[str]:
    """Yield the ids of the DAG's tasks that run in the host if a host is configured."""
    for task in dag.task_dict.values():
        if names_needed(task):
            yield task.task_id


def _literals(task: Any) -> Mapping[str, Any]:
    value = getattr(task.expand_input, "value", None)
    return value if isinstance(value, Mapping) else {}


class _Search:
    """Searches the functions and classes that code uses through global names."""

    def __init__(self, release: Any) -> None:
        self.found: dict[str, None] = {}
        self._release = release
        self._seen: set[int] = set()

    def visit(self, value: Any) -> None:
        """Search the functions of a value that code uses."""
        if isinstance(value, Placeholder) or (isinstance(value, type) and issubclass(value, Placeholder)):
            self.found[str(object.__getattribute__(value, "_full_name"))] = None
            return
        if isinstance(value, type) and "_full_name" in vars(value):
            self.found[str(vars(value)["_full_name"])] = None
            return
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        for function in _functions(value):
            self._visit_code(function.__code__, function.__globals__)
            for cell in function.__closure__ or ():
                # A closure cell is empty if its name is not defined yet.
                self.visit(getattr(cell, "cell_contents", None) if _is_full(cell) else None)

    def _visit_code(self, code: types.CodeType, names: Mapping[str, Any]) -> None:
        for name in code.co_names:
            if name in names:
                self.visit(names[name])
            elif (module := airflow_name(name)).startswith("airflow."):
                self._visit_import(module, code)
        for const in code.co_consts:
            if isinstance(const, types.CodeType):
                self._visit_code(const, names)

    def _visit_import(self, module: str, code: types.CodeType) -> None:
        """Search `from airflow... import name` statements inside a function."""
        known = names_of(module, self._release)
        if known is None:
            return
        for const in code.co_consts:
            for name in const if isinstance(const, tuple) else ():
                entry = known.find(name) if isinstance(name, str) and name.isidentifier() else None
                if isinstance(entry, NoStandIn) and entry.reason != "types" and name in code.co_names:
                    self.found[f"{module}.{name}"] = None


def _is_full(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _functions(value: Any) -> Iterator[types.FunctionType]:
    """Yield the functions in a value of the DAG's author, which is a function, class, object or decorator."""
    value = getattr(value, "__wrapped__", value) if isinstance(value, types.FunctionType) else value
    value = (
        getattr(value, "__func__", value) if isinstance(value, types.MethodType | classmethod | staticmethod) else value
    )
    if isinstance(value, types.FunctionType):
        if not value.__module__.startswith("airflow_compat."):
            yield value
    elif isinstance(value, property):
        yield from (each for each in (value.fget, value.fset) if isinstance(each, types.FunctionType))
    elif isinstance(value, type) and not value.__module__.startswith(("airflow_compat.", "builtins")):
        for each in vars(value).values():
            if isinstance(each, types.FunctionType | classmethod | staticmethod | property):
                yield from _functions(each)
