"""The base class of operators that call decorated functions (`airflow.sdk.bases.decorator`)."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..._airflow.context_keys import EXTRA_KEYS, KEYS
from ...authoring import Asset, BaseOperator
from ...authoring._current import current_dag, current_task_group, definition_release
from .._callable import determine_kwargs

if TYPE_CHECKING:
    from ...authoring import DAG, TaskGroup


def context_names() -> frozenset[str]:
    """Return the names of parameters to which this Airflow release passes values of the context."""
    return KEYS[definition_release()] | EXTRA_KEYS


def get_unique_task_id(task_id: str, dag: DAG | None = None, task_group: TaskGroup | None = None) -> str:
    """Return the id, with a suffix such as `__1` if the DAG already has a task with this id."""
    dag = dag or current_dag()
    if dag is None:
        return task_id
    group = task_group or current_task_group(dag)
    full_id = group.child_id(task_id) if group else task_id
    if full_id not in dag.task_dict:
        return task_id
    start = f"{re.split(r'__[0-9]+$', full_id)[0]}__"
    taken = (each.removeprefix(start) for each in dag.task_dict if each.startswith(start))
    number = max((int(each) for each in taken if each.isdecimal()), default=0) + 1
    return f"{re.split(r'__[0-9]+$', task_id)[0]}__{number}"


class DecoratedOperator(BaseOperator):
    """Calls a decorated function with the arguments that the DAG file passed to it.

    Args:
        python_callable: The function.
        task_id: The id of the task.
        op_args: Positional arguments.
        op_kwargs: Named arguments.
        kwargs_to_upstream: Further arguments, which are passed to the base class.
        kwargs: Arguments of `BaseOperator`.

    Raises:
        TypeError: The function does not accept the arguments.
        ValueError: A parameter of the function has the name of a context key and a default other than None.
    """

    template_fields: Sequence[str] = ("op_args", "op_kwargs")
    template_fields_renderers: Mapping[str, str] = {"op_args": "py", "op_kwargs": "py"}
    shallow_copy_attrs: Sequence[str] = ("python_callable",)
    custom_operator_name = "@task"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        task_id: str,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not self._from_mapped:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        self.python_callable = python_callable
        # As in Airflow, `default_args` also provides arguments of the function that the call leaves out.
        defaults = kwargs.get("default_args") or {}
        signature = inspect.signature(python_callable)
        given = {name: defaults[name] for name in signature.parameters if name in defaults}
        op_kwargs = {**given, **(op_kwargs or {})}
        op_args = op_args or []
        _check_call(signature, op_args, op_kwargs)
        self.op_args: Collection[Any] = op_args
        self.op_kwargs: Mapping[str, Any] = op_kwargs
        more = {**(kwargs_to_upstream or {})}
        if "op_kwargs" in more:
            more["op_kwargs"] = op_kwargs
        super().__init__(task_id=task_id, **more, **kwargs)

    def execute(self, context: Any) -> Any:
        self.inlets: list[Any] = [
            *self.inlets,
            *(each for each in itertools.chain(self.op_args, self.op_kwargs.values()) if isinstance(each, Asset)),
        ]
        result = super().execute(context)
        self.outlets: list[Any] = [*self.outlets, *_assets(result)]
        return result

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        return determine_kwargs(self.python_callable, self.op_args, context)


def _assets(result: Any) -> Iterator[Asset]:
    for each in result if isinstance(result, list) else [result]:
        if isinstance(each, Asset):
            yield each


def _check_call(signature: inspect.Signature, args: Collection[Any], kwargs: Mapping[str, Any]) -> None:
    """Check that a function accepts the arguments of a call, in which arguments from the context may be missing."""
    names = context_names()
    parameters = signature.parameters.values()
    for each in parameters:
        if each.name in names and each.default not in (None, each.empty):
            raise ValueError(f"Context key parameter {each.name} can't have a default other than None")
    bound = signature.bind_partial(*args, **kwargs)
    required = {
        each.name
        for each in parameters
        if each.default is each.empty
        and each.name not in names
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    }
    missing = required - bound.arguments.keys()
    if missing:
        raise TypeError(f"missing a required argument: {', '.join(map(repr, sorted(missing)))}")
