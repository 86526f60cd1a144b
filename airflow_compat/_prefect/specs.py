"""The specs: frozen data that say what one Prefect object should be. `_prefect` reads and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .._airflow.sendable import refusal

MARK = "airflow"
"""The key in a block document's data under which the Airflow id, and what else the block has no field for, is kept."""


@dataclass(frozen=True)
class BlockSpec:
    """A block document. `data` is what the block's class validates, plus `MARK`; it holds secrets.

    `id` is the server's, of a document that it holds.
    """

    type_slug: str
    name: str
    data: Mapping[str, Any] = field(repr=False)
    id: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"block {self.type_slug}/{self.name}"


@dataclass(frozen=True)
class VariableSpec:
    """A Prefect variable; the Airflow key is in the tags where the name is not the key itself."""

    name: str
    value: Any = field(repr=False)
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"variable {self.name}"


@dataclass(frozen=True)
class LimitSpec:
    """A global concurrency limit; `id` is the server's, where it was read from there."""

    name: str
    limit: int
    active: bool = True
    id: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"global concurrency limit {self.name}"


Spec: TypeAlias = BlockSpec | VariableSpec | LimitSpec

LARGEST_LIMIT = 2**31 - 1
"""The largest number that the server's database keeps for a limit."""

# Prefect refuses a variable whose name is longer.
_LONGEST_NAME = 255


def problem_of_spec(spec: Spec) -> str:
    """Why Prefect would refuse the spec, and what to do; empty when it takes it."""
    match spec:
        case VariableSpec() if len(spec.name) > _LONGEST_NAME:
            return f"its key is longer than a Prefect variable's name may be ({_LONGEST_NAME} characters); shorten it"
        case LimitSpec() if spec.limit > LARGEST_LIMIT:
            return f"it has more slots than a Prefect limit may have ({LARGEST_LIMIT}); write -1 for unlimited"
        case VariableSpec():
            return refusal([spec.name, spec.value, spec.tags], "in Airflow")
        case BlockSpec():
            return refusal([spec.name, spec.data], "in Airflow")
        case LimitSpec():
            return refusal(spec.name, "in Airflow")
