"""Trigger rules and weight rules."""

from __future__ import annotations

from enum import Enum
from functools import cache

from .._airflow.version import AirflowVersion


class TriggerRule(str, Enum):
    """The rules that decide when a task runs, from the states of its upstream tasks."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_OR_SKIPPED = "none_failed_or_skipped"
    NONE_SKIPPED = "none_skipped"
    DUMMY = "dummy"
    ALWAYS = "always"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    ALL_SKIPPED = "all_skipped"

    @classmethod
    def is_valid(cls, trigger_rule: str) -> bool:
        return trigger_rule in cls.all_triggers()

    @classmethod
    def all_triggers(cls) -> set[TriggerRule]:
        return set(cls)

    def __str__(self) -> str:
        return str(self.value)


RENAMED_RULES = {
    TriggerRule.DUMMY: TriggerRule.ALWAYS,
    TriggerRule.NONE_FAILED_OR_SKIPPED: TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
}
"""The current name for each old name of a trigger rule that Airflow 2 still accepts."""


@cache
def rules_of(airflow_version: AirflowVersion) -> tuple[TriggerRule, ...]:
    """Return the trigger rules that an Airflow release accepts."""
    absent = {TriggerRule.ALL_DONE_MIN_ONE_SUCCESS} if airflow_version == "2" else set(RENAMED_RULES)
    return tuple(rule for rule in TriggerRule if rule not in absent)


class WeightRule(str, Enum):
    """The rules by which a task's priority includes the weights of other tasks."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"

    @classmethod
    def is_valid(cls, weight_rule: str) -> bool:
        return weight_rule in cls.all_weight_rules()

    @classmethod
    def all_weight_rules(cls) -> set[WeightRule]:
        return set(cls)

    def __str__(self) -> str:
        return str(self.value)
