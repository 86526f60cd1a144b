"""Mapped task groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._task_group import TaskGroup

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator
    from ._expand_input import ExpandInput


class MappedTaskGroup(TaskGroup):
    """A task group that runs once for each value; created by `expand` of a function with `@task_group`."""

    is_mapped = True

    def __init__(self, group_id: str | None, *, expand_input: ExpandInput, **arguments: Any) -> None:
        self.expand_input = expand_input
        super().__init__(group_id, **arguments)

    def __iter__(self) -> Iterator[AbstractOperator]:
        if any(getattr(child, "trigger_rule", None) == "always" for child in self.children.values()):
            raise DagDefinitionError(
                f"The mapped task group {self.group_id!r} has a task with the trigger rule 'always'. Use another rule."
            )
        return super().__iter__()

    def __exit__(self, *exception: object) -> None:
        for operator, _ in self.expand_input.iter_references():
            self.set_upstream(operator)
        super().__exit__(*exception)

    def iter_mapped_dependencies(self) -> Iterator[AbstractOperator]:
        """Yield the operators whose XComs the group is mapped over."""
        return (operator for operator, _ in self.expand_input.iter_references())
