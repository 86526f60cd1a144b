"""When an automation fires, in a few words for a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

_RUN_EVENTS = ("prefect.flow-run.", "prefect.task-run.")
_ROLE, _ID, _NAME = "prefect.resource.role", "prefect.resource.id", "prefect.resource.name"
_SHOWN = 3


def describe_trigger(data: Mapping[str, Any]) -> str:
    """Such as `flow-run.* of flow etl, state-type FAILED or CRASHED`.

    Args:
        data: The trigger, as Prefect's API gives it.
    """
    type_ = data.get("type", "event")
    if type_ in ("compound", "sequence"):
        return _several(type_, data)
    if type_ != "event":
        return f"a {type_} trigger"
    events, after = _names(data.get("expect", ())), _names(data.get("after", ()))
    if data.get("posture") == "Proactive":
        said = f"none of {events} within {timedelta(seconds=data['within'])}"
        said += f" after {after}" if after else ""
    else:
        count = data.get("threshold", 1)
        said = f"{events}, {count} times" if count != 1 else events
        said += f" within {timedelta(seconds=data['within'])}" if data.get("within") else ""
    related = data.get("match_related") or []
    labels = [_related(each) for each in (related if isinstance(related, list) else [related]) if each]
    labels += [
        _label(name, value) for name, value in (data.get("match") or {}).items() if not _says_nothing(name, value)
    ]
    return f"{said} of {', '.join(labels)}" if labels else said


def _several(type_: str, data: Mapping[str, Any]) -> str:
    children = [describe_trigger(child) for child in data["triggers"]]
    if type_ == "sequence":
        return "; then ".join(children)
    require = data["require"]
    return "; or ".join(children) if require == "any" else f"{require} of: {'; '.join(children)}"


def _names(patterns: Iterable[str]) -> str:
    """The names of events, without those that only stand for any others."""
    return _either(sorted(name.removeprefix("prefect.") for name in patterns if not name.endswith("."))) or "any event"


def _related(labels: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in labels.items() if name not in (_ROLE, _NAME)}
    kind, names = _values(labels.get(_ROLE, ())), _values(labels.get(_NAME, ()))
    said = " ".join(part for part in (_either(kind), _either(names)) if part)
    return ", ".join([*([said] if said else []), *(_label(name, value) for name, value in rest.items())])


def _label(name: str, value: Any) -> str:
    values = [each.removeprefix("prefect.") for each in _values(value)]
    if name == _ID:
        return _either(values)
    return f"{name.removeprefix('prefect.').removeprefix('resource.')} {_either(values)}"


def _says_nothing(name: str, value: Any) -> bool:
    return name == _ID and all(each in {f"{prefix}*" for prefix in _RUN_EVENTS} for each in _values(value))


def _values(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _either(names: Iterable[str]) -> str:
    """The first of the names, those without patterns before all."""
    names = list(names)
    plain = [name for name in names if "[" not in name] or names
    shown = plain[:_SHOWN]
    return " or ".join([*shown, "..."] if len(shown) < len(names) else shown)
