"""Random DAGs in which tasks and all below them are cleared while others run, or which are stopped and retried.

The runs end as without the clears and stops.
"""

from __future__ import annotations

import random

import pytest
from random_dag_runs import RandomRun
from random_dags import spec_of

from airflow_compat._airflow.graph import InstanceKey
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._clear_rules import Selection, select
from airflow_compat.dags._decisions import NeedsLength, Ready, RunEnded, Settled
from airflow_compat.dags._expansion import Lengths
from airflow_compat.dags._progress import Ending
from airflow_compat.dags._records import Record, Records
from airflow_compat.dags._resume import clear, clear_failed, progress_of

ORDERS = 4
NUMBERS = {"clears": 3, "stops": 2}
# Seeds whose ends depend on the order of events: trigger rules that are met before all tasks above have ended.
DIFFERENT: dict[tuple[AirflowVersion, str], set[int]] = {
    ("2", "clears"): {29},
    ("3", "clears"): {10, 57},
    ("3", "stops"): {10, 57, 76},
}


class _Memory:
    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def read(self, name: str) -> str | None:
        return self._texts.get(name)

    def write(self, name: str, text: str) -> None:
        self._texts[name] = text


class _ClearedRun(RandomRun):
    """A run whose tasks are cleared, with records as the loop of a run writes them."""

    def states_with_changes(self, chance: random.Random, *, clears: int = 0, stops: int = 0) -> dict[InstanceKey, str]:
        records, ready = Records(_Memory()), set[InstanceKey]()
        self._progress = progress_of(records, self._graph, self._release)
        decisions = self._progress.begin()
        while True:
            is_over = self._carry_out(decisions, ready, records)
            if clears and (is_over or chance.random() < 0.2):
                clears -= 1
                decisions = self._clear(chance.choice(sorted(self._graph.tasks)), ready, records)
                continue
            if stops and not is_over and chance.random() < 0.2:
                stops -= 1
                decisions = self._stop(ready, records, chance)
                continue
            if is_over:
                return dict(self._progress.states)
            decisions = self._end_one(chance.choice(sorted(ready)), ready, records)

    def _end_one(self, key: InstanceKey, ready: set[InstanceKey], records: Records) -> list:
        ending = self._end(key)
        if ending is None:
            return []
        ready.discard(key)
        self._record(records, ending, self._tries[key], ran=True)
        return self._progress.ended(*ending)

    def _stop(self, ready: set[InstanceKey], records: Records, chance: random.Random) -> list:
        """Stop the run, as SIGTERM does, and retry it."""
        for key in ready:
            if chance.random() < 0.5:
                self._progress.moved(key, "running")
        records.write_stopped(self._progress.unfinished())
        decisions = self._progress.stop("failed")
        while not self._carry_out(decisions, ready, records):
            decisions = self._end_one(chance.choice(sorted(ready)), ready, records)
        clear_failed(records, self._graph)
        self._progress = progress_of(records, self._graph, self._release)
        return self._progress.begin()

    def _record(self, records: Records, ending: Ending, number: int, *, ran: bool) -> None:
        key, state, skips = ending
        records.write(Record(*key, number, state, 0.0, "", ran=ran, skips=tuple(skips)))

    def _carry_out(self, decisions: list, ready: set[InstanceKey], records: Records) -> bool:
        is_over = False
        while decisions:
            match decisions.pop(0):
                case Ready(key):
                    assert key not in ready
                    ready.add(key)
                case Settled(key, state):
                    ready.discard(key)
                    if state != "removed":
                        self._record(records, Ending(key, state), self._tries.get(key, 0), ran=False)
                case NeedsLength(node_id):
                    length = self._length(node_id)
                    if length is not None:
                        records.write_length(node_id, length)
                    decisions += self._progress.expanded(node_id, length)
                case RunEnded():
                    is_over = True
        return is_over

    def _clear(self, task_id: str, ready: set[InstanceKey], records: Records) -> list:
        """Clear a task and all below: what runs starts again, and the rest goes on."""
        lengths = Lengths(self._graph, records.lengths)
        selected = select(Selection((task_id,), downstream=True), self._graph, lengths)
        keys = [key for each in self._graph.tasks for key in self._progress.instances(each) if key in selected]
        active = {key: "running" for key in ready if key not in keys}
        clear(records, self._graph, keys, active=active)
        self._progress = progress_of(records, self._graph, self._release, active=active)
        ready.intersection_update(active)
        decisions = self._progress.begin()
        assert not any(isinstance(each, Ready) and each.key in active for each in decisions)
        return decisions


def _ran(states: dict[InstanceKey, str]) -> dict[InstanceKey, str]:
    """States in which skipped and upstream_failed are the same: the first failed or skipped task above decides."""
    return {key: "did not run" if state in {"skipped", "upstream_failed"} else state for key, state in states.items()}


@pytest.mark.parametrize("change", list(NUMBERS))
@pytest.mark.parametrize("release", ["2", "3"])
def test_changed_runs_end_as_runs_without_changes(release: AirflowVersion, change: str) -> None:
    compared, different = 0, set()
    for seed in range(100):
        spec = spec_of(seed, release)
        states = [RandomRun(spec, release).states_one_by_one(random.Random(order)) for order in range(ORDERS)]
        if all(each == states[0] for each in states):
            compared += 1
            found = _ClearedRun(spec, release).states_with_changes(random.Random(seed), **{change: NUMBERS[change]})
            if _ran(found) != _ran(states[0]):
                different.add(seed)
    assert compared > 80
    assert different == DIFFERENT.get((release, change), set())
