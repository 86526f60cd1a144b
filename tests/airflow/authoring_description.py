"""What a DAG says about itself, of ours or of real Airflow's, as data that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

_TASK = (
    "trigger_rule retries retry_delay max_retry_delay owner queue pool pool_slots priority_weight depends_on_past "
    "wait_for_downstream ignore_first_depends_on_past is_setup is_teardown on_failure_fail_dagrun start_date end_date "
    "execution_timeout max_active_tis_per_dag task_display_name label task_type doc_md ui_color template_ext "
    "retry_exponential_backoff poke_interval timeout mode max_wait"
).split()
_DAG = (
    "dag_id description start_date end_date max_active_tasks max_active_runs dagrun_timeout catchup doc_md "
    "is_paused_upon_creation owner_links default_args render_template_as_native_obj dag_display_name"
).split()


def described(dag: Any) -> Any:
    """The DAG, its tasks, groups and edges."""
    groups = dag.task_group.get_task_group_dict()
    return {
        "dag": {name: plain(getattr(dag, name)) for name in _DAG} | {"tags": sorted(dag.tags)},
        "params": params(dag.params),
        "tasks": {task.task_id: task_of(task) for task in dag.tasks},
        "groups": {str(key): _group(group) for key, group in groups.items()},
        "labels": {key: dict(value) for key, value in dag.edge_info.items() if value},
        "roots": [task.task_id for task in dag.roots],
        "leaves": [task.task_id for task in dag.leaves],
        "order": [task.task_id for task in dag.topological_sort()],
    }


def task_of(task: Any) -> Any:
    found = {name: plain(getattr(task, name, None)) for name in _TASK}
    found |= {
        "upstream": sorted(task.upstream_task_ids),
        "downstream": sorted(task.downstream_task_ids),
        "group": task.task_group.group_id if task.task_group is not None else None,
        "flat": sorted(task.get_flat_relative_ids(upstream=True)),
        "setups": sorted(each.task_id for each in task.get_upstreams_only_setups()),
        "followed": sorted({each.task_id for each in task.get_upstreams_follow_setups()}),
        "mapped groups": [group.group_id for group in task.iter_mapped_task_groups()],
        "params": params(task.params),
        "weight_rule": _weight_rule(task.weight_rule),
        "lists": [plain(getattr(task, name)) for name in ("inlets", "outlets")],
    }
    if hasattr(task, "expand_input"):
        found["mapped over"] = plain(task.expand_input.value)
        found["fields"] = {name: plain(task.partial_kwargs.get(name)) for name in task.template_fields}
        if isinstance(task.expand_input.value, Mapping):
            row = dict.fromkeys(task.expand_input.value, "given")
            found["instance"] = _instance(task.unmap(row))
    else:
        found["fields"] = {name: plain(getattr(task, name)) for name in task.template_fields}
    return found


def _instance(operator: Any) -> Any:
    return {
        "id": operator.task_id,
        "fields": {name: plain(getattr(operator, name)) for name in operator.template_fields},
        "arguments": {name: plain(getattr(operator, name)) for name in ("retries", "pool", "owner", "trigger_rule")},
        "params": params(operator.params),
        "upstream": sorted(operator.upstream_task_ids),
        "in DAG": operator.dag.task_dict.get(operator.task_id) is operator,
    }


def _group(group: Any) -> Any:
    return {
        "children": list(group.children),
        "label": group.label,
        "default_args": plain(group.default_args),
        "tooltip": group.tooltip,
        "upstream": sorted(group.upstream_task_ids),
        "downstream": sorted(group.downstream_task_ids),
        "upstream groups": sorted(group.upstream_group_ids),
        "downstream groups": sorted(group.downstream_group_ids),
        "roots": sorted(task.task_id for task in group.get_roots()),
        "leaves": sorted({task.task_id for task in group.get_leaves()}),
        "sorted": [node.node_id for node in group.hierarchical_alphabetical_sort()],
        "mapped": type(group).__name__,
    }


def params(value: Any) -> Any:
    return {key: [plain(param.value), param.description, param.schema] for key, param in value.items()}


def plain(value: Any) -> Any:  # noqa: PLR0911 - one per type
    """The value without classes that differ."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    name = type(value).__name__
    if name in ("DagParam", "MappedArgument"):
        return (
            f"<{name} {getattr(value, '_name', None) or getattr(value, '_key', None) or getattr(value, 'key', None)}>"
        )
    if name == "ArgNotSet":
        return "NOTSET"
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


def _weight_rule(value: Any) -> str:
    # Airflow 2 keeps an object of the rule's class.
    name = type(value).__name__
    return name.strip("_").removesuffix("PriorityWeightStrategy").lower() if "Strategy" in name else str(plain(value))


def differences(found: Any, expected: Any, place: str = "") -> list[str]:
    """Where two descriptions differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = list(dict.fromkeys([*expected, *found]))
        return [line for key in keys for line in differences(found.get(key), expected.get(key), f"{place}/{key}")]
    return [] if found == expected else [f"{place}: ours {found!r}, Airflow {expected!r}"]
