"""`with setup >> teardown:` blocks: the tasks inside run between the setup and the teardown.

The rules are those of `airflow.sdk.definitions._internal.setup_teardown`, including this limitation: after an inner
block has closed, new tasks do not belong to the outer block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._current import setup_blocks
from ._setup_blocks import Levels, Tasks

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator


class SetupTeardownContext:
    """The object that `with setup as block:` yields; `add_task` adds tasks that were created outside the block."""

    @staticmethod
    def add_task(task: Any) -> None:
        """Add a task that was created outside the block."""
        if not setup_blocks().is_active:
            raise DagDefinitionError(f"{task!r} was added outside a setup or teardown block. Use a `with` statement.")
        note_task(getattr(task, "operator", task))


class ContextWrapper(list[Any]):
    """Opens one block for several setups or several teardowns: `with context_wrapper([a, b]):`."""

    def __init__(self, tasks: Iterable[Any]) -> None:
        super().__init__(tasks)

    def __enter__(self) -> type[SetupTeardownContext]:
        return open_block([getattr(task, "operator", task) for task in self])

    def __exit__(self, *exception: object) -> None:
        close_block()


context_wrapper = ContextWrapper
"""Groups setups and teardowns for a `with` block."""


def note_task(task: AbstractOperator) -> None:
    """Record a new task in the innermost open block."""
    blocks = setup_blocks()
    if not blocks.is_active or task.is_setup or task.is_teardown:
        return
    for opened_with in (blocks.setups.current, blocks.teardowns.current):
        if opened_with:
            blocks.tasks.setdefault(opened_with, []).append(task)


def open_block(operators: Iterable[AbstractOperator]) -> type[SetupTeardownContext]:
    """Open a `with` block for the given setups or the given teardowns."""
    tasks = tuple(operators)
    if not all(each.is_setup or each.is_teardown for each in tasks):
        raise DagDefinitionError(f"{tasks} are not setups or teardowns. Call as_setup() or as_teardown() first.")
    if any(each.is_setup is not tasks[0].is_setup for each in tasks):
        raise DagDefinitionError("A block has setups and teardowns in one list. Pass only setups, or only teardowns.")
    blocks = setup_blocks()
    if tasks[0].is_teardown:
        blocks.teardowns.push(tasks)
        blocks.setups_above.push(_nearest(tasks[0], upstream=True))
    else:
        blocks.setups.push(tasks)
        blocks.teardowns_below.push(_nearest(tasks[0], upstream=False))
    blocks.is_active = True
    return SetupTeardownContext


def close_block() -> None:
    """Close the innermost block: connect its setups, tasks and teardowns with each other and with the outer block's."""
    blocks = setup_blocks()
    setups, teardowns = blocks.setups.current, blocks.teardowns.current
    if inside := _work(blocks.tasks.get(setups)):
        _connect(setups, _without(inside, upstream=True) or inside[:1])
        _connect(teardowns or _without(inside, upstream=False) or inside[-1:], blocks.teardowns_below.current)
    if inside := _work(blocks.tasks.get(teardowns)):
        _connect(_without(inside, upstream=False) or inside[-1:], teardowns)
        _connect(blocks.setups_above.current, setups or _without(inside, upstream=True) or inside[:1])
    _close_level(blocks.setups, outer_first=True)
    _close_level(blocks.teardowns, outer_first=False)
    _close_level(blocks.teardowns_below, outer_first=False)
    _close_level(blocks.setups_above, outer_first=True)
    blocks.tasks.pop(setups, None)
    blocks.tasks.pop(teardowns, None)
    blocks.is_active = False


def _close_level(levels: Levels, *, outer_first: bool) -> None:
    inner = levels.pop()
    outer = levels.current
    _connect(*((outer, inner) if outer_first else (inner, outer)))


def _work(tasks: list[AbstractOperator] | None) -> Tasks:
    return tuple(task for task in tasks or () if not task.is_setup and not task.is_teardown)


def _without(tasks: Tasks, *, upstream: bool) -> Tasks:
    return tuple(task for task in tasks if not task.get_direct_relative_ids(upstream))


def _connect(above: Tasks, below: Tasks) -> None:
    for upper in above:
        for lower in below:
            upper.set_downstream(lower)


def _nearest(operator: AbstractOperator, *, upstream: bool) -> Tasks:
    """Return the nearest setups upstream of a teardown, or the nearest teardowns downstream of a setup."""
    seen = {operator.task_id}
    level = operator.get_direct_relatives(upstream)
    while level:
        found = tuple(task for task in level if (task.is_setup if upstream else task.is_teardown))
        if found:
            return found
        seen |= {task.task_id for task in level}
        around = [relative for task in level for relative in (*task.downstream_list, *task.upstream_list)]
        level = [task for task in around if task.task_id not in seen]
    return ()
