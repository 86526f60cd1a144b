"""Merges the defaults of an operator's arguments: `default_args` of the DAG, the task group and the task."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._params import ParamsDict

if TYPE_CHECKING:
    from ._dag import DAG
    from ._task_group import TaskGroup


class _Merged(dict[str, Any]):
    """The merged default arguments of a task.

    Attributes:
        origin: The DAG and the task group whose `default_args` were merged.
        params: The merged params.
    """

    origin: tuple[DAG | None, TaskGroup | None]
    params: ParamsDict

    def is_from(self, dag: DAG | None, task_group: TaskGroup | None, params: object) -> bool:
        """Return True if merging the defaults of these arguments would return an equal object."""
        is_same = self.origin[0] is dag and self.origin[1] is task_group
        return is_same and (params is self.params or (not params and not self.params))

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        # Copying or unpickling this object returns a plain dict.
        return dict, ({**self},)


def merged_defaults(
    dag: DAG | None,
    task_group: TaskGroup | None,
    task_params: MutableMapping[str, Any] | None,
    task_default_args: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], ParamsDict]:
    """Return the default arguments and the params of a task; the task's override the group's, which override the DAG's.

    The `__init__` of each class in an operator's hierarchy calls this function. Calls from base classes return the
    result of the first call.
    """
    if type(task_default_args) is _Merged and task_default_args.is_from(dag, task_group, task_params):
        return task_default_args, task_default_args.params
    for name, value in (("default_args", task_group and task_group.default_args), ("params", task_params)):
        _check_mapping(name, value)
    _check_mapping("default_args", task_default_args)
    arguments: dict[str, Any] = {}
    params = ParamsDict()
    if dag is not None:
        arguments |= dag.default_args
        params = dag.params.copied()
        params.fill_missing_source("dag")
        if task_group is not None:
            arguments |= task_group.default_args
    for given in (task_params, (task_default_args or {}).get("params")):
        if given:
            own = ParamsDict(given)
            own.fill_missing_source("task")
            params.update(own)
    merged = _Merged({**arguments, **(task_default_args or {})})
    merged.origin, merged.params = (dag, task_group), params
    return merged, params


def _check_mapping(name: str, value: Any) -> None:
    if value and type(value) is not dict and not isinstance(value, Mapping):
        raise DagDefinitionError(f"{name} is a {type(value).__name__}. Pass a dict.")
