"""Arguments that the author of a DAG or a task gave, carried by what Prefect makes of them.

Prefect's flows and tasks keep their name, their function and their hooks; the arguments travel with one of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_PLACE = "__airflow_compat_arguments__"

OWNER_TAG = "owner:"
"""What the tag of a deployment begins with that names the owner."""

OWNER_LINE = "Owner: "
"""What the line of a task's description begins with that names the owner."""

DEFAULT_OWNER = "airflow"
"""Airflow's own `[operators] default_owner`."""


class Named(str):
    """A name that carries arguments."""

    __slots__ = ("__dict__",)


def carry(carrier: T, arguments: Mapping[str, Any]) -> T:
    """Attach arguments to a function, a hook or a `Named`.

    Args:
        carrier: What carries them.
        arguments: The arguments, by name.
    """
    setattr(carrier, _PLACE, dict(arguments))
    return carrier


def carried(carriers: Iterable[object]) -> Mapping[str, Any]:
    """The arguments of the first that carries any; empty when none does."""
    return next((found for carrier in carriers if (found := getattr(carrier, _PLACE, None)) is not None), {})


def owner_in_tags(tags: Iterable[str]) -> str | None:
    """The owner that a deployment's tags name."""
    return next((tag.removeprefix(OWNER_TAG) for tag in tags if tag.startswith(OWNER_TAG)), None)


def owner_in_description(description: str | None) -> str | None:
    """The owner that the last line of a task's description names."""
    last = (description or "").rpartition("\n")[2]
    return last.removeprefix(OWNER_LINE) if last.startswith(OWNER_LINE) else None
