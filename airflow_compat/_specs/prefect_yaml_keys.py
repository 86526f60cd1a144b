"""The keys of a `prefect.yaml`, and what stands behind each; Prefect passes over what it doesn't know in silence."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

TEXT, WHOLE, BOOL, LIST, MAPPING, STEPS, ANY = (
    "a text",
    "a whole number",
    "true or false",
    "a list",
    "a mapping",
    "steps",
    "",
)
"""What may stand behind a key, in the words of messages. `ANY` is looked at elsewhere, or not at all."""

TOP: Mapping[str, str] = MappingProxyType(
    {
        "prefect-version": TEXT,
        "name": TEXT,
        "build": STEPS,
        "push": STEPS,
        "pull": STEPS,
        "deployments": LIST,
        # For YAML's own anchors, as Prefect's pages have it.
        "definitions": ANY,
    }
)
DEPLOYMENT: Mapping[str, str] = MappingProxyType(
    {
        "name": TEXT,
        "version": TEXT,
        "version_type": TEXT,
        "tags": ANY,
        "description": TEXT,
        "schedule": ANY,
        "schedules": LIST,
        "paused": BOOL,
        "concurrency_limit": ANY,
        "flow_name": TEXT,
        "entrypoint": TEXT,
        "parameters": MAPPING,
        "enforce_parameter_schema": BOOL,
        "build": STEPS,
        "push": STEPS,
        "pull": STEPS,
        "work_pool": MAPPING,
        "triggers": LIST,
        "sla": ANY,
    }
)
WORK_POOL: Mapping[str, str] = MappingProxyType({"name": TEXT, "work_queue_name": TEXT, "job_variables": MAPPING})
LIMIT: Mapping[str, str] = MappingProxyType({"limit": WHOLE, "collision_strategy": TEXT, "grace_period_seconds": WHOLE})
SCHEDULE: Mapping[str, str] = MappingProxyType(
    {
        "cron": TEXT,
        "interval": ANY,
        "rrule": TEXT,
        "timezone": TEXT,
        "anchor_date": TEXT,
        "active": ANY,
        "parameters": MAPPING,
        "slug": TEXT,
        "replaces": TEXT,
        "day_or": ANY,
    }
)
STRATEGIES = ("ENQUEUE", "CANCEL_NEW")


def nearest(name: str, known: Mapping[str, object]) -> str:
    """`; did you mean "tags"?`, or all names that are known."""
    found = difflib.get_close_matches(name.lower().replace("-", "_"), known, 1, 0.6)
    return f"did you mean {found[0]!r}?" if found else f"what is known: {', '.join(known)}"
