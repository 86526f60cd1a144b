"""The state of open `with setup:` and `with teardown:` blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator

Tasks: TypeAlias = "tuple[AbstractOperator, ...]"


class Levels:
    """A stack in which a new level replaces the top level if the top level is empty or equal to the new one."""

    def __init__(self) -> None:
        self._levels: list[Tasks] = []

    @property
    def current(self) -> Tasks:
        return self._levels[-1] if self._levels else ()

    def push(self, tasks: Tasks) -> None:
        if self._levels and (not self.current or self.current == tasks):
            self._levels[-1] = tasks
        else:
            self._levels.append(tasks)

    def pop(self) -> Tasks:
        return self._levels.pop() if self._levels else ()


@dataclass
class SetupBlocks:
    """The open blocks, the innermost last.

    Attributes:
        setups: For each open setup block, the setups that opened it.
        teardowns: For each open teardown block, the teardowns that opened it.
        teardowns_below: For each open setup block, the nearest teardowns downstream of its setups.
        setups_above: For each open teardown block, the nearest setups upstream of its teardowns.
        tasks: For each block, the tasks created in it. The key is the tuple of setups or teardowns that opened the
            block.
        is_active: Whether new tasks belong to the innermost block.
    """

    setups: Levels = field(default_factory=Levels)
    teardowns: Levels = field(default_factory=Levels)
    teardowns_below: Levels = field(default_factory=Levels)
    setups_above: Levels = field(default_factory=Levels)
    tasks: dict[Tasks, list[AbstractOperator]] = field(default_factory=dict)
    is_active: bool = False
