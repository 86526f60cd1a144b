"""`airflow-compat dags show`: the graph as a tree and as a Mermaid flowchart."""

from __future__ import annotations

from textwrap import dedent

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode, TaskNode
from airflow_compat.dags._graph_text import tree_text
from airflow_compat.dags._mermaid import mermaid_text

GRAPH = Graph(
    "etl",
    {
        "start": TaskNode("start", downstream=frozenset({"load.one", "choose"}), is_setup=True),
        "load.one": TaskNode("load.one", downstream=frozenset({"load.rows.add"}), group_id="load"),
        "load.rows.add": TaskNode("load.rows.add", group_id="load.rows", expansion=Expansion(("load.one",))),
        "choose": TaskNode("choose", downstream=frozenset({"end"}), is_branch=True),
        "end": TaskNode("end", trigger_rule="none_failed", expansion=Expansion(length=3)),
    },
    groups={
        "load": GroupNode("load", children=("load.one", "load.rows")),
        "load.rows": GroupNode("load.rows", "load", ("load.rows.add",), Expansion(length=2)),
        "nothing": GroupNode("nothing"),
    },
    edge_labels={("choose", "end"): 'if "new" | <old>'},
)


def test_tree_shows_groups_roles_mapping_rules_and_edges() -> None:
    assert tree_text(GRAPH, {"start": "BashOperator"}) == dedent("""\
        etl (5 tasks)
        ├── start BashOperator [setup] → choose, load.one
        ├── load (group)
        │   ├── load.one → load.rows.add
        │   └── load.rows (group) [mapped: 2]
        │       └── load.rows.add [mapped over load.one]
        ├── choose [branch] → end (if "new" | <old>)
        ├── end [mapped: 3] [none_failed]
        └── nothing (group)""")


def test_tree_shows_tasks_after_their_upstream_tasks() -> None:
    graph = Graph(
        "etl",
        {
            "report": TaskNode("report", upstream=frozenset({"rows.load"})),
            "rows.load": TaskNode("rows.load", upstream=frozenset({"extract"}), group_id="rows"),
            "extract": TaskNode("extract"),
        },
        groups={"rows": GroupNode("rows", children=("rows.load",))},
    )
    assert tree_text(graph, {}) == dedent("""\
        etl (3 tasks)
        ├── extract
        ├── rows (group)
        │   └── rows.load
        └── report""")


def test_mermaid_draws_groups_as_subgraphs_and_escapes_labels() -> None:
    assert mermaid_text(GRAPH) == dedent("""\
        flowchart LR
            n0["start<br/>setup"]
            subgraph n5 ["load"]
                n1["load.one"]
                subgraph n6 ["load.rows<br/>mapped: 2"]
                    n2[["load.rows.add<br/>mapped over load.one"]]
                end
            end
            n3{"choose<br/>branch"}
            n4[["end<br/>mapped: 3<br/>none_failed"]]
            subgraph n7 ["nothing"]
            end
            n0 --> n3
            n0 --> n1
            n1 --> n2
            n3 -->|"if #quot;new#quot; #124; #lt;old#gt;"| n4""")
