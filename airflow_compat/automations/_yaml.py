"""One automation as somebody wrote it for `prefect automation create --from-file`, made a spec; and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._specs.automation_forms import NAMES, need_of_action, triggers_from_dict
from .._specs.automation_plan import KEY_TAG, OWNER_TAG, AutomationItem
from .._specs.automations import AutomationSpec, NamedAction, PlainAction
from ..errors import AirflowCompatError, InvalidAlertError
from .translate import check

_FIELDS = ("key", "name", "description", "enabled", "tags", "trigger", "actions")
# What Prefect's own models have besides. Empty, they say nothing.
_OTHERS = {
    "id": "the server gives it; leave it out, and delete the automation that it is of, or both will fire",
    "owner_resource": "what is deleted with a resource can't be planned; leave it out",
    "actions_on_trigger": "only `actions` are planned; move them there",
    "actions_on_resolve": "only `actions` are planned; leave them out",
}
_EXPORTED = ("name", "description", "enabled", "tags", "trigger", "actions")
_TEXTS = ("subject", "body", "payload")


def spec_from_document(data: Mapping[str, Any], *, owner: str) -> AutomationSpec:
    """The spec of one automation.

    Args:
        data: What stands in the file.
        owner: Whose it is to be.

    Raises:
        InvalidAlertError: It can't be; the message begins with the field.
    """
    from .._prefect.automation_models import check_whole, complete_trigger

    for field in data:
        if field in _OTHERS:
            if data[field]:
                raise InvalidAlertError(f"{field}: {_OTHERS[field]}")
        elif field not in _FIELDS:
            raise InvalidAlertError(f"{field}: an automation has no such field; it has {', '.join(_FIELDS)}")
    tags = _tags(data)
    trigger = complete_trigger(_required(data, "trigger"))
    actions = _actions(_required(data, "actions"))
    check_whole(trigger, [action.data for action in actions])
    return AutomationSpec(
        key=_key(data, tags),
        name=_text(data, "name"),
        triggers=triggers_from_dict(trigger),
        actions=tuple(actions),
        description=_text(data, "description") if data.get("description") else "",
        tags=_other_tags(tags, owner),
        enabled=_enabled(data),
    )


def documents_from_items(items: tuple[AutomationItem, ...]) -> list[dict[str, Any]]:
    """What a plan's items are to be, for a file. What is deleted or refused is none of it."""
    return [{field: item.data[field] for field in _EXPORTED} for item in items if item.data]


def _required(data: Mapping[str, Any], field: str) -> Any:
    if data.get(field) is None:
        raise InvalidAlertError(f"{field}: it is missing; an automation has name, trigger and actions")
    return data[field]


def _text(data: Mapping[str, Any], field: str) -> str:
    value = _required(data, field)
    if not isinstance(value, str) or not value.strip():
        raise InvalidAlertError(f"{field}: {value!r} is no text, or an empty one; put a text in quotes")
    return value


def _enabled(data: Mapping[str, Any]) -> bool:
    value = data.get("enabled", True)
    if not isinstance(value, bool):
        raise InvalidAlertError(f"enabled: {value!r} is neither true nor false; write one of the two")
    return value


def _tags(data: Mapping[str, Any]) -> list[str]:
    value = data.get("tags") or []
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise InvalidAlertError("tags: they are no list of texts; write for example `tags: [prod]`")
    return value


def _key(data: Mapping[str, Any], tags: list[str]) -> str:
    keys = [_text(data, "key")] if data.get("key") is not None else []
    keys += [tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)]
    if len(set(keys)) > 1:
        raise InvalidAlertError(f"key: it is {keys[0]!r}, and {keys[1]!r} by another mark; leave one of them out")
    return keys[0] if keys else _text(data, "name")


def _other_tags(tags: list[str], owner: str) -> tuple[str, ...]:
    for tag in tags:
        if tag.startswith(OWNER_TAG) and tag != OWNER_TAG + owner:
            other = tag.removeprefix(OWNER_TAG)
            raise InvalidAlertError(
                f"tags: it is {other!r} who owns it, and not {owner!r}; name that owner, or take the tag {tag!r} out"
            )
    return tuple(dict.fromkeys(tag for tag in tags if not tag.startswith((OWNER_TAG, KEY_TAG))))


def _actions(data: object) -> list[NamedAction | PlainAction]:
    if not isinstance(data, list):
        raise InvalidAlertError(f"actions: it is a {type(data).__name__}; write a list, each item with a `type`")
    if not data:
        raise InvalidAlertError("actions: there is none; where nothing is to happen, write `- type: do-nothing`")
    return [_action(action, f"actions[{number}]") for number, action in enumerate(data)]


def _action(data: object, path: str) -> NamedAction | PlainAction:
    from .._prefect.automation_models import complete_action

    names = {name for name, _, _ in NAMES.values()}
    try:
        named = need_of_action(data) if isinstance(data, Mapping) else None
    except InvalidAlertError as error:
        raise InvalidAlertError(f"{path}.{error}") from None
    if named:
        complete = complete_action(named.data, path, id_field=named.id_field, names=names)
    else:
        complete = complete_action(data, path, names=names)
    for field in _TEXTS:
        _check_template(complete.get(field), f"{path}.{field}")
    return NamedAction(complete, named.id_field, named.need) if named else PlainAction(complete)


def _check_template(text: str | None, path: str) -> None:
    try:
        check(text or "")
    except AirflowCompatError as error:
        raise InvalidAlertError(f"{path}: {error}") from None
