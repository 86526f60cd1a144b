"""Plans changes of alerts, writes alerts to the server, and deletes alerts."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable

from .._prefect.given_items import are_items, of_one_kind
from ..errors import AirflowCompatError, InvalidAlertError, ServerUnreachableError
from ._plan import (
    DEFAULT_OWNER,
    KEY_TAG,
    AutomationItem,
    AutomationOutcome,
    HeldAutomation,
    by_key,
    duplicates,
    meanwhile,
    objection,
    owners_of,
    plan_automations,
)
from ._server import create_automation, delete_automation, read_automations, read_needs, read_tagged, update_automation
from ._specs import AutomationSpec

# The maximum number of tags in one request.
_PART = 25


def plan_alerts(alerts: Iterable[AutomationSpec], *, owner: str, prune: bool) -> tuple[AutomationItem, ...]:
    specs = of_one_kind(alerts, AutomationSpec, error=InvalidAlertError)
    needs = read_needs(need for spec in specs for need in spec.needs)
    return plan_automations(specs, read_automations(owner), needs, owner=owner, prune=prune)


def apply_alerts(
    alerts: Iterable[AutomationSpec] | Iterable[AutomationItem], *, owner: str
) -> tuple[AutomationOutcome, ...]:
    given = of_one_kind(alerts, AutomationSpec, AutomationItem, error=InvalidAlertError)
    if not are_items(given, AutomationItem, {}, InvalidAlertError):
        return apply_items(plan_alerts(given, owner=owner, prune=False), owner=owner)
    owners = owners_of(given)
    if len(owners | {owner} - {DEFAULT_OWNER}) > 1:
        raise InvalidAlertError(
            f"The items were planned for owner {' and '.join(sorted(owners))}. Apply each owner's plan separately."
        )
    return apply_items(given, owner=next(iter(owners), owner))


def apply_items(items: tuple[AutomationItem, ...], *, owner: str) -> tuple[AutomationOutcome, ...]:
    """Write the items of a plan. An error is returned in the item's outcome, and doesn't stop the other items.

    Raises:
        InvalidAlertError: The plan refuses an item. Nothing was written.
    """
    refused = [f"{item.key}: {'; '.join(item.notes)}" for item in items if item.action == "refused"]
    if refused:
        raise InvalidAlertError("The plan refuses some alerts, so nothing was written:\n" + "\n".join(refused))
    errors: dict[int, str] = {}
    mine: set[str] = set()
    gone = ""
    for part in _parts(items):
        try:
            there = {} if gone else {key: same[0] for key, same in by_key(read_tagged(owner, _tags(part))).items()}
        except ServerUnreachableError as exc:
            gone = str(exc)
        for item in part:
            errors[id(item)] = gone
            if not gone:
                try:
                    mine |= _write(meanwhile(item, there.get(item.key)))
                except ServerUnreachableError as exc:
                    errors[id(item)] = str(exc)
                    gone = "not sent, because the server can't be reached; apply the alerts again"
                except AirflowCompatError as exc:
                    errors[id(item)] = str(exc)
    if mine and not gone:
        _delete_duplicates(owner, _tags(item for item in items if item.action == "create"), mine)
    return tuple(AutomationOutcome(item, errors.get(id(item), "")) for item in items)


def _parts(items: tuple[AutomationItem, ...]) -> list[tuple[AutomationItem, ...]]:
    """Split the items into groups that are written together: up to 25 creations per group, each other item alone.

    The creations are in random order, so that simultaneous processes share the work.
    """
    new = [item for item in items if item.action == "create"]
    parts = [tuple(new[start : start + _PART]) for start in range(0, len(new), _PART)]
    random.shuffle(parts)
    return parts + [(item,) for item in items if item.action in ("update", "delete")]


def _tags(items: Iterable[AutomationItem]) -> list[str]:
    return [KEY_TAG + item.key for item in items if item.action == "create"]


def delete_chosen(owner: str, chosen: Collection[str] | None) -> tuple[AutomationItem, ...]:
    """Delete and return the owner's automations whose keys are in `chosen`; None means all."""
    return _delete(each for each in read_automations(owner) if chosen is None or each.key in chosen)


def delete_all_but(owner: str, alerts: Iterable[AutomationSpec]) -> tuple[AutomationItem, ...]:
    """Delete and return the owner's automations that are not in `alerts`.

    Raises:
        InvalidAlertError: The alerts are incomplete, because DAG files can't be loaded. Nothing was deleted.
    """
    kept = tuple(alerts)
    keys = {alert.key for alert in kept}
    unwanted = [each for each in read_automations(owner) if each.key not in keys]
    if unwanted and (doubt := objection(kept)):
        refused = "\n".join(f"{each.key}: {doubt}" for each in unwanted)
        raise InvalidAlertError(f"Some alerts may still be needed, so nothing was deleted:\n{refused}")
    return _delete(unwanted)


def _delete(automations: Iterable[HeldAutomation]) -> tuple[AutomationItem, ...]:
    items = []
    for each in automations:
        delete_automation(each.id)
        items.append(AutomationItem(each.key, "delete", str(each.data["name"]), id=each.id))
    return tuple(items)


def _write(item: AutomationItem) -> set[str]:
    if item.action == "create":
        return {create_automation(item.data)}
    if item.action == "update":
        update_automation(item.id, item.data)
    elif item.action == "delete":
        delete_automation(item.id)
    return set()


def _delete_duplicates(owner: str, tags: list[str], mine: set[str]) -> None:
    """Delete all automations of a key except the oldest.

    Each process first deletes the duplicates that it created. The remaining ones were created by a process that died,
    or by a request that was sent twice.
    """
    for automation in duplicates(read_tagged(owner, tags)):
        if automation.id in mine:
            delete_automation(automation.id)
    for automation in duplicates(read_tagged(owner, tags)):
        delete_automation(automation.id)
