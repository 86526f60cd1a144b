"""Attach DAG and task arguments to Prefect flows and tasks.

The arguments are stored as an attribute of an object that copies of the flow or task share: its name, its function or
one of its hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_PLACE = "__airflow_compat_arguments__"

OWNER_TAG = "owner:"
"""The prefix of a deployment's owner tag."""

OWNER_LINE = "Owner: "
"""The start of the line with the owner in a task's description."""

DEFAULT_OWNER = "airflow"
"""Airflow's `[operators] default_owner`."""


class Named(str):
    """A flow's or task's name with attached arguments."""

    __slots__ = ("__dict__",)


def carry(carrier: T, arguments: Mapping[str, Any]) -> T:
    """Attach arguments to a function, a hook or a `Named`."""
    setattr(carrier, _PLACE, dict(arguments))
    return carrier


def carried(carriers: Iterable[object]) -> Mapping[str, Any]:
    """Return the arguments attached to the first object that has any; an empty mapping if none has."""
    return next((found for carrier in carriers if (found := getattr(carrier, _PLACE, None)) is not None), {})


def owner_in_tags(tags: Iterable[str]) -> str | None:
    return next((tag.removeprefix(OWNER_TAG) for tag in tags if tag.startswith(OWNER_TAG)), None)


def owner_in_description(description: str | None) -> str | None:
    last = (description or "").rpartition("\n")[2]
    return last.removeprefix(OWNER_LINE) if last.startswith(OWNER_LINE) else None
