"""Variables for a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._airflow.variable import VariableRecord
from .._specs.specs import BlockSpec, VariableSpec
from .._specs.variables import spec_from_variable
from .._stand_ins.kinds import VARIABLES
from ..errors import FakeError
from .fake import Fake

_DESCRIBED = {"description", "value"}


class FakeVariables(Fake[VariableSpec | BlockSpec]):
    """What `fake_variables` gives."""

    _place = VARIABLES
    _function = "fake_variables"

    @property
    def values(self) -> dict[str, Any]:
        """What is stored: those that were given, and what the code has set and deleted since.

        Text as it is, and what was stored as JSON decoded. It outlives the `with` block.
        """
        # A copy first: threads of the code may go on setting.
        return {key: _value(spec) for key, spec in dict(self._held).items()}

    def find(self, key: str) -> VariableSpec | BlockSpec | None:
        """What holds this key."""
        return self._held.get(key)

    def store(self, key: str, spec: VariableSpec | BlockSpec) -> None:
        """Hold it until the fake ends."""
        self._held[key] = spec

    def remove(self, key: str) -> bool:
        """Forget it until the fake ends; whether there was anything."""
        return self._held.pop(key, None) is not None

    def not_found(self, key: str) -> str:
        """The message for a key that isn't there."""
        return (
            f"variable {key!r} isn't among those of fake_variables(), which has {self._known()}; add it there, or give "
            "a default. Nothing else is asked while that is active"
        )

    def _read_one(self, name: str, value: Any) -> VariableSpec | BlockSpec:
        description = None
        if isinstance(value, Mapping) and set(value) == _DESCRIBED:
            value, description = value["value"], value["description"]
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            raise FakeError(
                f"fake_variables(): {name!r} is {type(value).__name__}, or has one in it, which is more than JSON can "
                "hold; give its text"
            ) from None
        spec, _ = spec_from_variable(VariableRecord(name, value, description))
        return spec


def _value(spec: VariableSpec | BlockSpec) -> Any:
    return spec.value if isinstance(spec, VariableSpec) else spec.data["value"]
