"""Which task instances a "clear" selects: random DAGs under the real Airflow 3.3 and by our rules."""

from __future__ import annotations

import random
from typing import Any

import pytest
import real_airflow
from random_dag_runs import graph_of_spec
from random_dags import spec_of

from airflow_compat.dags._clear_rules import Selection, select
from airflow_compat.dags._expansion import Lengths

if not real_airflow.VERSION.startswith("3.3"):
    pytest.skip("clear's rules are those of 3.3", allow_module_level=True)

DAGS, SELECTIONS = 40, 10


class _Dag:
    """A DAG whose subsets leave it as it is. `partial_subset` of 3.3.2 replaces groups to which tasks refer weakly."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data, self._dag = data, _read(data)

    def get_task(self, task_id: str) -> Any:
        return self._dag.get_task(task_id)

    def partial_subset(self, **arguments: Any) -> Any:
        return _read(self._data).partial_subset(**arguments)


def _read(data: dict[str, Any]) -> Any:
    return real_airflow.load("airflow.serialization.serialized_objects").DagSerialization.from_dict(data)


def _selected_by_airflow(data: dict[str, Any], selection: Selection, is_mapped: bool) -> set[Any]:
    """What the route `clearTaskInstances` and `SerializedDAG.clear` select, without their queries."""
    dag = _Dag(data)
    relatives = real_airflow.load("airflow.models.taskinstance").find_relevant_relatives
    index = selection.map_index
    normal = set() if index is not None and is_mapped else set(selection.task_ids)
    mapped = {(task_id, index) for task_id in selection.task_ids} - {(task_id, index) for task_id in normal}
    for direction in ["upstream"] * selection.upstream + ["downstream"] * selection.downstream:
        found = relatives(normal, mapped, dag=dag, run_id="", direction=direction, session=None)
        normal |= {each for each in found if not isinstance(each, tuple)}
        mapped |= {each for each in found if isinstance(each, tuple)}
    markers = {*normal, *(each for each in mapped if each[0] not in normal)}
    plain = {each[0] if isinstance(each, tuple) else each for each in markers}
    added = set(dag.partial_subset(task_ids=plain, include_downstream=False, include_upstream=False).task_dict) - plain
    return markers | added


def _case(seed: int) -> None:
    chance = random.Random(seed)
    side = real_airflow.load("random_dags_airflow_side")
    serialization = real_airflow.load("airflow.serialization.serialized_objects").DagSerialization
    spec = spec_of(seed, "3")
    # Lengths that depend on XComs are in Airflow's database; nested mapping has rows that Airflow mixes up.
    for node in (*spec["tasks"], *spec["groups"]):
        if "over" in (node.get("expand") or {}):
            node["expand"] = {"length": 2}
    graph = graph_of_spec(spec)
    lengths = Lengths(graph, {})
    data = serialization.to_dict(side.dag_of(spec))
    for _ in range(SELECTIONS):
        task_id = chance.choice(list(graph.tasks))
        is_mapped = lengths.is_mapped(task_id)
        is_nested = any(
            len(lengths.groups_around(each)) + bool(graph.tasks[each].expansion) > 1 for each in graph.tasks
        )
        index = 0 if is_mapped and not is_nested and chance.random() < 0.7 else None
        selection = Selection((task_id,), index, chance.random() < 0.5, chance.random() < 0.5)
        found = select(selection, graph, lengths)
        ours = {*found.task_ids, *map(tuple, found.instances)}
        assert ours == _selected_by_airflow(data, selection, is_mapped), (seed, selection)


def test_a_clear_selects_what_airflow_selects() -> None:
    for seed in range(DAGS):
        _case(seed)
