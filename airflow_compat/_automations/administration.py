"""Alerts onto the server: planned, written, taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .._prefect.automations import (
    create_automation,
    delete_automation,
    read_automations,
    read_needs,
    read_tagged,
    update_automation,
)
from .._specs.automation_plan import KEY_TAG, AutomationItem, AutomationOutcome, duplicates, plan_automations
from .._specs.automations import AutomationSpec
from ..errors import AirflowCompatError, InvalidAlertError, ServerUnreachableError


def plan_alerts(alerts: Iterable[AutomationSpec], *, owner: str, prune: bool) -> tuple[AutomationItem, ...]:
    """See `airflow_compat.automations.plan`."""
    specs = tuple(alerts)
    needs = read_needs(need for spec in specs for need in spec.needs)
    return plan_automations(specs, read_automations(owner), needs, owner=owner, prune=prune)


def apply_items(items: Iterable[AutomationItem], *, owner: str) -> tuple[AutomationOutcome, ...]:
    """Write what a plan says. What fails is in the outcomes, and the rest goes on.

    Raises:
        InvalidAlertError: The plan refuses an item; nothing was written.
    """
    items = tuple(items)
    refused = [f"{item.key}: {'; '.join(item.notes)}" for item in items if item.action == "refused"]
    if refused:
        raise InvalidAlertError("nothing was written, since " + "\n".join(refused))
    outcomes = []
    gone = ""
    for item in items:
        error = gone
        if not gone:
            try:
                _write(item)
            except ServerUnreachableError as exc:
                error = str(exc)
                gone = "not tried, since the server can't be reached; apply the alerts again"
            except AirflowCompatError as exc:
                error = str(exc)
        outcomes.append(AutomationOutcome(item, error))
    if not gone:
        _delete_duplicates(owner, [item.key for item in items if item.action == "create"])
    return tuple(outcomes)


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


def _write(item: AutomationItem) -> None:
    if item.action == "create":
        create_automation(item.data)
    elif item.action == "update":
        update_automation(item.id, item.data)
    elif item.action == "delete":
        delete_automation(item.id)


def _delete_duplicates(owner: str, keys: list[str]) -> None:
    """Keep one of each that two processes created at once.

    The server has no unique names for automations. Each process looks after it has created, so the last one sees all,
    and all of them agree on which to keep: the one that was created first.
    """
    for automation in duplicates(read_tagged(owner, (KEY_TAG + key for key in keys))):
        delete_automation(automation.id)
