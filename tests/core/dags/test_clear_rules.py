"""The map index of a clear: it selects only instances of mapped tasks."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.graph import Expansion, Graph, InstanceKey, TaskNode
from airflow_compat.dags._clear_rules import Selection, check_map_index, select
from airflow_compat.dags._expansion import Lengths
from airflow_compat.errors import DagRunRequestError

ROWS, LOAD, TOTAL = InstanceKey("rows"), InstanceKey("load", 0), InstanceKey("total")
GRAPH = Graph(
    "etl",
    {
        "rows": TaskNode("rows", downstream=frozenset({"load"})),
        "load": TaskNode(
            "load", upstream=frozenset({"rows"}), downstream=frozenset({"total"}), expansion=Expansion(length=2)
        ),
        "total": TaskNode("total", upstream=frozenset({"load"})),
    },
)
INSTANCES = [ROWS, LOAD, InstanceKey("load", 1), TOTAL]


@pytest.mark.parametrize("task_ids", [(), ("load",), ("load", "total")])
def test_a_map_index_selects_no_unmapped_task(task_ids: tuple[str, ...]) -> None:
    selected = select(Selection(task_ids, 0), GRAPH, Lengths(GRAPH, {}))
    assert [key for key in INSTANCES if key in selected] == [LOAD]
    check_map_index(Selection(task_ids, 0), INSTANCES)


@pytest.mark.parametrize("task_ids", [("load",), ("rows", "load")])
def test_unmapped_tasks_below_an_instance_are_selected(task_ids: tuple[str, ...]) -> None:
    selected = select(Selection(task_ids, 0, downstream=True), GRAPH, Lengths(GRAPH, {}))
    assert [key for key in INSTANCES if key in selected] == [LOAD, TOTAL]


@pytest.mark.parametrize(
    ("task_ids", "index", "said"),
    [
        (("rows", "total"), 0, r"No selected task has mapped instances, so none has map index 0\. Leave out map_index"),
        (("load", "total"), 2, r"no task instance load\[2\]\. The last map index is 1\.$"),
        ((), 2, r"no task instance load\[2\]\. The last map index is 1\.$"),
    ],
)
def test_a_map_index_without_an_instance(task_ids: tuple[str, ...], index: int, said: str) -> None:
    with pytest.raises(DagRunRequestError, match=said):
        check_map_index(Selection(task_ids, index), INSTANCES)
    check_map_index(Selection(task_ids), INSTANCES)
