"""Trigger rules: the table that real Airflow recorded, by runs of a small DAG per row.

A row is the states of up to three upstream tasks. An upstream task that ends as upstream_failed has a task above it
that fails.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dag_graphs import graph_of_edges, key

from airflow_compat._airflow.graph import InstanceKey
from airflow_compat.dags._progress import Ending, Progress
from airflow_compat.dags._tally import Tally
from airflow_compat.dags._trigger_rules import decide
from airflow_compat.errors import AirflowCompatError

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_trigger_rules.json").read_text())
STATES = {"S": "success", "F": "failed", "K": "skipped", "U": "upstream_failed"}
ROWS = [
    pytest.param(release[0], rule, states, id=f"{release}-{rule}")
    for release in ("2.11.0", "3.3.2")
    for rule, states in RECORDED[release].items()
]


def final_state(version: str, rule: str, upstream: str, *, together: bool) -> str:
    edges = [(f"u{i}", "x") for i in range(len(upstream))]
    edges += [(f"above{i}", f"u{i}") for i, state in enumerate(upstream) if state == "U"]
    progress = Progress(graph_of_edges(edges, tasks={"x": {"trigger_rule": rule}}), airflow_version=version)
    progress.begin()
    # In the order of arrival: what ends by itself, and then what fails above.
    endings = [Ending(key(f"u{i}"), STATES[state]) for i, state in enumerate(upstream) if state != "U"]
    endings += [Ending(key(f"above{i}"), "failed") for i, state in enumerate(upstream) if state == "U"]
    if together:
        progress.ended_together(endings)
    else:
        for ending in endings:
            progress.ended(*ending)
    if progress.states[key("x")] == "scheduled":
        progress.ended(key("x"), "success")
    return progress.states[key("x")]


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
@pytest.mark.parametrize(("version", "rule", "states"), ROWS)
def test_a_task_ends_as_in_airflow(version: str, rule: str, states: dict[str, str], together: bool) -> None:
    decided = {upstream: final_state(version, rule, upstream, together=together) for upstream in states}

    assert decided == {upstream: STATES[state] for upstream, state in states.items()}


def test_the_table_has_918_rows() -> None:
    assert sum(len(states) for release in ("2.11.0", "3.3.2") for states in RECORDED[release].values()) == 918


def test_a_skip_that_arrives_before_a_failure_decides() -> None:
    def state_of_join(first: str, second: str) -> str:
        progress = Progress(graph_of_edges([("a", "join"), ("b", "join")]))
        progress.begin()
        progress.ended(key("a"), first)
        progress.ended(key("b"), second)
        return progress.states[InstanceKey("join")]

    assert state_of_join("skipped", "failed") == "skipped"
    assert state_of_join("failed", "skipped") == "upstream_failed"


def test_an_unknown_rule_is_refused_by_name() -> None:
    with pytest.raises(AirflowCompatError, match=r"Unknown trigger rule 'sometimes'\. Use one of all_done, "):
        decide("sometimes", Tally(), map_index=-1, airflow_version="3")
