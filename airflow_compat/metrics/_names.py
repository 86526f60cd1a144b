"""The names of Airflow's metrics: which ones are legal, which are let through, and the older name that each has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

Tags = Mapping[str, str]

# Airflow 3.3's own table (`metrics_template.yaml`), for the metrics that a run, a task or a pool has.
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
    """The name that holds its tags in itself, and the tags that are left; None where there is none.

    A dot in a tag would add a level to the name, and becomes `__`, as in Airflow 3.
    """
    template = _LEGACY.get(name)
    if template is None or any(variable not in tags for variable in _VARIABLES[name]):
        return None
    inside = {variable: tags[variable].replace(".", "__") for variable in _VARIABLES[name]}
    return template.format(**inside), {key: value for key, value in tags.items() if key not in inside}


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    """A flow's, task's or pool's name as part of a metric: what is not legal there becomes `_`, as in Airflow."""
    return _NOT_NORMAL.sub("_", name)


def why_illegal(name: object, *, influxdb: bool = False) -> str:
    """Why Airflow sends no metric of this name; empty where it does."""
    if not isinstance(name, str):
        return "a metric's name is a string"
    if len(name) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    if name and not (_LEGAL_INFLUX if influxdb else _LEGAL).fullmatch(name):
        return "a metric's name has ASCII letters, digits, and `_`, `.`, `-`, `/`"
    return ""


@dataclass(frozen=True)
class Filters:
    """Which metrics and tags are sent; each list is regular expressions, found anywhere in the name, case ignored.

    Attributes:
        allow_list: Only the metrics that one of these is found in; all when there are none.
        block_list: Not the metrics that one of these is found in; ignored beside an `allow_list`, as in Airflow.
        disabled_tags: Not the tags that one of these is found in.
    """

    allow_list: tuple[str, ...] = ()
    block_list: tuple[str, ...] = ()
    disabled_tags: tuple[str, ...] = ()

    def lets_through(self, name: str) -> bool:
        """Whether a metric of this name is sent."""
        if self.allow_list:
            return _found(self.allow_list, name)
        return not _found(self.block_list, name)

    def tags(self, tags: Tags) -> dict[str, str]:
        """The tags that are sent."""
        return {key: value for key, value in tags.items() if not _found(self.disabled_tags, key)}


def _found(patterns: tuple[str, ...], name: str) -> bool:
    return any(re.search(pattern, name.strip(), re.IGNORECASE) for pattern in patterns)
