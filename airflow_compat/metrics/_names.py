"""Airflow's rules for metric names: which names are valid, which are sent, and which older names metrics have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

Tags = Mapping[str, str]

# The metrics of runs, tasks and pools in Airflow 3.3's `metrics_template.yaml`.
_LEGACY = {
    "operator_failures": "operator_failures_{operator_name}",
    "operator_successes": "operator_successes_{operator_name}",
    "ti.start": "ti.start.{dag_id}.{task_id}",
    "ti.finish": "ti.finish.{dag_id}.{task_id}.{state}",
    "task.duration": "dag.{dag_id}.{task_id}.duration",
    "task.queued_duration": "dag.{dag_id}.{task_id}.queued_duration",
    "task.scheduled_duration": "dag.{dag_id}.{task_id}.scheduled_duration",
    "dagrun.duration.success": "dagrun.duration.success.{dag_id}",
    "dagrun.duration.failed": "dagrun.duration.failed.{dag_id}",
    "dagrun.schedule_delay": "dagrun.schedule_delay.{dag_id}",
    "dagrun.first_task_scheduling_delay": "dagrun.{dag_id}.first_task_scheduling_delay",
    "pool.open_slots": "pool.open_slots.{pool_name}",
    "pool.queued_slots": "pool.queued_slots.{pool_name}",
    "pool.running_slots": "pool.running_slots.{pool_name}",
    "pool.deferred_slots": "pool.deferred_slots.{pool_name}",
    "pool.scheduled_slots": "pool.scheduled_slots.{pool_name}",
    "pool.starving_tasks": "pool.starving_tasks.{pool_name}",
}
_VARIABLE = re.compile(r"\{(\w+)\}")
_VARIABLES = {name: tuple(_VARIABLE.findall(template)) for name, template in _LEGACY.items()}
_LEGAL = re.compile(r"[a-zA-Z0-9_.\-/]+")
_LEGAL_INFLUX = re.compile(r"[a-zA-Z0-9_.\-/,=]+")
_NOT_NORMAL = re.compile(r"[^a-zA-Z0-9_.-]")
MAX_LENGTH = 250


def legacy_metric(name: str, tags: Tags) -> tuple[str, dict[str, str]] | None:
    """Return the metric's older name, which contains tags' values, and the remaining tags; None without such a name.

    As in Airflow 3, dots in the tags' values become `__`.
    """
    template = _LEGACY.get(name)
    if template is None or any(variable not in tags for variable in _VARIABLES[name]):
        return None
    inside = {variable: tags[variable].replace(".", "__") for variable in _VARIABLES[name]}
    return template.format(**inside), {key: value for key, value in tags.items() if key not in inside}


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    return _NOT_NORMAL.sub("_", name)


def why_illegal(name: object, *, influxdb: bool = False) -> str:
    """Return the reason why Airflow refuses this metric name, or an empty text if the name is valid."""
    if not isinstance(name, str):
        return "a metric's name must be a string"
    if len(name) > MAX_LENGTH:
        return f"the metric's name is longer than {MAX_LENGTH} characters"
    if name and not (_LEGAL_INFLUX if influxdb else _LEGAL).fullmatch(name):
        return "a metric's name may only contain ASCII letters, digits, and `_`, `.`, `-`, `/`"
    return ""


@dataclass(frozen=True)
class Filters:
    """Selects metrics and tags with regular expressions, which may match anywhere in a name and ignore case."""

    allow_list: tuple[str, ...] = ()
    block_list: tuple[str, ...] = ()
    disabled_tags: tuple[str, ...] = ()

    def lets_through(self, name: str) -> bool:
        return _found(self.allow_list, name) if self.allow_list else not _found(self.block_list, name)

    def tags(self, tags: Tags) -> dict[str, str]:
        return {key: value for key, value in tags.items() if not _found(self.disabled_tags, key)}


def _found(patterns: tuple[str, ...], name: str) -> bool:
    return any(re.search(pattern, name.strip(), re.IGNORECASE) for pattern in patterns)
