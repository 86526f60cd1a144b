"""Airflow variables on Prefect's.

A variable is looked up in this order: the Prefect variable of that name, the `Secret` block (where sensitive and long
ones are kept), the environment (`AIRFLOW_VAR_<KEY>`). It is stored once: setting it moves it where it belongs.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, Final

from ._airflow.names import block_name, variable_name
from ._airflow.variable import VariableRecord, text_from_value
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._specs.specs import VariableSpec
from ._specs.variables import SECRET_SLUG, spec_from_variable
from ._stand_ins.kinds import VARIABLES, VariableHomes
from .errors import VariableNotFoundError

__all__ = ["Variable"]

_ENV_PREFIX = "AIRFLOW_VAR_"


class _NotSet:
    def __repr__(self) -> str:
        return "<not set>"


_NOT_SET: Final = _NotSet()


class Variable:
    """Airflow's `Variable`. The native ways are `prefect.variables.Variable` and `prefect.blocks.system.Secret`.

    Each method has an async twin whose name begins with `a`.
    """

    @classmethod
    def get(
        cls,
        key: str,
        default: Any = _NOT_SET,
        deserialize_json: bool = False,
        *,
        default_var: Any = _NOT_SET,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> Any:
        """The variable's value: text, or what its JSON holds with `deserialize_json`.

        An empty text counts as set.

        Args:
            key: The Airflow key, in its own spelling.
            default: Given back as it is when there is no such variable; None is a default too.
            deserialize_json: Whether to decode the value.
            default_var: Airflow 2's name for `default`.
            airflow_version: In "3" a value that is not JSON counts as missing when JSON is asked for; in "2" it is a
                `json.JSONDecodeError`, also with a default.

        Raises:
            VariableNotFoundError: There is no such variable and no default. Also a `KeyError`, as in Airflow 2.
            json.JSONDecodeError: See `airflow_version`; its document is left out, since it may be a secret.
        """
        from ._logs.loaded import loaded_variable

        found = _find(key)
        problem = _not_found(key)
        if found:
            (value,) = found
            loaded_variable(key, value)
            if not deserialize_json:
                return text_from_value(value)
            if not isinstance(value, str):
                return value
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                problem = f"variable {key!r} is not JSON; read it without deserialize_json, or mend its value"
            # A traceback that prints locals must not print a secret.
            del value, found
            if airflow_version == "2":
                raise json.JSONDecodeError(problem, "", 0)
        for given in (default, default_var):
            if not isinstance(given, _NotSet):
                return given
        raise VariableNotFoundError(problem)

    @classmethod
    def set(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Store a variable, whatever was there: as a `Secret` block when its name is sensitive or its value long.

        Args:
            key: The Airflow key, in its own spelling.
            value: Any value; its `str()` is stored.
            description: Taken for Airflow's sake; Prefect's variables have no place for it.
            serialize_json: Store the value's JSON instead, which Prefect's own `Variable.get` gives back decoded.

        Raises:
            TypeError: `serialize_json`, and the value has no JSON.
        """
        del description
        stored = json.loads(json.dumps(value)) if serialize_json else str(value)
        spec, _ = spec_from_variable(VariableRecord(key, stored))
        _homes().store(key, spec)

    @classmethod
    def delete(cls, key: str, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> int | None:
        """Delete a variable from the server; one that isn't there changes nothing.

        Returns:
            None in "3"; the number of variables that were deleted in "2".
        """
        removed = _homes().remove(key)
        return int(removed) if airflow_version == "2" else None

    @classmethod
    def setdefault(cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False) -> Any:
        """The variable's value, or the default, which is stored then. Airflow 2 has it, Airflow 3 doesn't.

        Args:
            key: The Airflow key.
            default: What to store and give back where there is no such variable.
            description: As in `set`.
            deserialize_json: Store the default as JSON, and decode what is there.

        Raises:
            ValueError: The default is None, as in Airflow 2.
        """
        found = cls.get(key, None, deserialize_json, airflow_version="2")
        if found is not None:
            return found
        if default is None:
            raise ValueError(f"variable {key!r}: None can't be a default; give it a value")
        cls.set(key, default, description, serialize_json=deserialize_json)
        return default

    @classmethod
    async def aget(
        cls,
        key: str,
        default: Any = _NOT_SET,
        deserialize_json: bool = False,
        *,
        default_var: Any = _NOT_SET,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> Any:
        """`get` for coroutines: the event loop goes on meanwhile."""
        return await asyncio.to_thread(
            cls.get, key, default, deserialize_json, default_var=default_var, airflow_version=airflow_version
        )

    @classmethod
    async def aset(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """`set` for coroutines."""
        await asyncio.to_thread(cls.set, key, value, description, serialize_json)

    @classmethod
    async def adelete(cls, key: str, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> int | None:
        """`delete` for coroutines."""
        return await asyncio.to_thread(cls.delete, key, airflow_version=airflow_version)


def _homes() -> VariableHomes:
    """Where variables are kept: on the server, but in a test that fakes them."""
    if stand_in := VARIABLES.current():
        return stand_in
    from ._prefect import variable_homes

    return variable_homes


def _find(key: str) -> tuple[Any] | None:
    """The stored value, in a tuple: None is a value too."""
    if not isinstance(key, str) or not key:
        return None
    held = _homes().find(key)
    if held is not None:
        return (held.value if isinstance(held, VariableSpec) else held.data["value"],)
    name = _ENV_PREFIX + key.upper()
    return (os.environ[name],) if name in os.environ and VARIABLES.current() is None else None


def _not_found(key: str) -> str:
    if stand_in := VARIABLES.current():
        return stand_in.not_found(key)
    if not isinstance(key, str) or not key:
        return f"variable {key!r} isn't defined: a key is text; write the one of Airflow, or give a default"
    return (
        f"variable {key!r} isn't defined. Tried, in order: Prefect variable {variable_name(key)}; "
        f"block {SECRET_SLUG}/{block_name(key)}; environment variable {_ENV_PREFIX}{key.upper()}. "
        "Import it with `airflow-compat import variables.json`, or give a default."
    )
