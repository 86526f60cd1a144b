"""`depends_on_past` and `wait_for_downstream`: for which task of the run before a task waits."""

from __future__ import annotations

from typing import Any

import pytest
from dag_graphs import graph_of_edges, key

from airflow_compat._airflow.graph import Expansion
from airflow_compat.dags._past_rules import RunBefore, awaited_in_run_before

PAST, DOWNSTREAM = {"depends_on_past": True}, {"depends_on_past": True, "wait_for_downstream": True}
MAPPED = {"depends_on_past": True, "expansion": Expansion(("get",))}


def awaited(before: RunBefore, *, ignores_first: bool = True, **load: Any) -> str:
    graph = graph_of_edges([("load", "report"), ("get", "load")], tasks={"load": load})
    return awaited_in_run_before("load", graph, before, ignores_first=ignores_first)


def ran(is_over: bool = False, lengths: dict[str, int] | None = None, **states: str) -> RunBefore:
    return RunBefore({key(task_id): state for task_id, state in states.items()}, lengths or {}, is_over)


@pytest.mark.parametrize(
    ("state", "task"),
    [("success", ""), ("skipped", ""), ("failed", "load"), ("upstream_failed", "load"), ("removed", "load")],
)
@pytest.mark.parametrize("is_over", [False, True])
def test_the_task_must_have_succeeded_or_been_skipped(state: str, task: str, is_over: bool) -> None:
    assert awaited(ran(load=state, is_over=is_over), **PAST) == task
    assert awaited(ran(load=state, is_over=is_over)) == ""


def test_a_task_without_a_state_is_awaited_while_the_run_goes_on() -> None:
    assert awaited(ran(), **PAST) == "load"
    assert awaited(ran(is_over=True), **PAST) == ""
    assert awaited(ran(is_over=True), **PAST, ignores_first=False) == "load"


def test_tasks_directly_downstream_are_awaited_too() -> None:
    assert awaited(ran(load="success"), **PAST) == ""
    assert awaited(ran(load="success"), **DOWNSTREAM) == "report"
    assert awaited(ran(load="success", report="failed", is_over=True), **DOWNSTREAM) == "report"
    assert awaited(ran(load="success", report="skipped"), **DOWNSTREAM) == ""
    # The run before had no task "report".
    assert awaited(ran(load="success", is_over=True), **DOWNSTREAM, ignores_first=False) == ""


def test_all_instances_of_a_mapped_task_are_awaited() -> None:
    def mapped(*states: str, length: int | None = None, is_over: bool = False) -> RunBefore:
        lengths = {} if length is None else {"load": length}
        return RunBefore({key("load", index): state for index, state in enumerate(states)}, lengths, is_over)

    assert awaited(mapped(), **MAPPED) == "load"
    assert awaited(mapped("success", length=2), **MAPPED) == "load"
    assert awaited(mapped("success", "skipped", length=2), **MAPPED) == ""
    assert awaited(mapped("success", "failed", length=2, is_over=True), **MAPPED) == "load"
    # Nothing to map over.
    assert awaited(ran(load="skipped", lengths={"load": 0}), **MAPPED) == ""
