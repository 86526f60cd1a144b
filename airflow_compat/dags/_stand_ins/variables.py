"""Stand-ins for `Variable` that behave as in one Airflow release."""

from __future__ import annotations

from typing import Any

from ...variables import Variable as _Variable


class Variable2(_Variable):
    """Airflow 2's `Variable`."""

    @classmethod
    def get(cls, key: str, *args: Any, **options: Any) -> Any:
        """Read a variable; see `airflow_compat.Variable.get`. A second positional argument is `default_var`."""
        return _Variable.get(key, *args, **{"airflow_version": "2", **options})

    @classmethod
    def delete(cls, key: str, **options: Any) -> int | None:
        """Delete a variable, and return the number of deleted variables: 0 or 1."""
        return _Variable.delete(key, **{"airflow_version": "2", **options})

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False) -> None:
        """Replace the value of an existing variable."""
        _Variable.get(key)
        _Variable.set(key, value, serialize_json=serialize_json)


Variable2.__name__ = Variable2.__qualname__ = "Variable"
