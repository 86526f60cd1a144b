"""What Prefect's API takes, turned back into specs. A trigger's data has all the fields that Prefect's models have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from ..errors import InvalidAlertError
from .automations import RUN, Labels, NamedAction, Need, PlainTrigger, TriggerSpec

Named: TypeAlias = tuple[str, str, Literal["notification", "webhook", "deployment"]]
"""What may be said by name, where its id stands otherwise, and what it is."""

NAMES: Mapping[str, Named] = {
    "send-notification": ("block_document", "block_document_id", "notification"),
    "call-webhook": ("block_document", "block_document_id", "webhook"),
    **dict.fromkeys(
        ("run-deployment", "pause-deployment", "resume-deployment"), ("deployment", "deployment_id", "deployment")
    ),
}
"""By the type of an action."""

_OTHER_TYPES = {
    "compound": "it waits for several triggers",
    "sequence": "it waits for several triggers, in order",
    "metric": "it looks at a metric, and not at events",
}


def triggers_from_dict(data: Mapping[str, Any]) -> tuple[TriggerSpec | PlainTrigger, ...]:
    """The triggers of which one suffices: the whole, where it is no choice of such as a `TriggerSpec` can be."""
    if data["type"] == "compound" and data["require"] == "any" and data["within"] is None:
        children = tuple(map(_trigger, data["triggers"]))
        if len(children) > 1 and not any(isinstance(child, PlainTrigger) for child in children):
            return children
    return (_trigger(data),)


def why_plain(data: Mapping[str, Any]) -> str:
    """Why a trigger is none that looks at each run apart and fires at one event, or at the lack of one; else empty."""
    return next(_faults(data), "")


def need_of_action(data: Mapping[str, Any]) -> NamedAction | None:
    """The action, where it names a block or deployment in place of an id.

    Raises:
        InvalidAlertError: The name isn't of the form that it must have, or there is an id besides.
    """
    name, id_field, kind = NAMES.get(str(data.get("type")), ("", "", "deployment"))
    if not name or name not in data:
        return None
    if data.get(id_field) is not None:
        raise InvalidAlertError(f"{name}: {id_field} stands beside it; leave one of them out")
    said = data[name]
    first, slash, second = said.partition("/") if isinstance(said, str) else ("", "", "")
    if not (first and slash and second) or "/" in second:
        form, example = ("flow/name", "etl/prod") if kind == "deployment" else ("type/name", "slack-webhook/alerts")
        raise InvalidAlertError(f"{name}: {said!r} isn't of the form {form}; write for example {example}")
    if kind == "webhook" and first != "webhook":
        raise InvalidAlertError(f"{name}: {said!r} is no block that can be called; name one as webhook/NAME")
    rest = {key: value for key, value in data.items() if key not in (name, id_field)}
    return NamedAction(rest, id_field, Need(kind, said))


def _trigger(data: Mapping[str, Any]) -> TriggerSpec | PlainTrigger:
    if why_plain(data):
        return PlainTrigger(data)
    related = data["match_related"]
    # One that is empty asks for nothing.
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
        yield f"its for_each isn't [{RUN}]"
    if data["threshold"] != 1:
        yield f"its threshold is {data['threshold']}, and not 1"
    if data["posture"] == "Reactive":
        if data["after"]:
            yield "it is Reactive and has `after`"
        if data["within"]:
            yield "it is Reactive and has `within`"
    elif not data["after"]:
        yield "it is Proactive and has no `after`"


def _labels(data: Mapping[str, Any]) -> Labels:
    return {label: (value,) if isinstance(value, str) else tuple(value) for label, value in data.items()}
