"""Reads and writes automations in YAML, in the format of `prefect automation create --from-file`. Uses PyYAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from .._files.object_files import objects_of_yaml
from ..errors import AirflowCompatError, AlertFileError, InvalidAlertError
from ._from_api import NAMES, need_of_action, triggers_from_dict
from ._plan import KEY_TAG, OWNER_TAG, AutomationItem
from ._prefect_models import check_whole, complete_action, complete_trigger
from ._specs import ActionSpec, AutomationSpec
from ._translate_templates import check

_FIELDS = ("key", "name", "description", "enabled", "tags", "trigger", "actions")
# Fields of Prefect's models that this module does not support. Fields with an empty value are ignored.
_OTHERS = {
    "id": "The server assigns the id. Remove the id, and delete the old automation, or both automations will fire.",
    "owner_resource": "Automations that are deleted with a resource are not supported. Remove the field.",
    "actions_on_trigger": "Only `actions` are supported. Move these actions to `actions`.",
    "actions_on_resolve": "Only `actions` are supported. Remove these actions.",
}
_EXPORTED = ("name", "description", "enabled", "tags", "trigger", "actions")
_TEXTS = ("subject", "body", "payload")


def specs_of_yaml(path: Path, data: bytes, *, owner: str) -> list[AutomationSpec]:
    """Read the automations of a file: one automation, a list, or a list under the key `automations`.

    Raises:
        AlertFileError: The file isn't YAML, or an automation is invalid. The message names the line and the field.
    """
    found: dict[str, tuple[int, AutomationSpec]] = {}
    for line, where, spec in objects_of_yaml(
        path,
        data,
        partial(spec_from_document, owner=owner),
        key="automations",
        thing="an automation",
        write="name, trigger and actions",
        error=AlertFileError,
    ):
        if spec.key in found:
            raise AlertFileError(
                f"{where}: the automation at line {found[spec.key][0]} has the same key. Give each automation a "
                "different `key:`."
            )
        found[spec.key] = line, spec
    if not found:
        raise AlertFileError(
            f"{path} has no automation. Define an automation in the format of `prefect automation create`."
        )
    return [spec for _, spec in found.values()]


def to_yaml(items: tuple[AutomationItem, ...]) -> str:
    """Return the items of a plan as YAML, except items that are deleted or refused."""
    # Writes sets of labels that occur several times in full, not as YAML aliases.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    dumper.add_representer(str, _literal_text)
    content = {"automations": [{field: item.data[field] for field in _EXPORTED} for item in items if item.data]}
    return str(yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf")))


def spec_from_document(data: Mapping[str, Any], *, owner: str) -> AutomationSpec:
    """Return the spec of one automation.

    Raises:
        InvalidAlertError: A field is invalid. The message begins with the name of the field.
    """
    for field in data:
        if field in _OTHERS:
            if data[field]:
                raise InvalidAlertError(f"{field}: {_OTHERS[field]}")
        elif field not in _FIELDS:
            raise InvalidAlertError(f"{field}: automations have no such field. Use any of {', '.join(_FIELDS)}.")
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


def _required(data: Mapping[str, Any], field: str) -> Any:
    if data.get(field) is None:
        raise InvalidAlertError(f"{field} is missing. An automation needs name, trigger and actions.")
    return data[field]


def _text(data: Mapping[str, Any], field: str) -> str:
    value = _required(data, field)
    if not isinstance(value, str) or not value.strip():
        raise InvalidAlertError(f"{field}: {value!r} isn't a text, or is empty. Use a text in quotes.")
    return value


def _enabled(data: Mapping[str, Any]) -> bool:
    value = data.get("enabled", True)
    if not isinstance(value, bool):
        raise InvalidAlertError(f"enabled: {value!r} is invalid. Use true or false.")
    return value


def _tags(data: Mapping[str, Any]) -> list[str]:
    value = data.get("tags") or []
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise InvalidAlertError("tags isn't a list of texts. Use for example `tags: [prod]`.")
    return value


def _key(data: Mapping[str, Any], tags: list[str]) -> str:
    keys = [_text(data, "key")] if data.get("key") is not None else []
    keys += [tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)]
    if len(set(keys)) > 1:
        raise InvalidAlertError(
            f"key: the automation has two keys, {keys[0]!r} and {keys[1]!r}. Remove one of the two."
        )
    return keys[0] if keys else _text(data, "name")


def _other_tags(tags: list[str], owner: str) -> tuple[str, ...]:
    for tag in tags:
        if tag.startswith(OWNER_TAG) and tag != OWNER_TAG + owner:
            raise InvalidAlertError(
                f"tags: the owner is {tag.removeprefix(OWNER_TAG)!r}, not {owner!r}. Pass that owner, or remove the "
                f"tag {tag!r}."
            )
    return tuple(dict.fromkeys(tag for tag in tags if not tag.startswith((OWNER_TAG, KEY_TAG))))


def _actions(data: object) -> list[ActionSpec]:
    if not isinstance(data, list):
        raise InvalidAlertError(f"actions is a {type(data).__name__}. Use a list of actions, each with a `type`.")
    if not data:
        raise InvalidAlertError("actions is empty. If nothing should happen, use `- type: do-nothing`.")
    return [_action(action, f"actions[{number}]") for number, action in enumerate(data)]


def _action(data: object, path: str) -> ActionSpec:
    names = {name for name, _, _ in NAMES.values()}
    try:
        named = need_of_action(data) if isinstance(data, Mapping) else None
    except InvalidAlertError as error:
        raise InvalidAlertError(f"{path}.{error}") from None
    complete = complete_action(
        named.data if named else data, path, id_field=named.id_field if named else "", names=names
    )
    for field in _TEXTS:
        try:
            check(complete.get(field) or "")
        except AirflowCompatError as error:
            raise InvalidAlertError(f"{path}.{field}: {error}") from None
    return replace(named, data=complete) if named else ActionSpec(complete)


def _literal_text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
