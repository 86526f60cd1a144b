"""Holds the variables of a test, which replace the server's."""

from __future__ import annotations

from typing import Protocol

from .._prefect.override import Override
from .._prefect.specs import BlockSpec, VariableSpec


class VariableStore(Protocol):
    """Reads and writes variables: `_server`, or a test's replacement."""

    def find(self, key: str) -> VariableSpec | BlockSpec | None:
        """Return the spec of the variable with this key; None if there is no such variable."""

    def store(self, key: str, spec: VariableSpec | BlockSpec) -> None:
        """Store the variable that the spec describes under this key."""

    def remove(self, key: str) -> bool:
        """Delete the variable with this key. Return True if the variable existed."""


class Variables(VariableStore, Protocol):
    """All variables of a test."""

    def not_found(self, key: str) -> str:
        """Return the error message for a missing key."""


VARIABLES: Override[Variables] = Override("airflow_compat_variables")
