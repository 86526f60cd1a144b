"""Shows a DAG's graph as a tree of its groups and tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._airflow.graph import Expansion, Graph, TaskNode


def tree_text(graph: Graph, operators: Mapping[str, str]) -> str:
    """Return the graph as text, with a line for each group and task. The line lists the tasks directly downstream.

    Args:
        graph: The graph.
        operators: The name of each task's operator, by task id.
    """
    count = len(graph.tasks)
    title = f"{graph.dag_id} ({count} {'task' if count == 1 else 'tasks'})"
    return "\n".join([title, *_lines(graph, operators, children_by_group(graph), None, "")])


def children_by_group(graph: Graph) -> Mapping[str | None, list[str]]:
    """Return the ids of the tasks and groups in each group. The key None contains those outside all groups.

    Tasks come after their upstream tasks, and a group is at the position of its first task.
    """
    found: dict[str | None, dict[str, None]] = {None: {}, **{group_id: {} for group_id in graph.groups}}
    for task_id in graph.topological_order():
        child = task_id
        for group in graph.groups_around(task_id):
            found[group.group_id][child] = None
            child = group.group_id
        found[None][child] = None
    for group in graph.groups.values():
        # The group has no tasks.
        found[group.parent][group.group_id] = None
    return {group_id: list(children) for group_id, children in found.items()}


def marks_of(task: TaskNode) -> list[str]:
    """Return the special features of a task: its role, its mapping, and a trigger rule other than `all_success`."""
    roles = (("setup", task.is_setup), ("teardown", task.is_teardown), ("branch", task.is_branch))
    marks = [role for role, has_it in roles if has_it]
    if task.expansion is not None:
        marks.append(mapping_text(task.expansion))
    if task.trigger_rule != "all_success":
        marks.append(task.trigger_rule)
    return marks


def mapping_text(expansion: Expansion) -> str:
    """Return a text that lists the arguments over which a task or group is mapped."""
    if expansion.length is not None:
        return f"mapped: {expansion.length}"
    return f"mapped over {', '.join(expansion.upstream)}"


def _lines(
    graph: Graph,
    operators: Mapping[str, str],
    children: Mapping[str | None, list[str]],
    parent: str | None,
    indent: str,
) -> Iterator[str]:
    ids = children[parent]
    for number, node_id in enumerate(ids):
        is_last = number == len(ids) - 1
        branch, below = ("└── ", "    ") if is_last else ("├── ", "│   ")
        group = graph.groups.get(node_id)
        if group is None:
            yield f"{indent}{branch}{_task_text(graph, graph.tasks[node_id], operators)}"
        else:
            mapping = f" [{mapping_text(group.expansion)}]" if group.expansion else ""
            yield f"{indent}{branch}{node_id} (group){mapping}"
            yield from _lines(graph, operators, children, node_id, indent + below)


def _task_text(graph: Graph, task: TaskNode, operators: Mapping[str, str]) -> str:
    parts = [task.task_id]
    if operator := operators.get(task.task_id):
        parts.append(operator)
    parts += [f"[{mark}]" for mark in marks_of(task)]
    if task.downstream:
        below = []
        for task_id in sorted(task.downstream):
            label = graph.edge_labels.get((task.task_id, task_id))
            below.append(f"{task_id} ({label})" if label else task_id)
        parts.append(f"→ {', '.join(below)}")
    return " ".join(parts)
