"""Describes triggers in short texts, which commands show in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

_ROLE, _ID, _NAME = "prefect.resource.role", "prefect.resource.id", "prefect.resource.name"
_SHOWN = 3


def describe_trigger(data: Mapping[str, Any]) -> str:
    """Describe a trigger, for example `flow-run.* of flow etl, state-type FAILED or CRASHED`."""
    type_ = data.get("type", "event")
    if type_ in ("compound", "sequence"):
        return _several(type_, data)
    if type_ != "event":
        return f"a {type_} trigger"
    events, after = _names(data.get("expect", ())), _names(data.get("after", ()))
    if data.get("posture") == "Proactive":
        shown = f"none of {events} within {timedelta(seconds=data['within'])}"
        shown += f" after {after}" if after else ""
    else:
        count = data.get("threshold", 1)
        shown = f"{events}, {count} times" if count != 1 else events
        shown += f" within {timedelta(seconds=data['within'])}" if data.get("within") else ""
    related = data.get("match_related") or []
    labels = [_related(each) for each in (related if isinstance(related, list) else [related]) if each]
    labels += [
        _label(name, value) for name, value in (data.get("match") or {}).items() if not _says_nothing(name, value)
    ]
    return f"{shown} of {', '.join(labels)}" if labels else shown


def _several(type_: str, data: Mapping[str, Any]) -> str:
    children = [describe_trigger(child) for child in data["triggers"]]
    if type_ == "sequence":
        return "; then ".join(children)
    require = data["require"]
    return "; or ".join(children) if require == "any" else f"{require} of: {'; '.join(children)}"


def _names(patterns: Iterable[str]) -> str:
    return _either(sorted(name.removeprefix("prefect.") for name in patterns if not name.endswith("."))) or "any event"


def _related(labels: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in labels.items() if name not in (_ROLE, _NAME)}
    kind, names = _values(labels.get(_ROLE, ())), _values(labels.get(_NAME, ()))
    said = " ".join(part for part in (_either(kind), _either(names)) if part)
    return ", ".join([*([said] if said else []), *(_label(name, value) for name, value in rest.items())])


def _label(name: str, value: Any) -> str:
    said = _either([each.removeprefix("prefect.") for each in _values(value)])
    return said if name == _ID else f"{name.removeprefix('prefect.').removeprefix('resource.')} {said}"


def _says_nothing(name: str, value: Any) -> bool:
    return name == _ID and all(each in ("prefect.flow-run.*", "prefect.task-run.*") for each in _values(value))


def _values(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _either(names: Iterable[str]) -> str:
    names = list(names)
    shown = ([name for name in names if "[" not in name] or names)[:_SHOWN]
    return " or ".join([*shown, "..."] if len(shown) < len(names) else shown)
