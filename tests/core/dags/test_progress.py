"""Runs of small DAGs: what happens next, event by event."""

from __future__ import annotations

import pytest
from dag_graphs import graph_of_edges, key, run

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode
from airflow_compat.dags._decisions import NeedsLength, Ready, RunEnded, Settled
from airflow_compat.dags._progress import Ending, Progress

SETUP = {"is_setup": True}
BRANCH, CIRCUIT = {"can_skip": True, "is_branch": True}, {"can_skip": True}
TEARDOWN = {"is_teardown": True, "trigger_rule": "all_done_setup_success"}
EXPANDED = {"expansion": Expansion(("get",))}
SUCCEEDED = RunEnded("success", "success")


def in_group(rows: Expansion, edges: list[tuple[str, str]], rule: str = "all_success", **rules: str) -> Graph:
    """Tasks named x, y, ... in a mapped group; others outside."""
    tasks = {task_id: {"trigger_rule": rules.get(task_id, rule)} for edge in edges for task_id in edge}
    for task_id in tasks.keys() & {"x", "y", "z"}:
        tasks[task_id]["group_id"] = "g"
    return graph_of_edges(edges, tasks=tasks, groups=[GroupNode("g", expansion=rows)])


def succeed(progress: Progress, *task_ids: str) -> list[object]:
    return [decision for task_id in task_ids for decision in progress.ended(key(task_id), "success")]


def test_tasks_run_in_the_order_of_their_edges() -> None:
    progress = Progress(graph_of_edges([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]))

    assert progress.begin() == [Ready(key("a"))]
    assert progress.ended(key("a"), "success") == [Ready(key("b")), Ready(key("c"))]
    assert progress.ended(key("c"), "success") == []
    assert progress.ended(key("b"), "success") == [Ready(key("d"))]
    assert progress.ended(key("d"), "success") == [SUCCEEDED]


def test_a_failure_settles_what_depends_on_it_at_once() -> None:
    progress = Progress(graph_of_edges([("a", "b"), ("b", "c")]))
    progress.begin()

    assert progress.ended(key("a"), "failed") == [
        Settled(key("b"), "upstream_failed", "trigger_rule"),
        Settled(key("c"), "upstream_failed", "trigger_rule"),
        RunEnded("failed", "task_failure"),
    ]


def test_a_stopped_run_skips_what_has_not_begun_and_runs_teardowns() -> None:
    edges = [("open", "run"), ("run", "next"), ("next", "close"), ("open", "close"), ("wait", "last")]
    progress = Progress(graph_of_edges(edges, tasks={"open": SETUP, "close": TEARDOWN}))
    progress.begin()
    succeed(progress, "open")
    progress.moved(key("run"), "running")

    assert progress.stop("failed") == [
        Settled(key("run"), "failed", "stopped"),
        Settled(key("next"), "skipped", "stopped"),
        Settled(key("wait"), "skipped", "stopped"),
        Settled(key("last"), "skipped", "stopped"),
        Ready(key("close")),
    ]


def test_an_instance_ends_once() -> None:
    progress = Progress(graph_of_edges([("a", "b")]))
    progress.begin()
    progress.ended(key("a"), "success")

    assert progress.ended(key("a"), "failed") == []
    assert progress.states == {key("a"): "success", key("b"): "scheduled"}


def test_a_dag_without_tasks_succeeds() -> None:
    assert Progress(graph_of_edges([])).begin() == [SUCCEEDED]


def test_a_run_in_which_nothing_can_start_fails() -> None:
    # A removed upstream instance: 2.x waits for its success.
    progress = Progress(
        graph_of_edges([("a", "b")], tasks={"a": {"expansion": Expansion(length=1)}}),
        airflow_version="2",
        states={key("a", 0): "success", key("a", 1): "success"},
        lengths={"a": 1},
    )

    assert progress.begin()[-1] == RunEnded("failed", "all_tasks_deadlocked")


class TestMappedTasks:
    GRAPH = graph_of_edges([("get", "t"), ("t", "after")], tasks={"t": EXPANDED})

    def test_it_is_expanded_when_its_upstream_tasks_have_ended(self) -> None:
        progress = Progress(self.GRAPH)
        progress.begin()

        assert progress.ended(key("get"), "success") == [NeedsLength("t")]
        assert progress.expanded("t", 2) == [Ready(key("t", 0)), Ready(key("t", 1))]
        assert progress.instances("t") == [key("t", 0), key("t", 1)]
        assert progress.ended(key("t", 1), "success") == []
        assert progress.ended(key("t", 0), "success") == [Ready(key("after"))]

    def test_without_values_it_is_skipped(self) -> None:
        progress = Progress(self.GRAPH)
        progress.begin()
        progress.ended(key("get"), "success")

        assert progress.expanded("t", 0) == [
            Settled(key("t"), "skipped", "length"),
            Settled(key("after"), "skipped", "trigger_rule"),
            SUCCEEDED,
        ]

    def test_without_a_result_to_expand_it_is_upstream_failed(self) -> None:
        progress = Progress(self.GRAPH)
        progress.begin()
        progress.ended(key("get"), "success")

        assert progress.expanded("t", None)[0] == Settled(key("t"), "upstream_failed", "no_length")

    @pytest.mark.parametrize(("state", "expected"), [("failed", "upstream_failed"), ("skipped", "skipped")])
    def test_what_gives_its_values_has_to_succeed_whatever_its_rule(self, state: str, expected: str) -> None:
        tasks = {"t": {**EXPANDED, "trigger_rule": "all_done"}}
        progress = Progress(graph_of_edges([("get", "t")], tasks=tasks))
        progress.begin()

        assert progress.ended(key("get"), state)[0] == Settled(key("t"), expected, "mapped_dependency")

    def test_literals_are_expanded_at_the_start(self) -> None:
        graph = graph_of_edges([("a", "t")], tasks={"t": {"expansion": Expansion(length=2)}})

        assert Progress(graph).instances("t") == [key("t", 0), key("t", 1)]


class TestMappedGroups:
    def test_each_row_goes_on_by_itself(self) -> None:
        progress = Progress(in_group(Expansion(length=2), [("x", "y"), ("y", "after")]))

        assert progress.begin() == [Ready(key("x", 0)), Ready(key("x", 1))]
        assert progress.ended(key("x", 1), "success") == [Ready(key("y", 1))]
        assert progress.ended(key("x", 0), "failed") == [
            Settled(key("y", 0), "upstream_failed", "trigger_rule"),
            Settled(key("after"), "upstream_failed", "trigger_rule"),
        ]
        assert progress.ended(key("y", 1), "success") == [RunEnded("failed", "task_failure")]

    def test_all_its_tasks_are_expanded_when_its_length_is_known(self) -> None:
        progress = Progress(in_group(Expansion(("get",)), [("get", "x"), ("x", "y")]))
        progress.begin()

        assert progress.ended(key("get"), "success") == [NeedsLength("g")]
        assert progress.expanded("g", 2) == [Ready(key("x", 0)), Ready(key("x", 1))]
        assert progress.instances("y") == [key("y", 0), key("y", 1)]

    def test_all_its_tasks_depend_on_what_gives_its_values(self) -> None:
        progress = Progress(in_group(Expansion(("get",)), [("get", "x"), ("x", "y")], rule="all_done"))
        progress.begin()

        settled = progress.ended(key("get"), "failed")[:2]

        assert settled == [Settled(key(task_id), "upstream_failed", "mapped_dependency") for task_id in ("x", "y")]

    @pytest.mark.parametrize(("version", "ready"), [("2", [0, 1]), ("3", [0])])
    def test_2_lets_one_failure_start_the_other_rows_too(self, version: str, ready: list[int]) -> None:
        progress = Progress(in_group(Expansion(length=2), [("x", "y")], y="one_failed"), airflow_version=version)
        progress.begin()

        assert progress.ended(key("x", 0), "failed") == [Ready(key("y", index)) for index in ready]

    def test_2_skips_what_needs_one_success_when_its_group_is_expanded(self) -> None:
        # Recorded from `dag.test()` of 2.11; fixed in 3.x (apache/airflow#39801).
        graph = in_group(Expansion(("get",)), [("get", "x"), ("x", "y")], y="none_failed_min_one_success")
        progress = Progress(graph, airflow_version="2")
        progress.begin()
        progress.ended(key("get"), "success")

        assert progress.expanded("g", 2) == [
            Ready(key("x", 0)),
            Ready(key("x", 1)),
            Settled(key("y", 0), "skipped", "skipped_by_upstream"),
            Settled(key("y", 1), "skipped", "skipped_by_upstream"),
        ]

    def test_a_task_outside_depends_on_all_rows(self) -> None:
        progress = Progress(in_group(Expansion(length=2), [("x", "after")]))
        progress.begin()

        assert progress.ended(key("x", 0), "success") == []
        assert progress.ended(key("x", 1), "success") == [Ready(key("after"))]

    @pytest.mark.parametrize("version", ["2", "3"])
    def test_nothing_can_be_expanded_over_a_task_in_it(self, version: str) -> None:
        # As `dag.test()` of both releases ends it.
        tasks = {"x": {"group_id": "g"}, "t": {"expansion": Expansion(("x",))}}
        groups = [GroupNode("g", expansion=Expansion(length=1))]
        progress = Progress(graph_of_edges([("x", "t")], tasks=tasks, groups=groups), airflow_version=version)
        progress.begin()

        assert progress.ended(key("x", 0), "success")[0] == Settled(key("t"), "upstream_failed", "no_length")

    def test_references_resolve_over_the_own_row_inside_and_over_all_rows_outside(self) -> None:
        progress = Progress(in_group(Expansion(length=2), [("get", "x"), ("x", "y"), ("y", "after")]))

        assert progress.map_indexes_for(key("y", 1), "x") == 1
        assert progress.map_indexes_for(key("y", 1), "get") == -1
        assert progress.map_indexes_for(key("after"), "x") == (0, 1)

    def test_nested_groups_have_an_instance_per_pair_of_rows(self) -> None:
        # As `dag.test()` of both releases ends it: below the inner group, row 1 reads instance 1 alone.
        tasks = {"x": {"group_id": "inner"}, "y": {"group_id": "outer"}}
        groups = [
            GroupNode("outer", expansion=Expansion(length=2)),
            GroupNode("inner", parent="outer", expansion=Expansion(length=3)),
        ]
        progress = Progress(graph_of_edges([("x", "y"), ("y", "after")], tasks=tasks, groups=groups))

        run(progress, lambda key: Ending(key, "failed" if key == ("x", 1) else "success"))

        assert len(progress.instances("x")) == 6
        assert progress.map_indexes_for(key("y", 1), "x") == (1,)
        assert [progress.states[key("y", row)] for row in (0, 1)] == ["success", "upstream_failed"]


class TestSkips:
    def test_a_branch_skips_at_once(self) -> None:
        progress = Progress(graph_of_edges([("b", "x"), ("b", "y"), ("a", "x")], tasks={"b": BRANCH}))
        progress.begin()

        assert progress.ended(key("b"), "success", frozenset({"x"})) == [
            Settled(key("x"), "skipped", "skipped_by_upstream"),
            Ready(key("y")),
        ]

    def test_a_short_circuit_skips_what_failed_upstream_too(self) -> None:
        edges = [("s", "a"), ("a", "b"), ("fails", "b")]
        progress = Progress(graph_of_edges(edges, tasks={"s": CIRCUIT}))
        progress.begin()
        progress.ended(key("fails"), "failed")
        assert progress.states[key("b")] == "upstream_failed"

        assert progress.ended(key("s"), "success", frozenset({"a", "b"})) == [
            Settled(key("a"), "skipped", "skipped_by_upstream"),
            Settled(key("b"), "skipped", "skipped_by_upstream"),
            SUCCEEDED,
        ]

    def test_running_tasks_are_not_skipped_and_waiting_ones_are(self) -> None:
        edges = [("s", "running"), ("s", "retries")]
        always = {"trigger_rule": "always"}
        progress = Progress(graph_of_edges(edges, tasks={"s": CIRCUIT, "running": always, "retries": always}))
        progress.begin()
        progress.moved(key("running"), "running")
        progress.moved(key("retries"), "up_for_retry")

        settled = progress.ended(key("s"), "success", frozenset({"running", "retries"}))

        assert settled == [Settled(key("retries"), "skipped", "skipped_by_upstream")]

    @pytest.mark.parametrize(("version", "state"), [("2", "scheduled"), ("3", "skipped")])
    def test_3_skips_expanded_tasks_below_a_branch(self, version: str, state: str) -> None:
        tasks = {"b": BRANCH, "t": {"expansion": Expansion(length=1)}}
        progress = Progress(graph_of_edges([("b", "t")], tasks=tasks), airflow_version=version)
        progress.begin()
        progress.ended(key("b"), "success", frozenset({"t"}))

        assert progress.states[key("t", 0)] == state

    @pytest.mark.parametrize(("version", "state"), [("2", "skipped"), ("3", "scheduled")])
    def test_2_skips_in_the_row_of_a_branch(self, version: str, state: str) -> None:
        graph = in_group(Expansion(length=2), [("x", "y")])
        progress = Progress(graph, airflow_version=version)
        progress.begin()
        progress.ended(key("x", 1), "success", frozenset({"y"}))
        progress.ended(key("x", 0), "success")

        assert progress.states[key("y", 0)] == "scheduled"
        assert progress.states[key("y", 1)] == state


class TestSetupsAndTeardowns:
    def test_a_task_needs_the_setup_of_its_resource_further_up(self) -> None:
        tasks = {"st": SETUP, "td": TEARDOWN, "b": {"trigger_rule": "all_done"}}
        progress = Progress(graph_of_edges([("st", "a"), ("a", "b"), ("b", "td"), ("st", "td")], tasks=tasks))
        progress.begin()
        progress.ended(key("st"), "failed")

        assert progress.states[key("b")] == "upstream_failed"

    @pytest.mark.parametrize(("version", "ready"), [("2", True), ("3", False)])
    def test_in_3_a_teardown_waits_for_all_between_it_and_its_setup(self, version: str, ready: bool) -> None:
        edges = [("st", "slow"), ("slow", "join"), ("st", "quick"), ("quick", "join"), ("join", "td"), ("st", "td")]
        tasks = {"st": SETUP, "td": TEARDOWN, "join": {"trigger_rule": "none_skipped"}}
        progress = Progress(graph_of_edges(edges, tasks=tasks), airflow_version=version)
        progress.begin()
        progress.ended(key("st"), "success")
        progress.ended(key("quick"), "skipped")

        assert progress.states[key("join")] == "skipped"
        assert (progress.states.get(key("td")) == "scheduled") is ready

    def test_a_dag_of_teardowns_alone_is_judged_by_its_last_ones(self) -> None:
        progress = Progress(graph_of_edges([("a", "b")], tasks={"a": TEARDOWN, "b": TEARDOWN}))

        assert run(progress, lambda key: Ending(key, "failed")) == RunEnded("failed", "task_failure")


class TestFailFast:
    def test_a_failure_stops_the_other_tasks_but_teardowns(self) -> None:
        edges = [("st", "running"), ("st", "retries"), ("st", "fails"), ("fails", "later"), ("st", "td")]
        edges += [("running", "td"), ("later", "td")]
        progress = Progress(graph_of_edges(edges, tasks={"st": SETUP, "td": TEARDOWN}, fail_fast=True))
        progress.begin()
        progress.ended(key("st"), "success")
        progress.moved(key("running"), "running")
        progress.moved(key("retries"), "up_for_retry")

        assert progress.ended(key("fails"), "failed") == [
            Settled(key("running"), "failed", "fail_fast"),
            Settled(key("retries"), "skipped", "fail_fast"),
            Settled(key("later"), "skipped", "fail_fast"),
            Ready(key("td")),
        ]

    def test_a_skip_stops_nothing(self) -> None:
        progress = Progress(graph_of_edges([("a", "b"), ("c", "d")], fail_fast=True))
        progress.begin()
        progress.ended(key("a"), "skipped")

        assert progress.states == {key("a"): "skipped", key("b"): "skipped", key("c"): "scheduled"}


class TestRestart:
    GRAPH = graph_of_edges([("get", "t"), ("t", "after")], tasks={"t": EXPANDED})

    def test_what_ended_is_not_run_again(self) -> None:
        states = {key("get"): "success", key("t", 0): "success", key("t", 1): "up_for_retry"}
        progress = Progress(self.GRAPH, states=states, lengths={"t": 3})

        assert progress.begin() == [Ready(key("t", 1)), Ready(key("t", 2))]

    def test_a_task_that_was_not_expanded_is_expanded_now(self) -> None:
        progress = Progress(self.GRAPH, states={key("get"): "success"})

        assert progress.begin() == [NeedsLength("t")]

    def test_a_run_that_was_over_ends(self) -> None:
        states = {key("get"): "success", key("t"): "skipped", key("after"): "skipped"}

        assert Progress(self.GRAPH, states=states, lengths={"t": 0}).begin() == [SUCCEEDED]

    def test_instances_beyond_a_shorter_length_are_removed(self) -> None:
        states = {key("get"): "success", key("t", 0): "success", key("t", 1): "success"}
        progress = Progress(self.GRAPH, states=states, lengths={"t": 1})

        assert progress.begin() == [Settled(key("t", 1), "removed", "length"), Ready(key("after"))]

    def test_a_task_that_left_the_dag_is_removed(self) -> None:
        progress = Progress(graph_of_edges([], tasks={"a": {}}), states={key("gone"): "failed", key("a"): "success"})

        assert progress.begin() == [SUCCEEDED]
        assert progress.states[key("gone")] == "removed"

    def test_what_was_skipped_stays_skipped(self) -> None:
        progress = Progress(
            graph_of_edges([("b", "x")], tasks={"b": {"can_skip": True, "is_branch": True}}),
            states={key("b"): "success"},
            skips={key("b"): frozenset({"x"})},
        )

        assert progress.begin() == [Settled(key("x"), "skipped", "skipped_by_upstream"), SUCCEEDED]
