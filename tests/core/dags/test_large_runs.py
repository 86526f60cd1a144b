"""Large runs: the work per task instance does not grow with their number."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from dag_graphs import graph_of_edges, key

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode, InstanceKey
from airflow_compat.dags._decisions import NeedsLength, Ready, RunEnded
from airflow_compat.dags._progress import Ending, Progress
from airflow_compat.dags._queue import ReadyQueue


def fan_in(number: int) -> Graph:
    return graph_of_edges([("get", "t"), ("t", "after")], tasks={"t": {"expansion": Expansion(("get",))}})


def one_mapped_task_below_another(number: int) -> Graph:
    tasks = {task_id: {"expansion": Expansion(length=number)} for task_id in ("t", "u")}
    return graph_of_edges([("t", "u"), ("u", "after")], tasks=tasks)


def mapped_group(number: int) -> Graph:
    tasks: dict[str, Any] = {task_id: {"group_id": "g", "trigger_rule": "all_done"} for task_id in ("x", "y")}
    tasks["t"] = {"expansion": Expansion(length=number)}
    edges = [("t", "x"), ("x", "y"), ("y", "after")]
    return graph_of_edges(edges, tasks=tasks, groups=[GroupNode("g", expansion=Expansion(length=number))])


def run_one_by_one(progress: Progress, end: Callable[[InstanceKey], Ending], length: int) -> None:
    """Run to the end; each instance ends by itself."""
    waiting = deque(progress.begin())
    while waiting:
        decision = waiting.popleft()
        if isinstance(decision, Ready):
            waiting.extend(progress.ended_together([end(decision.key)]))
        elif isinstance(decision, NeedsLength):
            waiting.extend(progress.expanded(decision.node_id, length))
    assert isinstance(decision, RunEnded)


def calls(action: Callable[[], object]) -> int:
    """How many functions an action calls."""
    number = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return number


@pytest.mark.parametrize(
    ("graph", "number"), [(fan_in, 10_000), (one_mapped_task_below_another, 4_000), (mapped_group, 2_000)]
)
@pytest.mark.parametrize("outcome", ["success", "mixed"])
def test_ten_times_the_instances_take_ten_times_the_work(
    graph: Callable[[int], Graph], number: int, outcome: str
) -> None:
    def work(number: int) -> int:
        progress = Progress(graph(number))

        def end(key: InstanceKey) -> Ending:
            is_mixed = outcome == "mixed" and key.map_index >= 0
            return Ending(key, ("success", "failed", "skipped")[key.map_index % 3] if is_mixed else "success")

        return calls(lambda: run_one_by_one(progress, end, number))

    assert work(number) < 12 * work(number // 10)


def test_ten_times_the_instances_that_wait_for_a_limit_of_their_task_take_ten_times_the_work() -> None:
    def work(number: int) -> int:
        queue = ReadyQueue(graph_of_edges([], tasks={"t": {"max_active_tis_per_dagrun": 2}}), 16)

        def start_all() -> None:
            for map_index in range(number):
                queue.add(key("t", map_index))
            active = deque([queue.next(), queue.next()])
            for _ in range(number - 2):
                queue.release(active.popleft())  # type: ignore[arg-type]
                active.append(queue.next())
                assert queue.next() is None
            assert [each and each.map_index for each in active] == [number - 2, number - 1]

        return calls(start_all)

    # A heap adds a logarithm.
    assert work(3000) < 14 * work(300)


def test_a_dropped_instance_lets_the_next_of_its_task_in() -> None:
    queue = ReadyQueue(graph_of_edges([], tasks={"t": {"max_active_tis_per_dag": 1}, "u": {"priority": 5}}), 16)
    for map_index in range(4):
        queue.add(key("t", map_index))
    assert queue.next() == key("t", 0)
    assert queue.next() is None
    queue.drop(key("t", 1))
    queue.add(key("u"))
    queue.release(key("t", 0))
    assert queue.next() == key("u")
    assert queue.next() == key("t", 2)
    assert queue.next() is None
