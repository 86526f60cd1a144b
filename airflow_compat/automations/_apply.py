"""Alerts onto the server: planned, written, taken away."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from .._prefect.automations import (
    create_automation,
    delete_automation,
    read_automations,
    read_needs,
    read_tagged,
    update_automation,
)
from .._specs.automation_plan import (
    DEFAULT_OWNER,
    KEY_TAG,
    AutomationItem,
    AutomationOutcome,
    duplicates,
    in_order,
    meanwhile,
    owners_of,
    plan_automations,
)
from .._specs.automations import AutomationSpec
from .._specs.planned import are_items, of_one_kind
from ..errors import AirflowCompatError, InvalidAlertError, ServerUnreachableError

# As many as can be asked for in one request.
_PART = 25


def plan_alerts(alerts: Iterable[AutomationSpec], *, owner: str, prune: bool) -> tuple[AutomationItem, ...]:
    """See `airflow_compat.automations.plan`."""
    specs = of_one_kind(alerts, AutomationSpec, error=InvalidAlertError)
    needs = read_needs(need for spec in specs for need in spec.needs)
    return plan_automations(specs, read_automations(owner), needs, owner=owner, prune=prune)


def apply_alerts(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str
) -> tuple[AutomationOutcome, ...]:
    """See `airflow_compat.automations.apply`."""
    given = of_one_kind(alerts, AutomationSpec, AutomationItem, error=InvalidAlertError)
    if not are_items(given, AutomationItem, {}, InvalidAlertError):
        return apply_items(plan_alerts(given, owner=owner, prune=False), owner=owner)
    owners = owners_of(given)
    if len(owners | {owner} - {DEFAULT_OWNER}) > 1:
        names = " and ".join(sorted(owners))
        raise InvalidAlertError(f"the items were planned for the owner {names}; apply each owner's plan by itself")
    return apply_items(given, owner=next(iter(owners), owner))


def apply_items(items: Iterable[AutomationItem], *, owner: str) -> tuple[AutomationOutcome, ...]:
    """Write what a plan says. What fails is in the outcomes, and the rest goes on.

    Raises:
        InvalidAlertError: The plan refuses an item; nothing was written.
    """
    items = tuple(items)
    refused = [f"{item.key}: {'; '.join(item.notes)}" for item in items if item.action == "refused"]
    if refused:
        raise InvalidAlertError("nothing was written, since " + "\n".join(refused))
    errors: dict[int, str] = {}
    mine: set[str] = set()
    gone = ""
    for part in _parts(items):
        try:
            there = {} if gone else {each.key: each for each in reversed(in_order(read_tagged(owner, _tags(part))))}
        except ServerUnreachableError as exc:
            gone = str(exc)
        for item in part:
            errors[id(item)] = gone
            if not gone:
                try:
                    mine |= _write(meanwhile(item, there.get(item.key)))
                except ServerUnreachableError as exc:
                    errors[id(item)] = str(exc)
                    gone = "not tried, since the server can't be reached; apply the alerts again"
                except AirflowCompatError as exc:
                    errors[id(item)] = str(exc)
    if mine and not gone:
        _delete_duplicates(owner, _tags(item for item in items if item.action == "create"), mine)
    return tuple(AutomationOutcome(item, errors.get(id(item), "")) for item in items)


def _parts(items: tuple[AutomationItem, ...]) -> list[tuple[AutomationItem, ...]]:
    """What is written together: some that are to be created, and each of the others by itself.

    Before some are created, they are looked for once more, in another order in each process: so those that apply the
    same alerts at once share the work.
    """
    new = [item for item in items if item.action == "create"]
    parts = [tuple(new[start : start + _PART]) for start in range(0, len(new), _PART)]
    random.shuffle(parts)
    return parts + [(item,) for item in items if item.action in ("update", "delete")]


def _tags(items: Iterable[AutomationItem]) -> list[str]:
    return [KEY_TAG + item.key for item in items if item.action == "create"]


def delete_keys(keys: Iterable[str] | None, *, owner: str) -> tuple[AutomationItem, ...]:
    """Delete the owner's automations of these keys, or all of them; what was deleted."""
    chosen = None if keys is None else set(keys)
    return _delete(owner, lambda key: chosen is None or key in chosen)


def delete_others(keys: Iterable[str], *, owner: str) -> tuple[AutomationItem, ...]:
    """Delete the owner's automations of other keys; what was deleted."""
    kept = set(keys)
    return _delete(owner, lambda key: key not in kept)


def _delete(owner: str, chosen: Callable[[str], bool]) -> tuple[AutomationItem, ...]:
    items = []
    for automation in read_automations(owner):
        if chosen(automation.key):
            delete_automation(automation.id)
            name = str(automation.data["name"])
            items.append(AutomationItem(automation.key, "delete", name, id=automation.id))
    return tuple(items)


def _write(item: AutomationItem) -> set[str]:
    """Do it; the id of what was created."""
    if item.action == "create":
        return {create_automation(item.data)}
    if item.action == "update":
        update_automation(item.id, item.data)
    elif item.action == "delete":
        delete_automation(item.id)
    return set()


def _delete_duplicates(owner: str, tags: list[str], mine: set[str]) -> None:
    """Keep one of each that two processes created at once.

    The server has no unique names for automations. Each process looks after it has created, so the last one sees all,
    and all of them agree on which to keep: the one that was created first. Each takes away its own; what is left then
    is of a process that could not, or of a request that was sent twice.
    """
    for automation in duplicates(read_tagged(owner, tags)):
        if automation.id in mine:
            delete_automation(automation.id)
    for automation in duplicates(read_tagged(owner, tags)):
        delete_automation(automation.id)
