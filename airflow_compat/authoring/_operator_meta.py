"""The metaclass of operators, which fills missing arguments from `default_args`."""

from __future__ import annotations

import abc
import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..errors import DagDefinitionError
from ._current import current_dag, current_task_group
from ._operator_defaults import merged_defaults


class MissingArgumentError(DagDefinitionError):
    """A required argument of an operator is missing."""


class BaseOperatorMeta(abc.ABCMeta):
    """Wraps the `__init__` of each operator class, so that it accepts only keyword arguments.

    Arguments that are not passed are taken from `default_args`.
    As in Airflow, the defaults are applied in each class of the hierarchy. So an argument of a base class gets its
    default even if the subclass does not name the argument.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> BaseOperatorMeta:
        cls = super().__new__(mcs, name, bases, namespace, **kwargs)
        # If a mixin's `__init__` comes before the operator's in the hierarchy, the mixin's `__init__` is wrapped too.
        if cls.__init__ is not cls.mro()[1].__init__:  # type: ignore[misc]
            cls.__init__ = _with_defaults(cls.__init__)  # type: ignore[misc]
        return cls


def argument_names(cls: type) -> set[str]:
    """Return the names of the arguments that the class's own `__init__` declares."""
    names: set[str] = getattr(cls.__init__, "_argument_names", set())  # type: ignore[misc]
    return names


def _with_defaults(init: Callable[..., None]) -> Callable[..., None]:
    parameters = [
        parameter
        for parameter in inspect.signature(init).parameters.values()
        if parameter.name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    names = {parameter.name for parameter in parameters}
    required = {each.name for each in parameters if each.default is each.empty and each.name != "task_id"}

    @functools.wraps(init)
    def with_defaults(self: Any, *args: Any, **kwargs: Any) -> None:
        kind = type(self).__name__
        if args:
            raise DagDefinitionError(f"{kind}(...) got positional arguments. Use keyword arguments for operators.")
        from_mapped = kwargs.pop("_airflow_from_mapped", getattr(self, "_from_mapped", False))
        dag = kwargs.get("dag")
        if dag is None and (dag := current_dag()) is not None:
            kwargs["dag"] = dag
        group = kwargs.get("task_group")
        if dag is not None and group is None and (group := current_task_group(dag)) is not None:
            kwargs["task_group"] = group
        defaults, params = merged_defaults(dag, group, kwargs.pop("params", None), kwargs.pop("default_args", None))
        kwargs |= {name: defaults[name] for name in defaults if name in names and name not in kwargs}
        if not required <= kwargs.keys():
            missing = sorted(required - kwargs.keys())
            raise MissingArgumentError(
                f"missing keyword argument{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))} of {kind} "
                f"(task_id: {kwargs.get('task_id')}). Pass it, or set it in default_args."
            )
        if params:
            kwargs["params"] = params
        # Operators of decorators such as `@task` have a method `_hook_apply_defaults`, which changes the arguments.
        if (hook := getattr(self, "_hook_apply_defaults", None)) is not None:
            _, kwargs = hook(**kwargs, default_args=defaults)
            defaults = kwargs.pop("default_args", {})
        if not hasattr(self, "_init_kwargs"):
            object.__setattr__(self, "_init_kwargs", {})
        object.__setattr__(self, "_from_mapped", from_mapped)
        init(self, **kwargs, default_args=defaults)
        self._init_kwargs.update(kwargs)
        # The following runs only in the `__init__` of the object's own class, not in those of its base classes.
        if not from_mapped and getattr(type(self).__init__, "__wrapped__", None) is init:
            self.set_xcomargs_dependencies()
            object.__setattr__(self, "_instantiated", True)

    with_defaults._argument_names = names  # type: ignore[attr-defined]
    return with_defaults
