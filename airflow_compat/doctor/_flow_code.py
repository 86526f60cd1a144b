"""Finds the names of pools, connections and other objects in a flow's code."""

from __future__ import annotations

import functools
import inspect
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from prefect import Flow, Task

from .._airflow.callback import Callback, callback_name
from .._prefect.internals.hooks import Event, hooks_of
from .._prefect.wrapped_function import Within, layers_of
from ..automations._specs import AutomationSpec
from ..callbacks._hooks import callback_of
from ..callbacks._retry_condition import RetryCondition
from ..notifiers import BaseNotifier
from ..options._task_layer import TaskLayer
from ..pools._slot_context import PoolContext
from ._needs import Need, Unknown
from ._shim_calls import FunctionCode

_LIBRARIES = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib"))
_PACKAGE = Path(__file__).resolve().parents[1]
_TASK_EVENTS: tuple[Event, ...] = ("running", "failure", "completion")
_FLOW_EVENTS: tuple[Event, ...] = (*_TASK_EVENTS, "crashed", "cancellation")

_READ = (PoolContext, Task, Flow, functools.partial, MethodType, BaseNotifier, FunctionType, type, list, tuple, dict)


class FlowCode:
    """The names in a flow's code that are known before the flow runs.

    Attributes:
        needs: The names.
        unknown: The calls with names that are computed during the run.
        alerts: The alerts in global variables of the flow's module.
    """

    def __init__(self, flow: Flow[..., Any]) -> None:
        self.needs: list[Need] = []
        self.unknown: list[Unknown] = []
        function: Any = inspect.unwrap(flow.fn)
        self._root = Path(inspect.getsourcefile(function) or ".").resolve().parent
        self._seen: set[int] = set()
        self._visit(flow, f"flow {flow.name!r}")
        self.alerts = list(_alerts(function.__globals__.values(), set()))

    def _visit(self, found: Any, where: str) -> None:
        # `isinstance` would run code of a proxy object, and this code may raise an exception.
        if not issubclass(type(found), _READ):
            return
        if isinstance(found, PoolContext):
            self.needs.append(Need("pool", found.name, where, found.slots))
        if id(found) in self._seen:
            return
        self._seen.add(id(found))
        if isinstance(found, (list, tuple, dict)):
            for each in _items(found):
                self._visit(each, where)
        else:
            self._read(found, where)

    def _read(self, found: Any, where: str) -> None:
        match found:
            case Task():
                self._task(found)
            case Flow():
                self._flow(found)
            case functools.partial() | MethodType():
                self._visit(found.func if isinstance(found, functools.partial) else found.__func__, where)
            case BaseNotifier():
                self._notifier(found, where)
                self._visit(type(found), where)
            case FunctionType():
                self._function(found, where)
            case type():
                self._class(found, where)

    def _task(self, task: Task[..., Any]) -> None:
        where = f"task {task.name!r}"
        self._callbacks(task, _TASK_EVENTS, where)
        for callback, _ in RetryCondition.of(task).callbacks:
            self._callback(callback, where)
        self._visit(task.fn, where)

    def _flow(self, flow: Flow[..., Any]) -> None:
        where = f"flow {flow.name!r}"
        self._callbacks(flow, _FLOW_EVENTS, where)
        self._visit(flow.fn, where)

    def _callbacks(self, runnable: Flow[..., Any] | Task[..., Any], events: Iterable[Event], where: str) -> None:
        for event in events:
            for hook in hooks_of(runnable, event):
                self._callback(callback_of(hook), where) if callback_of(hook) else self._visit(hook, where)

    def _callback(self, callback: Callback | None, where: str) -> None:
        if not isinstance(callback, BaseNotifier):
            self.needs.append(Need("callback", callback_name(callback), where))
        self._visit(callback, where)

    def _notifier(self, notifier: BaseNotifier, where: str) -> None:
        name = type(notifier).__name__
        for conn_id in notifier.connection_ids():
            if "{{" in conn_id:
                self.unknown.append(Unknown(f"connection of {name}", where, f"{conn_id!r} is a template"))
            else:
                self.needs.append(Need("connection", conn_id, f"{name} of {where}"))

    def _function(self, function: FunctionType, where: str) -> None:
        for layer in layers_of(function):
            if isinstance(layer, Within):
                self._visit(layer.make(), where)
            elif isinstance(layer, TaskLayer):
                self._task_layer(layer, where)
        if (inner := getattr(function, "__wrapped__", None)) is not None:
            self._visit(inner, where)
        elif self._is_users(function):
            self._code(function, where)

    def _task_layer(self, layer: TaskLayer, where: str) -> None:
        if layer.passage is not None:
            self._visit(layer.passage, where)
        if layer.tag is not None:
            self.needs.append(Need("tag limit", layer.tag, where))
        for each in (layer.before, layer.after):
            self._visit(each, where)

    def _code(self, function: FunctionType, where: str) -> None:
        try:
            code = FunctionCode(function, self._root)
        except (OSError, SyntaxError, TypeError, ValueError) as exc:
            shown = f"function {function.__name__}"
            self.unknown.append(Unknown(shown, where, f"the function's source can't be read ({type(exc).__name__})"))
            return
        for found in code.names():
            (self.needs if isinstance(found, Need) else self.unknown).append(found)  # type: ignore[arg-type]
        for each in code.objects():
            self._visit(each, f"function {function.__name__}")

    def _class(self, found: type, where: str) -> None:
        # Iterate over a copy, because reading an attribute, such as a lazy import, may change the class.
        for each in list(vars(found).values()) if self._is_users(found) else ():
            self._visit(each.__func__ if type(each) in (classmethod, staticmethod) else each, where)

    def _is_users(self, found: Any) -> bool:
        """Return True for the user's own code, which is outside of installed packages and the standard library."""
        try:
            file = Path(inspect.getfile(found)).resolve()
        except Exception:  # noqa: BLE001 - a metaclass may raise anything
            return False
        libraries = (folder for folder in (*_LIBRARIES, _PACKAGE) if not self._root.is_relative_to(folder))
        if any(file.is_relative_to(folder) for folder in libraries):
            return False
        # Code in another virtual environment, which may be inside the flow's folder, is not the user's own code.
        below = file.relative_to(self._root) if file.is_relative_to(self._root) else file
        return "site-packages" not in below.parts


def _items(found: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> list[Any]:
    """Return the items of a collection without calling methods that its class overrides."""
    if isinstance(found, dict):
        return list(dict.values(found))
    return list(list.__iter__(found) if isinstance(found, list) else tuple.__iter__(found))


def _alerts(values: Iterable[Any], seen: set[int]) -> Iterator[AutomationSpec]:
    for value in values:
        if not isinstance(value, (AutomationSpec, list, tuple, dict)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, AutomationSpec):
            yield value
        else:
            yield from _alerts(value.values() if isinstance(value, dict) else value, seen)
