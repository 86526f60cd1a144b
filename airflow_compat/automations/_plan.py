"""An automations' plan: what a set of specs asks for, against what the server holds. Pure; both sides are data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from .._airflow.sendable import refusal
from .automations import AutomationSpec, Need

DEFAULT_OWNER = "default"
"""Whose automations are meant where no owner is given."""

OWNER_TAG = "airflow-compat-owner:"
"""How the tag begins that says whose an automation is. What has none, or another's, is never touched."""

KEY_TAG = "airflow-compat-key:"
"""How the tag begins that says which of its owner's automations it is."""

Action: TypeAlias = Literal["create", "update", "unchanged", "delete", "refused"]
"""What applying does: create it; make what the server has like it; nothing, since that is like it; delete what the
server has; nothing, since it can't be."""


@dataclass(frozen=True)
class HeldAutomation:
    """An automation of ours that the server holds.

    Attributes:
        id: The server's.
        key: Its spec's key.
        created: When, in ISO form, which sorts by time.
        enabled: Whether it is switched on.
        data: Its name, description, trigger and actions, as Prefect's API gives them.
    """

    id: str
    key: str
    created: str
    enabled: bool
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """What the server has for a need: an id, or a reason why it doesn't do."""

    id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class AutomationItem:
    """One automation, and what is to become of it.

    Attributes:
        key: What it is known by.
        action: What applying does.
        name: What Prefect's UI shows.
        notes: What differs, or why it is refused.
        data: What the server is to have, as Prefect's API takes it; nothing for what is refused or deleted.
        id: Of what the server has, where that is to be changed or deleted.
    """

    key: str
    action: Action
    name: str
    notes: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    id: str = field(default="", repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The item without what is to be written, for JSON."""
        return {"key": self.key, "action": self.action, "name": self.name, "notes": list(self.notes)}


@dataclass(frozen=True)
class AutomationOutcome:
    """What became of an item of the plan.

    Attributes:
        item: The item.
        error: Why it could not be written; empty when it was, or when there was nothing to do.
    """

    item: AutomationItem
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether the server now holds what the plan says."""
        return not self.error and self.item.action != "refused"


def tags_for(owner: str, key: str) -> list[str]:
    """The marks of an automation of ours."""
    return [OWNER_TAG + owner, KEY_TAG + key]


def key_from_tags(tags: Iterable[str]) -> str | None:
    """The key that the marks tell."""
    return next((tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)), None)


def owners_of(items: Iterable[AutomationItem]) -> set[str]:
    """The owners that items were planned for, as far as they say."""
    tags = (tag for item in items for tag in item.data.get("tags", ()))
    return {tag.removeprefix(OWNER_TAG) for tag in tags if tag.startswith(OWNER_TAG)}


def plan_automations(
    specs: Iterable[AutomationSpec],
    held: Iterable[HeldAutomation],
    needs: Mapping[Need, Found],
    *,
    owner: str,
    prune: bool = False,
) -> tuple[AutomationItem, ...]:
    """An item for each spec, in their order, and then for what is to be deleted.

    Args:
        specs: What should be.
        held: What the server has of this owner's.
        needs: What the server has for what the specs need.
        owner: Whose they are.
        prune: Whether what no spec asks for is to be deleted.
    """
    specs = tuple(specs)
    by_key: dict[str, list[HeldAutomation]] = {}
    # Of two that were created at once, the first stays, whoever looks.
    for automation in in_order(held):
        by_key.setdefault(automation.key, []).append(automation)
    return (*_wanted(specs, by_key, needs, owner), *_unwanted({spec.key for spec in specs}, by_key, prune=prune))


def in_order(held: Iterable[HeldAutomation]) -> list[HeldAutomation]:
    """As they were created."""
    return sorted(held, key=lambda automation: (automation.created, automation.id))


def meanwhile(item: AutomationItem, there: HeldAutomation | None) -> AutomationItem:
    """What is to become of an item, now that the server has this of its key, which it had not when it was planned."""
    if item.action != "create" or there is None:
        return item
    differences = _differences(item.data, there)
    return replace(item, action="update" if differences else "unchanged", id=there.id, notes=tuple(differences))


def duplicates(held: Iterable[HeldAutomation]) -> list[HeldAutomation]:
    """The automations that another of the same key was there before."""
    seen: set[str] = set()
    found = []
    for automation in in_order(held):
        if automation.key in seen:
            found.append(automation)
        seen.add(automation.key)
    return found


def _wanted(
    specs: tuple[AutomationSpec, ...],
    by_key: Mapping[str, list[HeldAutomation]],
    needs: Mapping[Need, Found],
    owner: str,
) -> Iterator[AutomationItem]:
    keys = [spec.key for spec in specs]
    for spec in specs:
        problems = [needs[need].problem for need in spec.needs if needs[need].problem]
        if keys.count(spec.key) > 1:
            problems.append(f"two alerts have the key {spec.key!r}; give each a key= of its own")
        if problems:
            yield AutomationItem(spec.key, "refused", spec.name, tuple(problems))
            continue
        data = _data(spec, {need: needs[need].id for need in spec.needs}, owner)
        if problem := refusal(data, "in the alert's arguments"):
            yield AutomationItem(spec.key, "refused", spec.name, (problem,))
            continue
        if spec.key not in by_key:
            yield AutomationItem(spec.key, "create", spec.name, data=data)
            continue
        first = by_key[spec.key][0]
        differences = _differences(data, first)
        switched = "on" if first.enabled else "off"
        notes = () if first.enabled == spec.enabled else (f"switched {switched} on the server, and left so",)
        data = {**data, "enabled": first.enabled}
        if differences:
            # The trigger's ids are new after an update, and with them its timers: the server forgets what it waits for.
            yield AutomationItem(
                spec.key, "update", spec.name, (f"differs in {', '.join(differences)}", *notes), data, first.id
            )
        else:
            yield AutomationItem(spec.key, "unchanged", spec.name, notes, data, first.id)


def _unwanted(keys: set[str], by_key: Mapping[str, list[HeldAutomation]], *, prune: bool) -> Iterator[AutomationItem]:
    for key, automations in by_key.items():
        for automation in automations[1:]:
            yield _deletion(automation, "there is another of this key")
        if prune and key not in keys:
            yield _deletion(automations[0], "no alert asks for it")


def _deletion(automation: HeldAutomation, note: str) -> AutomationItem:
    return AutomationItem(automation.key, "delete", str(automation.data.get("name", "")), (note,), id=automation.id)


_COMPARED = ("name", "description", "tags", "trigger", "actions")
# What Prefect adds to what it was given.
_DEFAULTS = {"schedule_after": 0, "type": "event", "source": "selected", "force": False}
_SETS = ("after", "expect", "for_each", "tags")
# Their names are their author's: a label may be called `id`.
_AS_THEY_ARE = ("parameters", "job_variables", "match", "match_related")


def _data(spec: AutomationSpec, ids: Mapping[Need, str], owner: str) -> dict[str, Any]:
    return {
        "name": spec.name,
        "description": spec.description,
        "enabled": spec.enabled,
        "tags": [*tags_for(owner, spec.key), *spec.tags],
        "trigger": spec.trigger_dict(),
        "actions": [action.as_dict(ids) for action in spec.actions],
    }


def _differences(data: Mapping[str, Any], there: HeldAutomation) -> list[str]:
    return [name for name in _COMPARED if _normal(data[name], name) != _normal(there.data.get(name), name)]


def _normal(value: Any, key: str = "") -> Any:
    """The value without what the server adds, and with sets in order: equal for what means the same.

    A trigger's id is the server's; an action has none.
    """
    if isinstance(value, Mapping):
        if key in _AS_THEY_ARE:
            return dict(value)
        return {
            name: _normal(inner, name)
            for name, inner in value.items()
            if inner is not None and name != "id" and (name not in _DEFAULTS or inner != _DEFAULTS[name])
        }
    if isinstance(value, (list, tuple, set)):
        items = [_normal(inner, key) for inner in value]
        return sorted(items) if key in _SETS else items
    return value
