"""Labels of edges: Labels on edges: `a >> Label("yes") >> b`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ..errors import DagDefinitionError
from ._dependencies import DependencyMixin, listed
from ._node import DAGNode
from ._xcom_arg import PlainXComArg, XComArg

if TYPE_CHECKING:
    from ._dag import DAG


class EdgeInfoType(TypedDict):
    """The data that a DAG stores about an edge."""

    label: str | None


class EdgeModifier(DependencyMixin):
    """A label between tasks. The edges are created once the tasks on both sides of the label are known."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label
        self._upstream: list[Any] = []
        self._downstream: list[Any] = []

    @property
    def roots(self) -> Sequence[DAGNode]:
        return self._downstream

    @property
    def leaves(self) -> Sequence[DAGNode]:
        return self._upstream

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:  # noqa: ARG002
        self._note(other, self._upstream)
        for node in self._downstream:
            node.set_upstream(other, edge_modifier=self)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:  # noqa: ARG002
        self._note(other, self._downstream)
        for node in self._upstream:
            node.set_downstream(other, edge_modifier=self)

    def update_relative(
        self,
        other: DependencyMixin,
        upstream: bool = True,
        edge_modifier: EdgeModifier | None = None,  # noqa: ARG002
    ) -> None:
        if upstream:
            self.set_upstream(other)
        else:
            self.set_downstream(other)

    def add_edge_info(self, dag: DAG, upstream_id: str, downstream_id: str) -> None:
        dag.set_edge_info(upstream_id, downstream_id, {"label": self.label})

    def _note(self, nodes: Any, side: list[Any]) -> None:
        for node in listed(nodes):
            if not isinstance(node, (DAGNode, XComArg)):
                raise DagDefinitionError(
                    f"The label {self.label!r} is connected to {node!r}. Put it between tasks or task groups."
                )
            side.append(node)
        if self._upstream and self._downstream:
            self._widen()

    def _widen(self) -> None:
        # As in Airflow, a label between two groups connects the groups, although the label was written between their
        # tasks.
        if len({_group_of(node) for node in (*self._upstream, *self._downstream)}) != 1:
            self._upstream = [_enclosing(node) for node in self._upstream]
            self._downstream = [_enclosing(node) for node in self._downstream]


def _group_of(node: Any) -> str | None:
    if isinstance(node, PlainXComArg):
        node = node.operator
    group = getattr(node, "task_group", None)
    return group.group_id if group is not None else None


def _enclosing(node: Any) -> Any:
    if isinstance(node, DAGNode) and node.task_group is not None and not node.task_group.is_root:
        return node.task_group
    return node


def Label(label: str) -> EdgeModifier:  # noqa: N802
    """Return a label for the edges between the tasks on both of its sides."""
    return EdgeModifier(label=label)
