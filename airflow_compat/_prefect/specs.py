"""Specs: frozen descriptions of Prefect objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .._airflow.sendable import refusal

MARK = "airflow"
"""The key in a block's data that stores the Airflow id, and the values for which the block has no field."""


@dataclass(frozen=True)
class BlockSpec:
    """A block document.

    `data` has the block's fields, including secrets, and the key `MARK`. `id` is the server's id of an existing
    document.
    """

    type_slug: str
    name: str
    data: Mapping[str, Any] = field(repr=False)
    id: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"block {self.type_slug}/{self.name}"


@dataclass(frozen=True)
class VariableSpec:
    """A Prefect variable. If the variable's name differs from the Airflow key, a tag stores the key."""

    name: str
    value: Any = field(repr=False)
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"variable {self.name}"


@dataclass(frozen=True)
class LimitSpec:
    """A global concurrency limit. `id` is the server's id of an existing limit."""

    name: str
    limit: int
    active: bool = True
    id: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"global concurrency limit {self.name}"


Spec: TypeAlias = BlockSpec | VariableSpec | LimitSpec

LARGEST_LIMIT = 2**31 - 1
"""The largest limit that the server's database can store."""

# The maximum length of a Prefect variable's name, in characters.
_LONGEST_NAME = 255


def problem_of_spec(spec: Spec) -> str:
    """Return why Prefect would refuse the spec, with the next step; empty if Prefect accepts it."""
    match spec:
        case VariableSpec() if len(spec.name) > _LONGEST_NAME:
            return (
                f"the variable's key is longer than a Prefect variable's name may be ({_LONGEST_NAME} characters); "
                "shorten the key"
            )
        case LimitSpec() if spec.limit > LARGEST_LIMIT:
            return (
                f"the pool has more slots than a Prefect limit may have ({LARGEST_LIMIT}); use -1 for unlimited slots"
            )
        case VariableSpec():
            return refusal([spec.name, spec.value, spec.tags], "in Airflow")
        case BlockSpec():
            return refusal([spec.name, spec.data], "in Airflow")
        case LimitSpec():
            return refusal(spec.name, "in Airflow")
