"""Merges the arguments of a DAG's tasks with `default_args`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from .._airflow.argument_values import mapping
from ..errors import InvalidAlertError

if TYPE_CHECKING:
    from prefect import Task

T = TypeVar("T")

AnyTask: TypeAlias = "Task[..., Any] | Mapping[str, Any]"

ALL = "*"


@dataclass(frozen=True)
class TaskArguments:
    """The arguments of a DAG's tasks.

    Attributes:
        defaults: `default_args`.
        own: For each task that was passed, its arguments, by task id. A task's arguments override the defaults, even if
            they are None.
    """

    defaults: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, default_args: Any, tasks: Iterable[AnyTask]) -> TaskArguments:
        """Merge each task's arguments with `default_args`.

        Raises:
            InvalidArgumentError: `default_args` isn't a mapping.
            InvalidAlertError: A task has the wrong type, has no id, or is given twice.
        """
        defaults = mapping("dag", "default_args", default_args)
        found: dict[str, Mapping[str, Any]] = {}
        for task_id, own in map(_named, tasks):
            if task_id in found:
                raise InvalidAlertError(f"tasks: {task_id!r} is given twice. Pass each task once.")
            found[task_id] = {**defaults, **own}
        return cls(defaults, found)

    def say(self, read: Callable[[str, Mapping[str, Any]], T]) -> list[tuple[tuple[str, ...], T]]:
        """Group the tasks by the result of `read`. `*` means all tasks.

        Args:
            read: A function that reads arguments. The function receives a name for messages, and either a task's
                arguments or `default_args`.
        """
        by_default = read("default_args", self.defaults)
        found = [(task_id, read(f"task {task_id!r}", arguments)) for task_id, arguments in self.own.items()]
        if all(said == by_default for _, said in found):
            return [((ALL,), by_default)]
        groups: list[tuple[tuple[str, ...], T]] = []
        for task_id, said in found:
            place = next((place for place, (_, other) in enumerate(groups) if other == said), len(groups))
            ids = groups[place][0] if place < len(groups) else ()
            groups[place : place + 1] = [((*ids, task_id), said)]
        return groups


def _named(task: AnyTask) -> tuple[str, Mapping[str, Any]]:
    if isinstance(task, Mapping):
        own, task_id = task, task.get("task_id")
    else:
        from prefect import Task

        if not isinstance(task, Task):
            raise InvalidAlertError(
                f"tasks has a {type(task).__name__}. Pass tasks made with airflow_compat.task, or dicts of task "
                "arguments."
            )
        from .._prefect.airflow_objects import told_of_task

        own, task_id = told_of_task(task), task.name
    if not isinstance(task_id, str) or not task_id:
        raise InvalidAlertError(f"tasks has arguments without a task_id: {', '.join(map(str, own))}. Add the task_id.")
    return task_id, {
        **mapping(f"task {task_id!r}", "default_args", own.get("default_args")),
        **{name: value for name, value in own.items() if name != "default_args"},
    }
