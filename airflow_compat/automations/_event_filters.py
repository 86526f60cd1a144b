"""Which of a server's events a simulation of alerts has to see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .automations import RUN_NAME, AutomationSpec, TriggerSpec

_ROLE = "prefect.resource.role"
# What has a meaning in Prefect's patterns.
_SPECIAL = re.compile(r"[!*?[]")


def filter_for(specs: Iterable[AutomationSpec], *, since: datetime, until: datetime) -> dict[str, Any]:
    """The filter, as Prefect's API takes it: all events of the runs that alerts are about, and maybe of more.

    Args:
        specs: The alerts.
        since: From when on events are looked at.
        until: Up to when.
    """
    triggers = [trigger for spec in specs for trigger in spec.triggers if isinstance(trigger, TriggerSpec)]
    found: dict[str, Any] = {
        "order": "ASC",
        "occurred": {"since": since.isoformat(), "until": until.isoformat()},
    }
    prefixes = {_prefix(name) for trigger in triggers for name in (*trigger.after, *(trigger.expect or ("*",)))}
    if prefixes and "" not in prefixes:
        found["event"] = {"prefix": sorted(prefixes)}
    flows = [_flows(trigger) for trigger in triggers]
    if flows and all(flows):
        found["related"] = {"labels": {_ROLE: ["flow"], RUN_NAME: sorted({name for names in flows for name in names})}}
    return found


def _prefix(pattern: str) -> str:
    """How the names of all events begin that are of one kind with those that a pattern matches."""
    literal = _SPECIAL.split(pattern, maxsplit=1)[0]
    return literal[: literal.rfind(".") + 1]


def _flows(trigger: TriggerSpec) -> tuple[str, ...]:
    """The names of flows that its runs are of, where it says them without patterns."""
    for labels in trigger.match_related:
        names = labels.get(RUN_NAME, ())
        if tuple(labels.get(_ROLE, ())) == ("flow",) and names and not any(map(_SPECIAL.search, names)):
            return tuple(names)
    return ()
