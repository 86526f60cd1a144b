"""Checks triggers and actions with Prefect's models, and refuses unknown fields, which the models ignore."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args
from uuid import UUID

from prefect.events import CompoundTrigger, EventTrigger, MetricTrigger, SequenceTrigger
from prefect.events.actions import ActionTypes
from prefect.events.schemas.automations import MetricTriggerQuery
from pydantic import BaseModel, ValidationError

from ..errors import InvalidAlertError
from ._specs import CLOUD_TYPES, trigger_types

_TRIGGERS: Mapping[str, type[BaseModel]] = {
    "event": EventTrigger,
    "compound": CompoundTrigger,
    "sequence": SequenceTrigger,
    "metric": MetricTrigger,
}
_ACTIONS: Mapping[str, type[BaseModel]] = {
    action.model_fields["type"].default: action for action in get_args(ActionTypes)
}
_SETS = ("after", "expect", "for_each")
_ANY_ID = UUID(int=0)


def complete_trigger(data: object, path: str = "trigger") -> dict[str, Any]:
    """Return the trigger with all fields of Prefect's model.

    Raises:
        InvalidAlertError: A field is unknown, or its value is invalid.
    """
    written = _mapping(data, path)
    type_ = _trigger_type(written)
    if type_ not in _TRIGGERS:
        raise InvalidAlertError(f"{path}.type: Prefect has no trigger {type_!r}. Use one of {', '.join(_TRIGGERS)}.")
    model = _TRIGGERS[type_]
    _check_fields(written, model.model_fields, path)
    _check_labels(written, path)
    if isinstance(written.get("metric"), Mapping):
        _check_fields(written["metric"], MetricTriggerQuery.model_fields, f"{path}.metric")
    if isinstance(written.get("triggers"), list):
        written["triggers"] = [
            complete_trigger(child, f"{path}.triggers[{number}]") for number, child in enumerate(written["triggers"])
        ]
    return {
        name: sorted(value) if name in _SETS else value
        for name, value in _validated(model, {**written, "type": type_}, path).items()
    }


def complete_action(data: object, path: str, *, id_field: str = "", names: Iterable[str] = ()) -> dict[str, Any]:
    """Return the action with all fields of Prefect's model.

    Args:
        data: The action, as written in a file.
        path: The action's position, such as `actions[0]`, for messages.
        id_field: The name of a field that is filled in later, and so may be missing.
        names: Additional field names that a message about an unknown field can suggest.

    Raises:
        InvalidAlertError: As in `complete_trigger`.
    """
    written = _mapping(data, path)
    type_ = written.get("type")
    if type_ is None:
        raise InvalidAlertError(f"{path}.type is missing. Add for example `type: send-notification`.")
    if not isinstance(type_, str) or type_ not in _ACTIONS:
        raise InvalidAlertError(f"{path}.type: Prefect has no action {type_!r}{_meant(type_, _ACTIONS)}")
    _check_fields(written, _ACTIONS[type_].model_fields, path, names)
    found = _validated(_ACTIONS[type_], {**written, id_field: _ANY_ID} if id_field else written, path)
    found.pop(id_field, None)
    return found


def check_whole(trigger: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]) -> None:
    """Check the rules that concern the whole automation, for example that its actions don't trigger it again.

    Raises:
        InvalidAlertError: The server would refuse the automation.
    """
    from .._prefect.internals.server_models import check_automation

    with_ids = [
        {**action, **{name: _ANY_ID for name in _needed_ids(action) if action.get(name) is None}} for action in actions
    ]
    if not CLOUD_TYPES.keys().isdisjoint([*trigger_types(trigger), *(action["type"] for action in with_ids)]):
        # The model below describes a self-hosted server, which lacks these types of Prefect Cloud.
        return
    try:
        # The check changes its argument, so a copy is checked.
        check_automation(copy.deepcopy({"name": "any", "trigger": trigger, "actions": with_ids}))
        return
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        fault = next((each for each in faults if each["type"] == "value_error"), faults[0])
        # The path of the invalid field, without the class names that Pydantic adds to show which class of a union it
        # tried.
        where = _path("", [part for part in fault["loc"] if isinstance(part, int) or part[:1].islower()])
        problem = f"{where.lstrip('.') or 'trigger'}: {_said(fault)}"
    raise InvalidAlertError(problem)


def _needed_ids(action: Mapping[str, Any]) -> list[str]:
    if action.get("source") == "inferred":
        return []
    return [name for name in _ACTIONS[action["type"]].model_fields if name.endswith("_id")]


def _trigger_type(data: Mapping[str, Any]) -> Any:
    """Return the trigger's type or, if it has none, the type that Prefect infers."""
    if "type" in data:
        return data["type"]
    if "triggers" in data:
        return "compound" if "require" in data else "sequence"
    return "metric" if data.get("posture") == "Metric" else "event"


def _mapping(data: object, path: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidAlertError(f"{path} is a {type(data).__name__}. Use a mapping of fields and values.")
    return dict(data)


def _check_fields(data: Mapping[str, Any], fields: Collection[str], path: str, names: Iterable[str] = ()) -> None:
    for name in data:
        if name not in fields:
            raise InvalidAlertError(f"{path}.{name}: Prefect has no such field here{_meant(name, [*fields, *names])}")


def _check_labels(data: Mapping[str, Any], path: str) -> None:
    related = data.get("match_related", {})
    places = {f"{path}.match": data.get("match", {})}
    if isinstance(related, list):
        places |= {f"{path}.match_related[{number}]": each for number, each in enumerate(related)}
    else:
        places[f"{path}.match_related"] = related
    for place, labels in places.items():
        for label, value in _mapping(labels, place).items():
            values = value if isinstance(value, list) else [value]
            if not isinstance(label, str) or not all(isinstance(each, str) for each in values):
                raise InvalidAlertError(f"{place}.{label} must be a text or a list of texts. Put the value in quotes.")


def _validated(model: type[BaseModel], data: Mapping[str, Any], path: str) -> dict[str, Any]:
    try:
        return model.model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        problem = f"{_path(path, fault['loc'])}: {_said(fault)}"
    raise InvalidAlertError(problem)


def _path(path: str, parts: Iterable[int | str]) -> str:
    return path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _said(fault: Any) -> str:
    return str(fault["msg"]).removeprefix("Value error, ").splitlines()[0].rstrip(".") + ". Correct the value."


def _meant(word: object, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(str(word), known, n=1)
    return f". Did you mean {close[0]!r}?" if close else f". Use one of {', '.join(known)}."
