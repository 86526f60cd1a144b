"""Creates DAGs from the data with which a host describes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..._airflow.version import AirflowVersion
from ..._airflow.zones import api_moment
from ...authoring import DAG, BaseBranchOperator, BaseSensorOperator, Param, SkipMixin, TaskGroup
from ...authoring._assets import Asset, AssetAlias, Dataset
from ...authoring._current import defining_for
from ...authoring._expand_input import DictOfListsExpandInput, ListOfDictsExpandInput
from ...authoring._mapped_task_group import MappedTaskGroup
from ...authoring._xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, ZipXComArg
from ...errors import HostError
from .._placeholders import missing_operator
from .schedules import schedule_from

_BASES: Mapping[str, type] = {"branch": BaseBranchOperator, "skip": SkipMixin, "sensor": BaseSensorOperator}


def dag_from(data: Mapping[str, Any], release: AirflowVersion) -> DAG:
    """Create a DAG from a host's description of it; see `hosting._child.describe`.

    Raises:
        DagDefinitionError: An argument is invalid.
    """
    with defining_for(release):
        return _Builder(data, release).build()


class _Builder:
    """Builds one DAG."""

    def __init__(self, data: Mapping[str, Any], release: AirflowVersion) -> None:
        self._data, self._release = data, release
        self._groups: list[tuple[MappedTaskGroup, Any]] = []

    def build(self) -> DAG:
        data, release = self._data, self._release
        callbacks: dict[str, Any] = dict.fromkeys(data["callbacks"], not_called)
        zone = _zone(data["timezone"])
        self._dag = dag = DAG(
            data["dag_id"],
            schedule=schedule_from(data["schedule"], release),
            start_date=_moment(data["start_date"], zone),
            end_date=_moment(data["end_date"], zone),
            dagrun_timeout=_delta(data["dagrun_timeout"]),
            params={name: _param(each) for name, each in data["params"].items()},
            tags=data["tags"],
            auto_register=False,
            **{"fail_stop" if release == "2" else "fail_fast": data["fail_fast"]},
            **callbacks,
            **data["attributes"],
        )
        self._add(data["root"], dag.task_group)
        tasks = dag.task_dict = {task_id: dag.task_dict[task_id] for task_id in data["tasks"]}
        for task_id, described in data["tasks"].items():
            task: Any = tasks[task_id]
            task.upstream_task_ids = set(described["upstream"])
            for upstream in described["upstream"]:
                tasks[upstream].downstream_task_ids.add(task_id)
            if described["expansion"] is not None:
                task.expand_input = self._input(described["expansion"])
        for group, expansion in self._groups:
            group.expand_input = self._input(expansion)
        for upstream, downstream, label in data["edge_labels"]:
            dag.edge_info.setdefault(upstream, {})[downstream] = {"label": label}
        return dag

    def _add(self, children: list[Any], group: TaskGroup) -> None:
        for child in children:
            if isinstance(child, str):
                self._task(child, group)
                continue
            arguments: dict[str, Any] = {
                "prefix_group_id": child["prefix_group_id"],
                "group_display_name": child["label"],
                "parent_group": group,
                "dag": self._dag,
            }
            if child["expansion"] is None:
                made = TaskGroup(child["group_id"], **arguments)
            else:
                made = mapped = MappedTaskGroup(child["group_id"], expand_input=_Arguments({}), **arguments)
                self._groups.append((mapped, child["expansion"]))
            self._add(child["children"], made)

    def _task(self, task_id: str, group: TaskGroup) -> None:
        described = self._data["tasks"][task_id]
        operator = _class(described["class"], described["kind"])
        group_id = group.group_id
        prefix = f"{group_id}." if group.prefix_group_id and group_id else ""
        arguments = {
            **described["attributes"],
            **{name: _delta(value) for name, value in described["seconds"].items() if value is not None},
            **dict.fromkeys(described["callbacks"], not_called),
            "task_id": task_id.removeprefix(prefix),
            "weight_rule": described["weight_rule"],
            "start_date": _moment(described["start_date"]),
            "inlets": [_asset(each, self._release) for each in described["inlets"]],
            "outlets": [_asset(each, self._release) for each in described["outlets"]],
            "dag": self._dag,
            "task_group": group,
        }
        if described["expansion"] is None:
            task: Any = operator(**arguments)
            fields = vars(task)
        else:
            task = operator.partial(**arguments).expand_kwargs([])
            fields = task.partial_kwargs
        fields.update({name: value for name, value in described["fields"].items() if name not in fields})
        task.template_fields = tuple(described["fields"])
        if described["mode"]:
            fields["mode"] = described["mode"]
        for role in described["roles"]:
            setattr(task, role, True)

    def _input(self, data: Mapping[str, Any]) -> Any:
        if "arguments" in data:
            return _Arguments({name: self._value(each) for name, each in data["arguments"].items()})
        if "rows" in data:
            return _Rows([{} if row is None else self._value(row) for row in data["rows"]])
        return _Rows(self._value(data["result"], {}))

    def _value(self, data: Mapping[str, Any], literal: Any = None) -> Any:
        match data:
            case {"task_id": task_id, "key": key}:
                return PlainXComArg(self._dag.task_dict[task_id], key)
            case {"map": inner}:
                return MapXComArg(self._value(inner), [_same])
            case {"zip": parts, "fills": fills}:
                return ZipXComArg([self._value(each) for each in parts], **({"fillvalue": None} if fills else {}))
            case {"concat": parts}:
                return ConcatXComArg([self._value(each) for each in parts])
        return [literal] * data["length"]


class _Arguments(DictOfListsExpandInput):
    """Stands in for the arguments of `expand`.

    Of these arguments, a run needs only the number of instances that they give. Only the host has the values.
    """

    def row(self, index: int, resolve: Any) -> dict[str, Any]:  # noqa: ARG002 - as in the base class
        return {}


class _Rows(ListOfDictsExpandInput):
    """Stands in for the argument of `expand_kwargs`: a run needs only the number of instances."""

    def row(self, index: int, resolve: Any) -> dict[str, Any]:  # noqa: ARG002 - as in the base class
        return {}


def not_called(_context: Any) -> None:
    """Stand in for a callback of the host. The host calls the real callback when the task or run ends.

    Raises:
        HostError: Always. Only a restarted run calls this function, for a task whose process in the host has ended.
    """
    raise HostError(
        "The host can't call a callback of a task whose process has ended. Call the callback yourself if needed."
    )


def _class(full_name: str, kind: str) -> Any:
    module, _, name = full_name.rpartition(".")
    return missing_operator(module, name, "provider", (_BASES[kind],) if kind else ())


def _asset(data: Mapping[str, Any], release: AirflowVersion) -> Any:
    if data["uri"] is None:
        return AssetAlias(data["name"])
    return Dataset(data["uri"]) if release == "2" else Asset(data["name"], data["uri"])


def _param(data: Mapping[str, Any]) -> Param:
    default = {"default": data["default"]} if "default" in data else {}
    return Param(description=data["description"], schema=data["schema"], **default)


def _delta(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _moment(text: str | None, zone: Any = None) -> datetime | None:
    if text is None:
        return None
    found = api_moment(text)
    return found if zone is None else found.astimezone(zone)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # The zone is only an offset, which the dates contain, too.
        return None


def _same(value: Any) -> Any:
    return value
