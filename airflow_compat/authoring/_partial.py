"""`Operator.partial(...)`, and the methods `expand` and `expand_kwargs` of its result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError, MappingError
from ._current import current_dag, current_task_group, definition_release
from ._dates import in_utc
from ._expand_input import (
    DictOfListsExpandInput,
    ExpandInput,
    ListOfDictsExpandInput,
    check_return_values,
    check_rows,
    is_mappable,
)
from ._operator_checks import (
    CALLBACKS,
    as_list,
    as_timedelta,
    checked_retries,
    checked_trigger_rule,
    checked_weight_rule,
)
from ._operator_defaults import merged_defaults
from ._operator_meta import argument_names
from ._params import ParamsDict
from ._partial_defaults import partial_defaults

if TYPE_CHECKING:
    from ._mapped_operator import MappedOperator


class PartialDescriptor:
    """The method `partial` of operator classes, which instances of these classes do not have."""

    def __get__(self, task: Any, cls: type) -> Callable[..., OperatorPartial]:
        if task is not None:
            raise DagDefinitionError(
                "partial can only be called on Operator classes, not Tasks themselves. Use the class."
            )

        def partial(**arguments: Any) -> OperatorPartial:
            return partial_of(cls, **arguments)

        return partial


def partial_of(
    operator_class: type, *, task_id: str, dag: Any = None, task_group: Any = None, params: Any = None, **kwargs: Any
) -> OperatorPartial:
    """Return an `OperatorPartial` for an operator class and the arguments that are not mapped.

    Raises:
        DagDefinitionError: An argument is unknown or invalid.
    """
    check_arguments(operator_class, "partial", kwargs)
    dag = dag or current_dag()
    if dag is not None:
        task_group = task_group or current_task_group(dag)
    if task_group is not None:
        task_id = task_group.child_id(task_id)
    defaults, merged_params = merged_defaults(dag, task_group, params, kwargs.pop("default_args", None))
    arguments = {"task_id": task_id, "dag": dag, "task_group": task_group, **kwargs}
    # The other default arguments are applied when the operator of a mapped task instance is created.
    base_names = _base_names()
    arguments |= {name: value for name, value in defaults.items() if name in base_names and name not in arguments}
    release = dag.airflow_version if dag is not None else definition_release()
    arguments = {**partial_defaults(operator_class, release), **arguments}
    return OperatorPartial(operator_class=operator_class, kwargs=_converted(arguments, release), params=merged_params)


def _converted(arguments: dict[str, Any], release: Any) -> dict[str, Any]:
    if "task_concurrency" in arguments:
        raise DagDefinitionError("unexpected argument: task_concurrency. Use max_active_tis_per_dag.")
    task_id = arguments["task_id"]
    if arguments["pool_slots"] < 1:
        raise DagDefinitionError(f"pool slots for {task_id} cannot be less than 1. Pass 1 or more.")
    for name in ("start_date", "end_date"):
        if name in arguments:
            arguments[name] = in_utc(arguments[name])
    for name in ("retry_delay", "max_retry_delay"):
        arguments[name] = as_timedelta(arguments[name])
    arguments["retries"] = checked_retries(arguments["retries"])
    arguments["trigger_rule"] = checked_trigger_rule(arguments["trigger_rule"], task_id, release)
    arguments["weight_rule"] = checked_weight_rule(arguments["weight_rule"], task_id)
    arguments["depends_on_past"] = arguments["depends_on_past"] or arguments["wait_for_downstream"]
    for name in CALLBACKS if release == "3" else ():
        arguments[name] = as_list(arguments[name])
    return arguments


class OperatorPartial:
    """An operator class with the arguments of `partial`; `expand` or `expand_kwargs` adds the mapped arguments."""

    def __init__(self, *, operator_class: type, kwargs: dict[str, Any], params: ParamsDict) -> None:
        self.operator_class = operator_class
        self.kwargs = kwargs
        self.params = params
        self._expand_called = False

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.kwargs.items())
        return f"{self.operator_class.__name__}.partial({arguments})"

    def __del__(self) -> None:
        if not getattr(self, "_expand_called", True):
            warnings.warn(f"Task {self.kwargs.get('task_id')!r} was never mapped!", stacklevel=1)

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        """Map the operator over all combinations of elements of the arguments."""
        # The attribute is set first, so that an error in this method does not also cause a warning.
        self._expand_called = True
        if not mapped_kwargs:
            raise MappingError(
                f"no arguments to expand {self.kwargs['task_id']!r} against. Pass the values to map over."
            )
        check_arguments(self.operator_class, "expand", mapped_kwargs)
        check_duplicates(self.kwargs, mapped_kwargs, reason="unmappable or already specified")
        return self._expand(DictOfListsExpandInput(mapped_kwargs), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Map the operator over dicts of arguments. If `strict`, the dicts must not repeat arguments of `partial`."""
        self._expand_called = True
        check_rows(kwargs)
        return self._expand(ListOfDictsExpandInput(kwargs), strict=strict)

    def _expand(self, expand_input: ExpandInput, *, strict: bool) -> MappedOperator:
        from ._mapped_operator import MappedOperator

        check_return_values(expand_input.value)
        return MappedOperator(
            operator_class=self.operator_class,
            expand_input=expand_input,
            partial_kwargs=self.kwargs,
            params=self.params,
            disallow_kwargs_override=strict,
        )


def check_arguments(operator_class: type, method: str, arguments: Mapping[str, Any]) -> None:
    """Check that the operator accepts the arguments, and that tasks can be mapped over the values of `expand`."""
    known = {name for cls in operator_class.__mro__ for name in argument_names(cls)}
    kind = operator_class.__name__
    takes_any = getattr(operator_class, "takes_any_argument", False)
    if unknown := [name for name in arguments if name not in known and not takes_any]:
        raise DagDefinitionError(
            f"{kind}.{method}() got unexpected keyword argument{'s' if len(unknown) > 1 else ''} "
            f"{', '.join(map(repr, unknown))}. Remove them."
        )
    for name, value in arguments.items() if method == "expand" else ():
        if not is_mappable(value):
            raise MappingError(
                f"{kind}.expand() got an unexpected type {type(value).__name__!r} for keyword argument {name}. Pass a "
                "list, a dict or the result of a task."
            )


def check_duplicates(first: Mapping[str, Any], second: Mapping[str, Any], *, reason: str) -> None:
    """Check that two dicts of arguments have no common names.

    Raises:
        DagDefinitionError: They have.
    """
    if twice := sorted(first.keys() & second.keys()):
        raise DagDefinitionError(
            f"{reason} argument{'s' if len(twice) > 1 else ''}: {', '.join(twice)}. Pass them once."
        )


def _base_names() -> set[str]:
    from ._operator import BaseOperator

    return argument_names(BaseOperator)
