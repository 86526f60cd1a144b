"""Fake variables for a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._airflow.variable import VariableRecord
from .._prefect.specs import BlockSpec, VariableSpec
from ..errors import FakeError
from ..variables._override import VARIABLES
from ..variables._specs import spec_from_variable
from ._fake import Fake

_DESCRIBED = {"description", "value"}


class FakeVariables(Fake[VariableSpec | BlockSpec]):
    """The fake that `fake_variables` returns."""

    _place = VARIABLES
    _function = "fake_variables"

    @property
    def values(self) -> dict[str, Any]:
        """The stored variables, with the changes that the code made.

        Text is returned unchanged, and JSON is decoded. The values are still available after the `with` block.
        """
        # Copied first, because threads of the tested code may still set variables.
        return {
            key: spec.value if isinstance(spec, VariableSpec) else spec.data["value"]
            for key, spec in dict(self._held).items()
        }

    def find(self, key: str) -> VariableSpec | BlockSpec | None:
        return self._held.get(key)

    def store(self, key: str, spec: VariableSpec | BlockSpec) -> None:
        self._held[key] = spec

    def remove(self, key: str) -> bool:
        return self._held.pop(key, None) is not None

    def not_found(self, key: str) -> str:
        return (
            f"Variable {key!r} isn't among those of fake_variables(), which has {self._known()}. Add the variable to "
            "fake_variables() or pass a default, because code finds no others while the fake is active."
        )

    def _read_one(self, name: str, value: Any) -> VariableSpec | BlockSpec:
        description = None
        if isinstance(value, Mapping) and set(value) == _DESCRIBED:
            value, description = value["value"], value["description"]
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            raise FakeError(
                f"fake_variables(): {name!r} is or contains a {type(value).__name__}, which JSON can't hold. Pass the "
                "value as text."
            ) from None
        spec, _ = spec_from_variable(VariableRecord(name, value, description))
        return spec
