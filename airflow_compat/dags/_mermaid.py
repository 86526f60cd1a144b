"""Writes a DAG's graph as a Mermaid flowchart, which GitHub and many documentation tools draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._airflow.graph import Graph
from ._graph_text import children_by_group, mapping_text, marks_of

# In Mermaid, `#` begins the code of a special character.
_ESCAPES = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "|": "#124;", "\n": " "})


def mermaid_text(graph: Graph) -> str:
    """Return the flowchart.

    Task groups are drawn as subgraphs; a trigger rule other than `all_success` is written below the task id.
    """
    names = {node_id: f"n{number}" for number, node_id in enumerate([*graph.tasks, *graph.groups])}
    lines = ["flowchart LR", *_nodes(graph, names, children_by_group(graph), None, "    ")]
    for task_id, task in graph.tasks.items():
        for below in sorted(task.downstream):
            label = graph.edge_labels.get((task_id, below))
            arrow = f'-->|"{label.translate(_ESCAPES)}"|' if label else "-->"
            lines.append(f"    {names[task_id]} {arrow} {names[below]}")
    return "\n".join(lines)


def _nodes(
    graph: Graph,
    names: Mapping[str, str],
    children: Mapping[str | None, list[str]],
    parent: str | None,
    indent: str,
) -> Iterator[str]:
    for node_id in children[parent]:
        text, group = node_id.translate(_ESCAPES), graph.groups.get(node_id)
        if group is None:
            task = graph.tasks[node_id]
            text = "<br/>".join([text, *(mark.translate(_ESCAPES) for mark in marks_of(task))])
            start, end = ("[[", "]]") if task.expansion else ("{", "}") if task.is_branch else ("[", "]")
            yield f'{indent}{names[node_id]}{start}"{text}"{end}'
        else:
            mapping = f"<br/>{mapping_text(group.expansion)}" if group.expansion else ""
            yield f'{indent}subgraph {names[node_id]} ["{text}{mapping}"]'
            yield from _nodes(graph, names, children, node_id, f"{indent}    ")
            yield f"{indent}end"
