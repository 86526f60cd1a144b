"""The decisions that `Progress` makes and that the loop of a run carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from airflow_compat._airflow.graph import InstanceKey

FINAL_STATES = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""Airflow's states of task instances that have ended."""

SettledState: TypeAlias = Literal["skipped", "upstream_failed", "removed", "failed", "success"]
Reason: TypeAlias = Literal[
    "trigger_rule", "mapped_dependency", "no_length", "length", "skipped_by_upstream", "fail_fast", "stopped"
]

REASONS: dict[Reason, str] = {
    "trigger_rule": "The trigger rule does not match the states of the tasks upstream.",
    "mapped_dependency": "A task whose result this task is mapped over did not succeed.",
    "no_length": "A task whose result this task is mapped over pushed no value.",
    "length": "There is nothing to map over.",
    "skipped_by_upstream": "A branch or short circuit upstream skips this task.",
    "fail_fast": "Another task failed, and the DAG fails fast.",
    "stopped": "The run was stopped.",
}
"""For each reason, the text that Prefect's UI shows."""


@dataclass(frozen=True)
class Ready:
    """The task instance can run now."""

    key: InstanceKey


@dataclass(frozen=True)
class Settled:
    """The task instance gets this final state without being run.

    If the instance was ready before, the loop cancels it. Fail-fast, branches and short circuits also end instances
    that are queued or wait for a retry; fail-fast and a stopped run also end running instances. Later, an instance can
    still change from upstream_failed to skipped.
    """

    key: InstanceKey
    state: SettledState
    reason: Reason


@dataclass(frozen=True)
class NeedsLength:
    """The mapped task or mapped group can be expanded now: `Progress.expanded` must be called with its length."""

    node_id: str


@dataclass(frozen=True)
class RunEnded:
    """The DAG run is over. `reason` is the reason in Airflow's words, which the DAG's callbacks receive."""

    state: Literal["success", "failed"]
    reason: Literal["success", "task_failure", "all_tasks_deadlocked"]


Decision: TypeAlias = Ready | Settled | NeedsLength | RunEnded
