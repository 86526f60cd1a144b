"""Plans changes by comparing specs with the server's automations. Makes no requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from .._airflow.sendable import refusal
from ._specs import AutomationSpec, Need

DEFAULT_OWNER = "default"

OWNER_TAG = "airflow-compat-owner:"
"""The prefix of the tag that contains the owner. Automations without the owner's tag are never changed."""

KEY_TAG = "airflow-compat-key:"
"""The prefix of the tag that contains the alert's key."""

Action: TypeAlias = Literal["create", "update", "unchanged", "delete", "refused"]
"""The action that `apply` takes for an item; for `unchanged` and `refused`, it does nothing."""


@dataclass(frozen=True)
class HeldAutomation:
    """An automation on the server that belongs to an alert.

    Attributes:
        created: The creation time in ISO format; sorting these texts sorts by time.
        data: The automation's name, description, trigger and actions, as returned by Prefect's API.
    """

    id: str
    key: str
    created: str
    enabled: bool
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class FoundNeed:
    """The id of the object on the server that a `Need` names, or the reason why it can't be used."""

    id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class AutomationItem:
    """A planned change of one automation.

    Attributes:
        key: Identifies the automation.
        action: What `apply` does.
        name: The name in Prefect's UI.
        notes: The differences, or the reasons for a refusal.
        data: The request for Prefect's API; empty if the item is refused or deleted.
        id: The id of an existing automation.
    """

    key: str
    action: Action
    name: str
    notes: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    id: str = field(default="", repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the item as JSON data, without the request."""
        return {"key": self.key, "action": self.action, "name": self.name, "notes": list(self.notes)}


@dataclass(frozen=True)
class AutomationOutcome:
    """The result of applying an item.

    Attributes:
        error: The reason why the item could not be written; empty if it was written.
    """

    item: AutomationItem
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether the automation on the server now matches the plan."""
        return not self.error and self.item.action != "refused"


def tags_for(owner: str, key: str) -> list[str]:
    return [OWNER_TAG + owner, KEY_TAG + key]


def key_from_tags(tags: Iterable[str]) -> str | None:
    return next((tag.removeprefix(KEY_TAG) for tag in tags if tag.startswith(KEY_TAG)), None)


def owners_of(items: Iterable[AutomationItem]) -> set[str]:
    tags = (tag for item in items for tag in item.data.get("tags", ()))
    return {tag.removeprefix(OWNER_TAG) for tag in tags if tag.startswith(OWNER_TAG)}


def plan_automations(
    specs: Sequence[AutomationSpec],
    held: Iterable[HeldAutomation],
    needs: Mapping[Need, FoundNeed],
    *,
    owner: str,
    prune: bool = False,
) -> tuple[AutomationItem, ...]:
    """Return an item for each spec, then the deletions."""
    there = by_key(held)
    return (*_wanted(specs, there, needs, owner), *_unwanted(specs, there, prune=prune))


def objection(specs: Iterable[AutomationSpec]) -> str:
    """Return the reason why the alerts that are not in `specs` may still be needed; empty if they are not."""
    files = dict.fromkeys(file for spec in specs for file in spec.unread_files)
    if not files:
        return ""
    return (
        f"DAG files that can't be loaded may need the alert: {', '.join(files)}; repair the files, or exclude them in "
        ".airflowignore"
    )


def by_key(held: Iterable[HeldAutomation]) -> dict[str, list[HeldAutomation]]:
    """Group automations by key, each group from the oldest to the newest. The order is the same in all processes."""
    found: dict[str, list[HeldAutomation]] = {}
    for automation in sorted(held, key=lambda each: (each.created, each.id)):
        found.setdefault(automation.key, []).append(automation)
    return found


def meanwhile(item: AutomationItem, there: HeldAutomation | None) -> AutomationItem:
    """If another process has created the automation since the plan was made, return the item as an update of it."""
    if item.action != "create" or there is None:
        return item
    differences = _differences(item.data, there)
    return replace(item, action="update" if differences else "unchanged", id=there.id, notes=tuple(differences))


def duplicates(held: Iterable[HeldAutomation]) -> list[HeldAutomation]:
    """Return all automations of a key except the oldest one."""
    return [automation for same in by_key(held).values() for automation in same[1:]]


def _wanted(
    specs: Sequence[AutomationSpec],
    there: Mapping[str, list[HeldAutomation]],
    needs: Mapping[Need, FoundNeed],
    owner: str,
) -> Iterator[AutomationItem]:
    keys = [spec.key for spec in specs]
    for spec in specs:
        problems = [needs[need].problem for need in spec.needs if needs[need].problem]
        if keys.count(spec.key) > 1:
            problems.append(f"two alerts have the key {spec.key!r}; give each alert its own key=")
        ids = {need: needs[need].id for need in spec.needs}
        data = {
            "name": spec.name,
            "description": spec.description,
            "enabled": spec.enabled,
            "tags": [*tags_for(owner, spec.key), *spec.tags],
            "trigger": spec.trigger_dict(),
            "actions": [action.as_dict(ids) for action in spec.actions],
        }
        if not problems and (problem := refusal(data, "in the alert's arguments")):
            problems.append(problem)
        if problems:
            yield AutomationItem(spec.key, "refused", spec.name, tuple(problems))
            continue
        if spec.key not in there:
            yield AutomationItem(spec.key, "create", spec.name, data=data)
            continue
        first = there[spec.key][0]
        # An automation is updated only if it differs, because an update gives its trigger new ids, which resets the
        # trigger's timers.
        differences = _differences(data, first)
        notes = [f"differs in {', '.join(differences)}"] if differences else []
        if first.enabled != spec.enabled:
            notes.append(f"stays {'enabled' if first.enabled else 'disabled'}, as set on the server")
        action: Action = "update" if differences else "unchanged"
        yield AutomationItem(spec.key, action, spec.name, tuple(notes), {**data, "enabled": first.enabled}, first.id)


def _unwanted(
    specs: Sequence[AutomationSpec], there: Mapping[str, list[HeldAutomation]], *, prune: bool
) -> Iterator[AutomationItem]:
    keys, doubt = {spec.key for spec in specs}, objection(specs)
    for key, automations in there.items():
        for automation in automations[1:]:
            yield _deletion(automation, "duplicate of an older automation with this key")
        if prune and key not in keys:
            unwanted = _deletion(automations[0], doubt or "no alert has this key")
            yield replace(unwanted, action="refused") if doubt else unwanted


def _deletion(automation: HeldAutomation, note: str) -> AutomationItem:
    return AutomationItem(automation.key, "delete", str(automation.data.get("name", "")), (note,), id=automation.id)


_COMPARED = ("name", "description", "tags", "trigger", "actions")
# The values of fields that the server fills in if a request lacks them.
_DEFAULTS = {"schedule_after": 0, "type": "event", "source": "selected", "force": False}
_SETS = ("after", "expect", "for_each", "tags")
# Users choose the keys of these mappings, so a key `id` can be a label.
_AS_THEY_ARE = ("parameters", "job_variables", "match", "match_related")


def _differences(data: Mapping[str, Any], there: HeldAutomation) -> list[str]:
    return [name for name in _COMPARED if _normal(data[name], name) != _normal(there.data.get(name), name)]


def _normal(value: Any, key: str = "") -> Any:
    """Return the data in a form to compare: with sorted sets, and without the server's defaults and trigger ids."""
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
