"""Airflow's trigger rules, applied to the states of upstream instances.

The semantics are those of `airflow/ti_deps/deps/trigger_rule_dep.py` in 2.11.0 and 3.3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._tally import Tally
from airflow_compat.errors import AirflowCompatError

Verdict: TypeAlias = Literal["ready", "skipped", "upstream_failed", "removed", "expanded_and_skipped"] | None
"""None means that the instance must wait.

`expanded_and_skipped` exists only in 2.x: the instance is skipped, but a mapped task is first expanded.
"""

Rule: TypeAlias = Callable[[Tally, int, AirflowVersion], Verdict]


def decide(rule: str, seen: Tally, *, map_index: int, airflow_version: AirflowVersion) -> Verdict:
    """Decide what happens to a task instance, from the states of its direct upstream instances.

    Args:
        rule: The trigger rule of the task.
        seen: The states of the upstream instances.
        map_index: The map index of the instance; -1 if it is not expanded.
        airflow_version: "2" or "3".
    """
    try:
        function = _RULES[rule]
    except KeyError:
        message = f"Unknown trigger rule {rule!r}. Use one of {', '.join(sorted(_RULES))}."
        raise AirflowCompatError(message) from None
    return function(seen, map_index, airflow_version)


def decide_on_setups(seen: Tally, *, map_index: int) -> Verdict:
    """Decide what happens to an instance, from the states of the setups that are not directly upstream of it."""
    # In both releases, removed setups block instances that are not expanded yet.
    return _all_success(seen, map_index, "2")


def _ready(met: bool) -> Verdict:
    return "ready" if met else None


def _removed(map_index: int, airflow_version: AirflowVersion) -> tuple[str, ...]:
    # In 2.x, removed upstream instances block instances that are not expanded yet.
    return ("removed",) if airflow_version != "2" or map_index >= 0 else ()


def _failed_or_skipped(seen: Tally, map_index: int) -> Verdict:
    if seen["failed"] or seen["upstream_failed"]:
        return "upstream_failed"
    if seen["skipped"]:
        return "skipped"
    if seen["removed"] and 0 < seen["success"] <= map_index:
        return "removed"
    return None


def _all_success(seen: Tally, map_index: int, version: AirflowVersion) -> Verdict:
    met = seen.waiting_or_other("success", *_removed(map_index, version)) == 0
    return _failed_or_skipped(seen, map_index) or _ready(met)


def _all_failed(seen: Tally, map_index: int, version: AirflowVersion) -> Verdict:
    if seen["success"] or seen["skipped"]:
        return "skipped"
    return _ready(seen.waiting_or_other("failed", "upstream_failed", *_removed(map_index, version)) == 0)


def _all_done(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    return _ready(seen.complete)


def _all_done_min_one_success(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if seen["skipped"]:
        return "skipped"
    if not seen.complete:
        return None
    return "ready" if seen["success"] else "upstream_failed"


def _all_done_setup_success(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if not seen.complete:
        return None
    if seen.setups and seen.setup("skipped") >= seen.setups:
        return "skipped"
    return "upstream_failed" if seen.setups and not seen.setup("success") else "ready"


def _one_success(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if seen["success"]:
        return "ready"
    if not seen.complete:
        return None
    return "skipped" if seen.done == seen["skipped"] else "upstream_failed"


def _one_failed(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if seen["failed"] or seen["upstream_failed"]:
        return "ready"
    return "skipped" if seen.complete else None


def _one_done(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if seen["success"] or seen["failed"]:
        return "ready"
    return "skipped" if seen.complete else None


def _none_failed(seen: Tally, map_index: int, version: AirflowVersion) -> Verdict:
    if seen["failed"] or seen["upstream_failed"]:
        return "upstream_failed"
    return _ready(seen.waiting_or_other("success", "skipped", *_removed(map_index, version)) == 0)


def _none_failed_min_one_success(seen: Tally, map_index: int, version: AirflowVersion) -> Verdict:
    if seen["failed"] or seen["upstream_failed"]:
        return "upstream_failed"
    if seen["skipped"] == seen.total:
        # In 2.x, the trigger rule is met, too, so a mapped task is expanded before it is skipped.
        return "expanded_and_skipped" if version == "2" else "skipped"
    if version != "2" and not seen["success"]:
        return "upstream_failed" if seen.complete else None
    return _ready(seen.waiting_or_other("success", "skipped", *_removed(map_index, version)) == 0)


def _none_skipped(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    return "skipped" if seen["skipped"] else _ready(seen.complete)


def _all_skipped(seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    if seen["success"] or seen["failed"] or seen["upstream_failed"]:
        return "skipped"
    return _ready(seen["skipped"] == seen.total)


def _always(_seen: Tally, _map_index: int, _version: AirflowVersion) -> Verdict:
    return "ready"


_RULES: dict[str, Rule] = {
    "all_success": _all_success,
    "all_failed": _all_failed,
    "all_done": _all_done,
    "all_done_min_one_success": _all_done_min_one_success,
    "all_done_setup_success": _all_done_setup_success,
    "one_success": _one_success,
    "one_failed": _one_failed,
    "one_done": _one_done,
    "none_failed": _none_failed,
    "none_failed_min_one_success": _none_failed_min_one_success,
    "none_skipped": _none_skipped,
    "all_skipped": _all_skipped,
    "always": _always,
    # The old names of trigger rules that Airflow 2 still accepts.
    "dummy": _always,
    "none_failed_or_skipped": _none_failed_min_one_success,
}
