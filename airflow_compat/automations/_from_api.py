"""Converts data of Prefect's API to specs. The data of a trigger must contain all fields of Prefect's models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from ..errors import InvalidAlertError
from ._specs import RUN, ActionSpec, Labels, Need, PlainTrigger, TriggerSpec

Named: TypeAlias = tuple[str, str, Literal["notification", "webhook", "deployment"]]
"""For a type of action: the field that names an object, the id field that it replaces, and the kind of object."""

NAMES: Mapping[str, Named] = {
    "send-notification": ("block_document", "block_document_id", "notification"),
    "call-webhook": ("block_document", "block_document_id", "webhook"),
    **dict.fromkeys(
        ("run-deployment", "pause-deployment", "resume-deployment"), ("deployment", "deployment_id", "deployment")
    ),
}
"""The fields in `Named`, for each type of action that can name an object instead of giving its id."""

_OTHER_TYPES = {
    "compound": "the automation waits for several triggers",
    "sequence": "the automation waits for several triggers, in order",
    "metric": "the automation checks a metric instead of events",
}


def triggers_from_dict(data: Mapping[str, Any]) -> tuple[TriggerSpec | PlainTrigger, ...]:
    """If a trigger is a choice between several `TriggerSpec`s, return these; otherwise, return the whole trigger."""
    if data["type"] == "compound" and data["require"] == "any" and data["within"] is None:
        children = tuple(map(_trigger, data["triggers"]))
        if len(children) > 1 and not any(isinstance(child, PlainTrigger) for child in children):
            return children
    return (_trigger(data),)


def why_plain(data: Mapping[str, Any]) -> str:
    """Return the reason why a `TriggerSpec` can't describe the trigger; empty if it can."""
    return next(_faults(data), "")


def need_of_action(data: Mapping[str, Any]) -> ActionSpec | None:
    """If the action has the name of a block or deployment instead of its id, return the action as a spec; else None.

    Raises:
        InvalidAlertError: The name has the wrong form, or the action also has an id.
    """
    name, id_field, kind = NAMES.get(str(data.get("type")), ("", "", "deployment"))
    if not name or name not in data:
        return None
    if data.get(id_field) is not None:
        raise InvalidAlertError(f"{name} and {id_field} can't be combined. Use one of the two.")
    written = data[name]
    first, slash, second = written.partition("/") if isinstance(written, str) else ("", "", "")
    if not (first and slash and second) or "/" in second:
        form, example = ("flow/name", "etl/prod") if kind == "deployment" else ("type/name", "slack-webhook/alerts")
        raise InvalidAlertError(f"{name}: {written!r} isn't of the form {form}. Use for example {example}.")
    if kind == "webhook" and first != "webhook":
        raise InvalidAlertError(f"{name}: {written!r} isn't a webhook block. Use a block of the form webhook/NAME.")
    return ActionSpec(
        {key: value for key, value in data.items() if key not in (name, id_field)}, id_field, Need(kind, written)
    )


def _trigger(data: Mapping[str, Any]) -> TriggerSpec | PlainTrigger:
    if why_plain(data):
        return PlainTrigger(data)
    related = data["match_related"]
    # A trigger's empty mapping matches every resource.
    each = related if isinstance(related, list) else [related] if related else []
    return TriggerSpec(
        _labels(data["match"]),
        tuple(map(_labels, each)),
        tuple(sorted(data["expect"])),
        tuple(sorted(data["after"])),
        timedelta(seconds=data["within"]),
    )


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    if data["type"] in _OTHER_TYPES:
        yield _OTHER_TYPES[data["type"]]
        return
    if list(data["for_each"]) != [RUN]:
        yield f"the trigger's for_each isn't [{RUN}]"
    if data["threshold"] != 1:
        yield f"the trigger's threshold is {data['threshold']} instead of 1"
    if data["posture"] == "Reactive":
        if data["after"]:
            yield "the trigger is Reactive and has `after`"
        if data["within"]:
            yield "the trigger is Reactive and has `within`"
    elif not data["after"]:
        yield "the trigger is Proactive and has no `after`"


def _labels(data: Mapping[str, Any]) -> Labels:
    return {label: (value,) if isinstance(value, str) else tuple(value) for label, value in data.items()}
