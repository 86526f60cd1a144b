"""Branches, short circuits, skips, setups, teardowns and mapping: runs that real Airflow recorded, decided again.

What tasks do is told; what follows from it is decided and compared. `data/airflow_flow_semantics.json` has the records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dag_graphs import graph_of_edges, run

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode, InstanceKey
from airflow_compat.dags._progress import Ending, Progress

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_flow_semantics.json").read_text())
SETUP, BRANCH, CIRCUIT = {"is_setup": True}, {"can_skip": True, "is_branch": True}, {"can_skip": True}
TEARDOWN = {"is_teardown": True, "trigger_rule": "all_done_setup_success"}
WORK_BETWEEN = "st > w td; w > td after"


def rule(name: str) -> dict[str, Any]:
    return {"trigger_rule": name}


def over(*upstream: str, length: int | None = None) -> dict[str, Any]:
    return {"expansion": Expansion(upstream, length)}


@dataclass(frozen=True)
class Scenario:
    """A DAG and what its tasks do.

    Attributes:
        edges: `a > b c` for each task with tasks below it; tasks without edges by their name.
        tasks: The fields of nodes that are not the default.
        ends: The states of instances that do not succeed, by `task` or `task[index]`.
        skips: What branches and short circuits skip.
        lengths: The lengths of what is expanded over XComs; None where there is none.
    """

    edges: str
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    skips: Mapping[str, str] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[GroupNode, ...] = ()
    fail_fast: bool = False

    def graph(self) -> Graph:
        edges, alone = [], []
        for part in self.edges.split(";"):
            above, _, below = (text.strip() for text in part.partition(">"))
            alone.append(above)
            edges += [(above, task_id) for task_id in below.split()]
        tasks = {**{task_id: {} for task_id in " ".join(alone).split()}, **self.tasks}
        return graph_of_edges(
            [edge for edge in edges if edge[0]], tasks=tasks, groups=self.groups, fail_fast=self.fail_fast
        )


def branch(edges: str, skips: str, **tasks: Mapping[str, Any]) -> Scenario:
    return Scenario(edges, {"b": BRANCH, **tasks}, skips={"b": skips})


def circuit(edges: str, skips: str, **tasks: Mapping[str, Any]) -> Scenario:
    return Scenario(edges, {"s": CIRCUIT, **tasks}, skips={"s": skips})


def resource(edges: str, teardown: Mapping[str, Any] = TEARDOWN, **ends: str) -> Scenario:
    return Scenario(edges, {"st": SETUP, "td": teardown}, ends)


JOIN_ALL_DONE = {"j2": rule("none_failed_min_one_success"), "jd": rule("all_done")}
MAPPING = Scenario(
    "lst > add cross mapped_map concat zipped zipped_fill maybe mf tg.inner; add > tot; cross > show_cross;"
    "mapped_map > show_lazy; dct > dict_expand; kwl > ek; kwl__1 > concat; kwl__2 > zipped zipped_fill;"
    "dct__1 > zipped;"
    "empty > empty_map; empty_map > after_empty after_empty_alldone; none_ret > map_over_none; strret > map_over_str;"
    "maybe > map_skip after_skip_one after_skip_one_nf; mf > after_fail_one after_fail_one_ad; tg.inner > tg.inner2;"
    "tg.inner2 > after_tg; bash_mapped named py_mapped",
    {
        "add": over("lst"),
        "cross": over("lst"),
        "mapped_map": over("lst"),
        "dict_expand": over("dct"),
        "ek": over("kwl"),
        "concat": over("lst", "kwl__1"),
        "zipped": over("lst", "dct__1"),
        "zipped_fill": over("lst", "kwl__2"),
        "empty_map": over("empty"),
        "after_empty_alldone": rule("all_done"),
        "map_over_none": over("none_ret"),
        "map_over_str": over("strret"),
        "maybe": over("lst"),
        "map_skip": over("maybe") | rule("all_done"),
        "after_skip_one_nf": rule("none_failed"),
        "mf": over("lst"),
        "after_fail_one_ad": rule("all_done"),
        "tg.inner": {"group_id": "tg"},
        "tg.inner2": {"group_id": "tg"},
        "bash_mapped": over(length=2),
        "named": over(length=2),
        "py_mapped": over(length=2),
    },
    {"none_ret": "failed", "strret": "failed", "maybe[1]": "skipped", "mf[1]": "failed", "map_skip[1]": "skipped"},
    lengths={
        "add": 3,
        "cross": 6,
        "mapped_map": 3,
        "dict_expand": 2,
        "ek": 2,
        "concat": 5,
        "zipped": 2,
        "zipped_fill": 3,
        "empty_map": 0,
        "maybe": 3,
        "map_skip": 3,
        "mf": 3,
        "tg": 3,
    },
    groups=(GroupNode("tg", children=("tg.inner", "tg.inner2"), expansion=Expansion(("lst",))),),
)
SCENARIOS = {
    "branch_join": branch("b > a c j2; c > c2 j2 jd; a > j j2 jd; c2 > j", "c", **JOIN_ALL_DONE),
    "branch_direct_join": branch("b > a j; a > j", ""),
    "branch_none": branch("b > a c", "a c"),
    "branch_empty_list": branch("b > a", "a"),
    "branch_list": branch("b > a c d", "d"),
    "branch_bad_id": Scenario("b > a", {"b": BRANCH}, {"b": "failed"}),
    "branch_not_direct": branch("b > a c; a > a2", "a c"),
    "branch_group": branch("b > g.x c; g.x > g.y", "c"),
    "sc_default": circuit("s > a; a > e; other", "a e", e=rule("all_done")),
    "sc_respect": circuit("s > a; a > e f", "a", e=rule("all_done")),
    "sc_truthy_xcom": circuit("s > a", ""),
    "sc_teardown": circuit("st > s td; s > a; a > td", "a", st=SETUP, td=TEARDOWN),
    "skip_cascade": Scenario(
        "s > a nf; a > b_alldone", {"b_alldone": rule("all_done"), "nf": rule("none_failed")}, {"s": "skipped"}
    ),
    "bash_skip": Scenario(
        "s99 > a; s1 > b; s7 > c; env env_append out", ends={"s99": "skipped", "s1": "failed", "s7": "skipped"}
    ),
    "st_work_fail": resource(WORK_BETWEEN, w="failed"),
    "st_td_fail": resource(WORK_BETWEEN, td="failed"),
    "st_td_fail_ofd": resource(WORK_BETWEEN, {**TEARDOWN, "on_failure_fail_dagrun": True}, td="failed"),
    "st_setup_fail": resource(WORK_BETWEEN, st="failed"),
    "st_setup_skip": resource(WORK_BETWEEN, st="skipped"),
    "teardown_downstream": resource("st > w td; w > td; td > n", td="failed"),
    "leaf_states_fail_dag": Scenario("f > cleanup", {"cleanup": rule("all_done")}, {"f": "failed"}),
    "watcher": Scenario(
        "f > cleanup watcher; cleanup > watcher",
        {"cleanup": rule("all_done"), "watcher": rule("one_failed")},
        {"f": "failed", "watcher": "failed"},
    ),
    "all_skipped_run": Scenario("s", ends={"s": "skipped"}),
    # `dag.test()` runs what was ready together, also after a failure.
    "fail_fast": Scenario("z_other > z_down; a_fail", ends={"a_fail": "failed"}, fail_fast=True),
    "mapping": MAPPING,
    "taskflow": Scenario(
        "sens > after_sensor; mo > show_k; retry > show; bsh ctxkw ctxvar custom nopush2 retry__1 runif sens_sf sens_to"
        " skipif slow strarg tmpl typed",
        ends={"runif": "skipped", "sens_sf": "skipped", "sens_to": "failed", "skipif": "skipped", "slow": "failed"},
    ),
    "latest_only": branch("lo > a; a > b", "", lo=BRANCH),
}
# When it was recorded, the later of both was not the latest run.
SCENARIOS_OF_2 = SCENARIOS | {"latest_only": Scenario("lo > a; a > b", {"lo": BRANCH}, skips={"lo": "a"})}


def name(key: InstanceKey) -> str:
    return key.task_id if key.map_index < 0 else f"{key.task_id}[{key.map_index}]"


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
@pytest.mark.parametrize("release", ["2.11.0", "3.3.2"])
def test_a_run_ends_as_in_airflow(release: str, scenario: str) -> None:
    recorded = RECORDED[release][scenario]
    told = (SCENARIOS_OF_2 if release[0] == "2" else SCENARIOS)[scenario]
    progress = Progress(told.graph(), airflow_version=release[0])
    ran = set()

    def end(key: InstanceKey) -> Ending:
        ran.add(name(key))
        skips = frozenset(told.skips.get(name(key), "").split())
        return Ending(key, told.ends.get(name(key), "success"), skips)

    ended = run(progress, end, told.lengths.get)

    states = {name(key): state for key, state in progress.states.items()}
    # 2.11's `dag.test()` cannot run the task with a timeout.
    states = {task: state for task, state in states.items() if task != "slow" or release[0] == "3"}
    assert states == {task: values[0] for task, values in recorded["tasks"].items()}
    assert ran - {"slow"} == {task for task, values in recorded["tasks"].items() if values[1]} - {"slow"}
    assert ended.state == recorded["run"]


@pytest.mark.parametrize("release", ["2.11.0", "3.3.2"])
def test_each_recorded_dag_is_decided_on(release: str) -> None:
    assert set(RECORDED[release]) == set(SCENARIOS)
