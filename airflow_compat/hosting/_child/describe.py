"""Describes the DAGs of a file as JSON data, from which the flow run's process builds the same graphs."""

from __future__ import annotations

import datetime
from typing import Any

_DAG = (
    "description", "doc_md", "dag_display_name", "max_active_tasks", "max_active_runs", "catchup",
    "is_paused_upon_creation", "max_consecutive_failed_dag_runs", "owner_links",
)  # fmt: skip
_TASK = (
    "owner", "email", "email_on_failure", "email_on_retry", "retries", "retry_exponential_backoff", "queue", "pool",
    "pool_slots", "priority_weight", "depends_on_past", "ignore_first_depends_on_past", "wait_for_downstream",
    "wait_for_past_depends_before_skipping", "max_active_tis_per_dag", "max_active_tis_per_dagrun", "do_xcom_push",
    "multiple_outputs", "map_index_template", "doc_md", "trigger_rule",
)  # fmt: skip
_SECONDS = "retry_delay", "max_retry_delay", "execution_timeout"
_CALLBACKS = tuple(f"on_{kind}_callback" for kind in ("execute", "failure", "success", "retry", "skipped"))
_WEIGHT_RULES = "downstream", "upstream", "absolute"


def described(bag: Any) -> dict[str, Any]:
    """Return the DAGs of a loaded file as data, and the reasons why other DAGs can't be loaded."""
    dags, errors = [], [_reason(text) for text in bag.import_errors.values()]
    for dag in bag.dags.values():
        try:
            dags.append(_dag(dag))
        except Exception as error:
            errors.append(f"DAG {dag.dag_id!r} can't be described: {type(error).__name__}: {error}")
    return {"dags": dags, "errors": errors}


def _reason(text: Any) -> str:
    """Return the first line of an error's message, which follows the last frame if there is a traceback."""
    lines = [line for line in str(text).splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    message = [line.strip() for line in lines[frames[-1] + 1 if frames else 0 :] if not line[0].isspace()]
    return (message or lines or ["unknown"])[0].strip()


def _dag(dag: Any) -> dict[str, Any]:
    defaults = getattr(dag, "default_args", None) or {}
    return {
        "dag_id": dag.dag_id,
        "attributes": _plain(dag, _DAG),
        "schedule": _schedule(dag),
        "timezone": str(getattr(dag.timezone, "name", dag.timezone)),
        "start_date": _text(dag.start_date or defaults.get("start_date")),
        "end_date": _text(dag.end_date),
        "dagrun_timeout": _seconds(dag.dagrun_timeout),
        "fail_fast": bool(getattr(dag, "fail_fast", None) or getattr(dag, "fail_stop", None)),
        "tags": sorted(dag.tags or ()),
        "params": {name: _param(dag.params.get_param(name)) for name in dag.params},
        "callbacks": [name for name in _CALLBACKS if getattr(dag, name, None)],
        "edge_labels": [
            [upstream, downstream, info.get("label")]
            for upstream, edges in dag.edge_info.items()
            for downstream, info in edges.items()
        ],
        "tasks": {task_id: _task(task) for task_id, task in dag.task_dict.items()},
        "root": _children(dag.task_group),
    }


def _plain(thing: Any, names: Any) -> dict[str, Any]:
    """Return those of the named attributes whose values are plain data."""
    found = {name: getattr(thing, name, None) for name in names}
    found = {name: getattr(value, "value", value) for name, value in found.items()}
    return {name: value for name, value in found.items() if value is not None and _is_data(value)}


def _is_data(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and _is_data(list(value.values()))
    if isinstance(value, (list, tuple)):
        return all(_is_data(each) for each in value)
    return value is None or isinstance(value, (str, int, float))


def _text(moment: Any) -> Any:
    return moment.isoformat() if isinstance(moment, datetime.datetime) else moment


def _seconds(delta: Any) -> Any:
    return delta.total_seconds() if isinstance(delta, datetime.timedelta) else delta


def _param(param: Any) -> dict[str, Any]:
    found = {"schema": dict(param.schema), "description": param.description}
    return {**found, "default": param.value} if _is_data(param.value) else found


# -- Tasks and groups


def _task(task: Any) -> dict[str, Any]:
    is_mapped = hasattr(task, "partial_kwargs")
    made = task.operator_class if is_mapped else type(task)
    bases = {each.__name__ for each in made.__mro__}
    fields = task.partial_kwargs if is_mapped else vars(task)
    mode = fields.get("mode")
    return {
        "class": f"{made.__module__}.{made.__name__}",
        "kind": next((kind for kind, names in _KINDS if bases & names), ""),
        "mode": mode if isinstance(mode, str) else "",
        "attributes": _plain(task, _TASK),
        "weight_rule": _weight_rule(task.weight_rule),
        "seconds": {name: _seconds(getattr(task, name, None)) for name in _SECONDS},
        "start_date": _text(task.start_date),
        "callbacks": [name for name in _CALLBACKS if getattr(task, name, None)],
        "upstream": sorted(task.upstream_task_ids),
        "roles": [name for name in ("is_setup", "is_teardown", "on_failure_fail_dagrun") if getattr(task, name, False)],
        "inlets": _assets(task.inlets),
        "outlets": _assets(task.outlets),
        "fields": {
            name: value
            for name, value in fields.items()
            if (name in task.template_fields or name.endswith("conn_id")) and _is_data(value)
        },
        "expansion": _expansion(task._get_specified_expand_input()) if is_mapped else None,
    }


_KINDS = (
    ("branch", {"BaseBranchOperator", "BranchMixIn"}),
    ("skip", {"SkipMixin"}),
    ("sensor", {"BaseSensorOperator"}),
)


def _weight_rule(rule: Any) -> str:
    """Return the name of a weight rule.

    In Airflow 2, the weight rule may be an object. An object of a custom class counts as `absolute`.
    """
    name = str(getattr(rule, "value", rule) if isinstance(rule, str) else type(rule).__name__).lower()
    return next((each for each in _WEIGHT_RULES if each in name), "absolute")


def _children(group: Any) -> list[Any]:
    found: list[Any] = []
    for child in group.children.values():
        if not hasattr(child, "children"):
            found.append(child.task_id)
            continue
        mapped = getattr(child, "_expand_input", None)
        found.append(
            {
                "group_id": child._group_id,
                "prefix_group_id": child.prefix_group_id,
                "label": child.label or "",
                "expansion": None if mapped is None else _expansion(mapped),
                "children": _children(child),
            }
        )
    return found


def _expansion(given: Any) -> dict[str, Any]:
    value = given.value
    if type(given).__name__ == "DictOfListsExpandInput":
        return {"arguments": {name: _mapped(each) for name, each in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"rows": [_mapped(each) if hasattr(each, "iter_references") else None for each in value]}
    return {"result": _mapped(value)}


def _mapped(value: Any) -> dict[str, Any]:
    """Describe a value over which a task is mapped: a reference to a result, or the length of a literal."""
    kind = type(value).__name__
    if kind == "PlainXComArg":
        return {"task_id": value.operator.task_id, "key": value.key}
    if kind == "MapXComArg":
        return {"map": _mapped(value.arg)}
    if kind == "ZipXComArg":
        fill = type(value.fillvalue).__name__ not in ("ArgNotSet", "_ArgNotSet", "NOTSET")
        return {"zip": [_mapped(each) for each in value.args], "fills": fill}
    if kind == "ConcatXComArg":
        return {"concat": [_mapped(each) for each in value.args]}
    if kind == "MappedArgument":
        raise ValueError("it maps over an argument of a mapped task group")
    return {"length": len(value)}


# -- Schedules and assets


def _schedule(dag: Any) -> Any:
    given = getattr(dag, "schedule", None)
    if isinstance(given, str):
        return {"text": given}
    triggers = getattr(dag, "dataset_triggers", None)
    if triggers and not hasattr(dag.timetable, "dataset_condition"):  # before 2.9
        return {"condition": {"all": _assets(triggers)}, "timetable": None}
    return _timetable(dag.timetable)


def _timetable(timetable: Any) -> Any:
    """Describe a timetable by its class and attributes; return None for a timetable that starts no runs."""
    name = type(timetable).__name__
    if not type(timetable).__module__.startswith("airflow."):
        return {"unknown": name}
    if name == "NullTimetable":
        return None
    if name in ("OnceTimetable", "ContinuousTimetable"):
        return {"text": f"@{name[: -len('Timetable')].lower()}"}
    if name in _ON_ASSETS:
        condition = _condition(getattr(timetable, "asset_condition", None) or timetable.dataset_condition)
        inner = getattr(timetable, "timetable", None)
        return {"condition": condition, "timetable": None if inner is None else _timetable(inner)}
    parts = getattr(timetable, "timetables", getattr(timetable, "_timetables", None))
    if name == "MultipleCronTriggerTimetable" and parts:
        first = _timetable(parts[0])
        return {**first, "class": name, "expression": [_timetable(each)["expression"] for each in parts]}
    if name not in _TIMETABLES:
        return {"unknown": name}
    found: dict[str, Any] = {"class": name}
    for attribute in ("expression", "timezone", "delta", "interval"):
        value = _seconds(getattr(timetable, attribute, getattr(timetable, f"_{attribute}", None)))
        if attribute == "timezone" and value is not None:
            value = getattr(value, "name", None) or getattr(value, "key", None) or str(value)
        if value is not None and not isinstance(value, (str, float)):
            # Months and years.
            return {"unknown": name}
        found[attribute] = value
    return found


_ON_ASSETS = (
    "AssetTriggeredTimetable",
    "AssetOrTimeSchedule",
    "DatasetTriggeredTimetable",
    "DatasetOrTimeSchedule",
)
_TIMETABLES = (
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
)


def _condition(value: Any) -> Any:
    objects = getattr(value, "objects", None)
    if objects is not None:
        how = "any" if type(value).__name__.endswith("Any") else "all"
        return {how: [_condition(each) for each in objects]}
    [found] = _assets([value]) or [{"unknown": type(value).__name__}]
    return found


def _assets(values: Any) -> list[dict[str, Any]]:
    found = []
    for each in values or ():
        name, uri = getattr(each, "name", None), getattr(each, "uri", None)
        if type(each).__name__ in ("Asset", "Dataset", "AssetAlias", "DatasetAlias", "Model"):
            found.append({"name": name or uri, "uri": uri})
    return found
