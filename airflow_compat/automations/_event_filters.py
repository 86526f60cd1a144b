"""Creates the filters with which a simulation reads events from the server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ._specs import RUN_NAME, AutomationSpec, TriggerSpec

_ROLE = "prefect.resource.role"
# Characters with a special meaning in Prefect's patterns.
_SPECIAL = re.compile(r"[!*?[]")


def filter_for(specs: Iterable[AutomationSpec], *, since: datetime, until: datetime) -> dict[str, Any]:
    """Return a filter for Prefect's API that matches all events of the alerts' runs, and possibly other events."""
    triggers = [trigger for spec in specs for trigger in spec.triggers if isinstance(trigger, TriggerSpec)]
    found: dict[str, Any] = {"order": "ASC", "occurred": {"since": since.isoformat(), "until": until.isoformat()}}
    prefixes = {_prefix(name) for trigger in triggers for name in (*trigger.after, *(trigger.expect or ("*",)))}
    if prefixes and "" not in prefixes:
        found["event"] = {"prefix": sorted(prefixes)}
    flows = [_flows(trigger) for trigger in triggers]
    if flows and all(flows):
        found["related"] = {"labels": {_ROLE: ["flow"], RUN_NAME: sorted({name for names in flows for name in names})}}
    return found


def _prefix(pattern: str) -> str:
    """Return a prefix that all event names have that match the pattern."""
    literal = _SPECIAL.split(pattern, maxsplit=1)[0]
    return literal[: literal.rfind(".") + 1]


def _flows(trigger: TriggerSpec) -> tuple[str, ...]:
    for labels in trigger.match_related:
        names = labels.get(RUN_NAME, ())
        if tuple(labels.get(_ROLE, ())) == ("flow",) and names and not any(map(_SPECIAL.search, names)):
            return tuple(names)
    return ()
