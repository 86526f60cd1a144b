"""The tasks that a flow's code names, also in the plain functions of its module that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from prefect import Flow, Task


def tasks_of(flow: Flow[..., Any]) -> list[Task[..., Any]]:
    """The tasks, each once. One that is made while the flow runs, or reached through an object, isn't among them."""
    found: dict[int, Task[..., Any]] = {}
    _collect(flow.fn, found, set())
    return list(found.values())


def _collect(function: Callable[..., Any], found: dict[int, Task[..., Any]], seen: set[int]) -> None:
    function = getattr(function, "__wrapped__", function)
    if not isinstance(function, FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    for value in _named(function):
        if isinstance(value, Task):
            found.setdefault(id(value), value)
        elif isinstance(value, FunctionType) and value.__module__ == function.__module__:
            _collect(value, found, seen)


def _named(function: FunctionType) -> Iterator[object]:
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        if isinstance(value, ModuleType):
            # `tasks.load()`: both are names of the code.
            yield from (
                vars(value)[other] for other in names & vars(value).keys() if isinstance(vars(value)[other], Task)
            )
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            # A name that gets its value later.
            continue


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
