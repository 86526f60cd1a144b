"""Task groups."""

from __future__ import annotations

import copy
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ..exceptions import DuplicateTaskIdFound, NodeNotFound, TaskAlreadyInTaskGroup
from ._current import (
    close_task_group,
    current_dag,
    current_task_group,
    definition_release,
    is_group_open,
    open_task_group,
)
from ._documents import markdown
from ._group_edges import GroupEdges
from ._group_order import leaves_of, roots_of, topological_order
from ._keys import validate_group_key
from ._node import DAGNode

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._abstract_operator import AbstractOperator
    from ._dag import DAG


class TaskGroup(GroupEdges):
    """Tasks and groups with a common id prefix and common defaults. An edge can start or end at the whole group.

    Args:
        group_id: The id; None for the root group, which each DAG has.
        prefix_group_id: Whether the ids of the children start with the group's id.
        parent_group: The group around this group; by default, the group of the open `with` block.
        dag: The DAG; by default, the DAG of the open `with` block.
        default_args: Defaults for the tasks, which replace those of the DAG and of the parent.
        tooltip: A text for the UI.
        ui_color: A colour for the UI.
        ui_fgcolor: A colour for the UI.
        add_suffix_on_collision: Whether the group's id gets a suffix such as `__1` if the id already exists.
        group_display_name: A name for the UI.
        doc_md: A text for the UI, or the path of a Markdown file.
    """

    is_mapped: bool = False

    def __init__(  # noqa: PLR0917 - as in Airflow
        self,
        group_id: str | None,
        prefix_group_id: bool = True,
        parent_group: TaskGroup | None = None,
        dag: DAG | None = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
        doc_md: str | None = None,
    ) -> None:
        self.prefix_group_id = prefix_group_id
        self.add_suffix_on_collision = add_suffix_on_collision
        self.group_display_name = group_display_name
        self.default_args: dict[str, Any] = copy.deepcopy(default_args or {})
        self.tooltip = tooltip
        self.doc_md: str | None = markdown(doc_md)
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.children: dict[str, DAGNode] = {}
        self.upstream_group_ids: set[str | None] = set()
        self.downstream_group_ids: set[str | None] = set()
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self._group_id = group_id
        self.parent_group = None
        if group_id is None:
            self.dag: Any = dag
            self.used_group_ids: set[str] = set()
            return
        release = definition_release()
        if prefix_group_id or release == "3":
            validate_group_key(group_id)
        parent = parent_group or current_task_group(dag)
        if parent is None:
            raise DagDefinitionError(
                f"The task group {group_id!r} is outside a DAG. Create it in a `with DAG(...)` block, or pass `dag=`."
            )
        owner = dag or (parent.dag if parent_group is not None else current_dag() or parent.dag)
        if owner is not parent.dag:
            raise DagDefinitionError(
                f"The task group {group_id!r} of the DAG {owner.dag_id!r} is inside a group of {parent.dag.dag_id!r}. "
                "Use one DAG."
            )
        self.dag = parent.dag
        self.used_group_ids = parent.used_group_ids
        # The group's full id depends on its parent. `add` sets the parent again, after its checks.
        self.parent_group = parent
        # Airflow 2 compares the ids without prefixes, so a nested group can have the same id as a group outside its
        # parent.
        if (group_id if release == "2" else self.group_id) in self.used_group_ids:
            self._group_id = self._other_id(group_id, add_suffix_on_collision=add_suffix_on_collision)
        self.parent_group = None
        parent.add(self)
        self.default_args = {**parent.default_args, **self.default_args}
        self.used_group_ids |= {str(self.group_id), self.upstream_join_id, self.downstream_join_id}

    @classmethod
    def create_root(cls, dag: DAG) -> TaskGroup:
        """Return a DAG's root group, which contains all its tasks and has no id."""
        return cls(None, dag=dag)

    def _other_id(self, group_id: str, *, add_suffix_on_collision: bool) -> str:
        if not add_suffix_on_collision:
            raise DuplicateTaskIdFound(f"group_id '{group_id}' has already been added to the DAG")
        base = re.split(r"__\d+$", group_id)[0]
        suffixes = [
            int(used.rpartition("__")[2])
            for used in self.used_group_ids
            if re.match(rf"^{re.escape(base)}__\d+$", used)
        ]
        return f"{base}__{max(suffixes) + 1}" if suffixes else f"{group_id}__1"

    @property
    def task_group(self) -> TaskGroup | None:
        return self.parent_group

    @task_group.setter
    def task_group(self, value: TaskGroup | None) -> None:
        self.parent_group = value

    @property
    def group_id(self) -> str | None:
        """The id, with the prefix of the parent."""
        parent = self.parent_group
        if self._group_id and parent is not None and parent.prefix_group_id and parent._group_id:
            return parent.child_id(self._group_id)
        return self._group_id

    @property
    def node_id(self) -> str:
        return self.group_id  # type: ignore[return-value]

    @property
    def label(self) -> str | None:
        return self.group_display_name or self._group_id

    @property
    def is_root(self) -> bool:
        return not self._group_id

    def child_id(self, label: str) -> str:
        """Return a child's id, with this group's prefix if it has one."""
        group_id = self.group_id
        return f"{group_id}.{label}" if self.prefix_group_id and group_id else label

    def add(self, task: Any) -> Any:
        """Add a task or group as a child."""
        if is_group_open() and task.task_group is not None and task.task_group is not self:
            # The open group takes precedence over the group in which the task was defined.
            task.task_group.children.pop(task.node_id, None)
            task.task_group = self
        current = task.task_group
        if not isinstance(task, TaskGroup) and current is not None and current is not self:
            raise TaskAlreadyInTaskGroup(task.node_id, current.node_id, self.node_id)
        # A task's id may depend on its group.
        task.task_group = self
        key = task.node_id
        if key in self.children:
            kind = "Task Group" if isinstance(task, TaskGroup) else "Task"
            raise DuplicateTaskIdFound(f"{kind} id '{key}' has already been added to the DAG")
        if isinstance(task, TaskGroup) and task.children:
            raise DagDefinitionError(f"The task group {key!r} has children. Add a group before its tasks.")
        self.children[key] = task
        return task

    def _remove(self, task: DAGNode) -> None:
        self.used_group_ids.discard(task.node_id)
        del self.children[task.node_id]

    def __enter__(self) -> Self:
        open_task_group(self)
        return self

    def __exit__(self, *exception: object) -> None:
        close_task_group()

    def __iter__(self) -> Iterator[AbstractOperator]:
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child
            else:
                yield child  # type: ignore[misc]

    def iter_tasks(self) -> Iterator[AbstractOperator]:
        """Yield the tasks of this group and of the groups inside it, level by level."""
        groups = deque([self])
        while groups:
            for child in groups.popleft().children.values():
                if isinstance(child, TaskGroup):
                    groups.append(child)
                else:
                    yield child  # type: ignore[misc]

    def has_task(self, task: AbstractOperator) -> bool:
        return any(each is task for each in self.iter_tasks())

    def get_child_by_label(self, label: str) -> DAGNode:
        """Return a child by its id without the group's prefix."""
        return self.children[self.child_id(label)]

    def __getitem__(self, label: str) -> DAGNode:
        try:
            return self.get_child_by_label(label)
        except KeyError:
            raise NodeNotFound(f"Task {label!r} not found") from None

    def get_task_group_dict(self) -> dict[str | None, TaskGroup]:
        """Return a dict from group id to group, for this group and all groups inside it."""
        found = {self.group_id: self}
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                found |= child.get_task_group_dict()
        return found

    def iter_mapped_task_groups(self) -> Iterator[TaskGroup]:
        """Yield those of this group and the groups around it that are mapped, the innermost first."""
        group: TaskGroup | None = self
        while group is not None:
            if group.is_mapped:
                yield group
            group = group.parent_group

    @property
    def roots(self) -> Sequence[DAGNode]:
        return list(self.get_roots())

    @property
    def leaves(self) -> Sequence[DAGNode]:
        return list(self.get_leaves())

    def get_roots(self) -> Iterator[AbstractOperator]:
        """Yield the tasks that have no upstream task in the group."""
        return roots_of(self)

    def get_leaves(self) -> Iterator[AbstractOperator]:
        """Yield the tasks without a downstream task in the group; for a teardown, yield the tasks before it instead."""
        return leaves_of(self)

    def hierarchical_alphabetical_sort(self) -> list[DAGNode]:
        """Return the children sorted by id, groups first."""
        return sorted(self.children.values(), key=lambda node: (not isinstance(node, TaskGroup), node.node_id))

    def topological_sort(self) -> list[DAGNode]:
        """Return the children in topological order: each child comes after the children upstream of it."""
        return topological_order(self)

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"
