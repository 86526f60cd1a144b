"""Connect many tasks at once: `chain`, `chain_linear` and `cross_downstream`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..errors import DagDefinitionError
from ._dependencies import DependencyMixin
from ._edges import EdgeModifier


def chain(*tasks: Any) -> None:
    """Connect each object to the next one. Neighbouring lists of equal length are connected in pairs.

    Raises:
        DagDefinitionError: Neighbouring lists have different lengths, or an object is not a task.
    """
    for up, down in pairwise(tasks):
        if isinstance(up, DependencyMixin):
            up.set_downstream(down)
        elif isinstance(down, DependencyMixin):
            down.set_upstream(up)
        elif not isinstance(up, Sequence) or not isinstance(down, Sequence):
            raise DagDefinitionError(
                f"chain() can't connect a {type(up).__name__} and a {type(down).__name__}. Pass tasks or lists of them."
            )
        elif len(up) != len(down):
            raise DagDefinitionError(
                f"chain() got neighbouring lists with {len(up)} and {len(down)} tasks. Use lists of equal length, or "
                "cross_downstream()."
            )
        else:
            for first, second in zip(up, down, strict=True):
                first.set_downstream(second)


def chain_linear(*elements: Any) -> None:
    """Connect each object, or each task of a list, to all tasks of the next object or list.

    Raises:
        DagDefinitionError: There is nothing to connect, or a label is among the objects.
    """
    if any(isinstance(element, EdgeModifier) for element in elements):
        raise DagDefinitionError("chain_linear() got a label. Use `>>` for edges with labels.")
    connected = False
    previous: Sequence[Any] = ()
    for element in elements:
        for task in previous:
            task.set_downstream(element)
            connected = True
        previous = [element] if isinstance(element, DependencyMixin) else element
    if not connected:
        raise DagDefinitionError("chain_linear() got nothing to connect. Pass several tasks; expand a list with `*`.")


def cross_downstream(from_tasks: Sequence[Any], to_tasks: Any) -> None:
    """Connect each task of the first list to each task of the second one."""
    for task in from_tasks:
        task.set_downstream(to_tasks)
