"""The decorator `@task_group`."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from ..errors import DagDefinitionError, MappingError
from ._current import definition_release
from ._expand_input import (
    DictOfListsExpandInput,
    ExpandInput,
    ListOfDictsExpandInput,
    MappedArgument,
    check_return_values,
    check_rows,
    is_mappable,
)
from ._mapped_task_group import MappedTaskGroup
from ._partial import check_duplicates
from ._task_group import TaskGroup

_GROUP_ARGUMENTS = inspect.signature(TaskGroup)


class TaskGroupFactory:
    """A function with `@task_group`. A call of this object creates the group and its tasks."""

    def __init__(
        self,
        function: Callable[..., Any],
        tg_kwargs: dict[str, Any] | None = None,
        partial_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if not callable(function):
            raise DagDefinitionError(
                f"@task_group got {function!r}. Pass the group_id by keyword: @task_group(group_id=...)."
            )
        self.function = function
        self.tg_kwargs: dict[str, Any] = {"group_id": function.__name__, **(tg_kwargs or {})}
        _GROUP_ARGUMENTS.bind_partial(**self.tg_kwargs)
        self.partial_kwargs: dict[str, Any] = partial_kwargs or {}
        self.function_signature: inspect.Signature = inspect.signature(function)
        self._task_group_created = False
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the group; return the function's result, or the group if it returns None."""
        return self._create(TaskGroup(**self._group_arguments()), *args, **kwargs)

    def _group_arguments(self) -> dict[str, Any]:
        return {"add_suffix_on_collision": True, **self.tg_kwargs}

    def _create(self, group: TaskGroup, *args: Any, **kwargs: Any) -> Any:
        self._task_group_created = True
        with group:
            group.tooltip = group.tooltip or self.function.__doc__ or ""
            if definition_release() == "3":
                group.doc_md = group.doc_md or self.function.__doc__
            result = self.function(*args, **kwargs)
        return group if result is None else result

    def override(self, **kwargs: Any) -> TaskGroupFactory:
        """Return a factory that creates the group with other arguments."""
        return TaskGroupFactory(self.function, {**self.tg_kwargs, **kwargs}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> TaskGroupFactory:
        """Return a factory with some arguments of the function already set, for a later call of `expand`."""
        self._check_names("partial", kwargs)
        check_duplicates(self.partial_kwargs, kwargs, reason="duplicate partial")
        return TaskGroupFactory(self.function, self.tg_kwargs, {**kwargs, **self.partial_kwargs})

    def expand(self, **kwargs: Any) -> Any:
        """Map the group over combinations of the arguments' elements."""
        if not kwargs:
            raise MappingError(f"no arguments to expand {self.function.__name__} against. Pass the values to map over.")
        self._check_names("expand", kwargs)
        check_duplicates(self.partial_kwargs, kwargs, reason="mapping already partial")
        return self._expand(DictOfListsExpandInput(kwargs), list(kwargs))

    def expand_kwargs(self, kwargs: Any) -> Any:
        """Map the group over dicts of arguments."""
        check_rows(kwargs)
        if any(
            each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in self.function_signature.parameters.values()
        ):
            raise MappingError(
                "calling expand_kwargs() on task group function with * or ** is not supported: "
                f"{self.function.__name__}. Name the arguments."
            )
        names = [name for name in self.function_signature.parameters if name not in self.partial_kwargs]
        return self._expand(ListOfDictsExpandInput(kwargs), names)

    def _expand(self, expand_input: ExpandInput, names: list[str]) -> Any:
        if definition_release() == "3":
            check_return_values(expand_input.value)
        arguments = {name: MappedArgument(input=expand_input, key=name) for name in names}
        group = MappedTaskGroup(expand_input=expand_input, **self._group_arguments())
        return self._create(group, **self.partial_kwargs, **arguments)

    def _check_names(self, method: str, kwargs: dict[str, Any]) -> None:
        parameters = self.function_signature.parameters
        takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        unknown = [name for name in kwargs if name not in parameters and not takes_any]
        if unknown:
            raise MappingError(
                f"{self.function.__name__}.{method}() got unexpected keyword arguments "
                f"{', '.join(map(repr, unknown))}. Remove them."
            )
        for name, value in kwargs.items() if method == "expand" else ():
            if not is_mappable(value):
                raise MappingError(
                    f"expand() got an unexpected type {type(value).__name__!r} for keyword argument {name!r}. Pass a "
                    "list, a dict or the result of a task."
                )

    def __del__(self) -> None:
        if getattr(self, "partial_kwargs", None) and not self._task_group_created:
            warnings.warn(f"Partial task group {self.tg_kwargs['group_id']!r} was never mapped!", stacklevel=1)


def task_group(python_callable: Any = None, **tg_kwargs: Any) -> Any:
    """Turn a function that defines tasks into one that makes a task group of them.

    Args:
        python_callable: The function, for `@task_group` without parentheses.
        tg_kwargs: Arguments of `TaskGroup`.
    """
    if isinstance(python_callable, str):
        tg_kwargs["group_id"] = python_callable
        python_callable = None
    if python_callable is not None:
        return TaskGroupFactory(python_callable, tg_kwargs)
    return functools.partial(TaskGroupFactory, tg_kwargs=tg_kwargs)
