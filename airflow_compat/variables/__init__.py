"""Airflow variables, stored as Prefect variables and `Secret` blocks.

Lookup order: the Prefect variable with the key's name, the `Secret` block (for sensitive and long values), and the
environment variable `AIRFLOW_VAR_<KEY>`. `set` stores a Prefect variable or a `Secret` block, and deletes the other one
with this key.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, Final, Literal, TypeVar, overload

from .._airflow.environment import environment_value, shown_name
from .._airflow.names import block_name, is_id, valid_id_of, variable_name
from .._airflow.variable import VariableRecord, text_from_value
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._prefect.specs import VariableSpec
from ..errors import VariableNotFoundError
from ._override import VARIABLES, VariableStore
from ._specs import SECRET_SLUG, spec_from_variable

__all__ = ["Variable"]

_ENV_PREFIX = "AIRFLOW_VAR_"

D = TypeVar("D")


class _NotSet:
    def __repr__(self) -> str:
        return "<not set>"


_NOT_SET: Final = _NotSet()


class Variable:
    """Airflow's `Variable`. New code can use `prefect.variables.Variable` and `prefect.blocks.system.Secret`.

    Coroutines use `aget`, `aset` and `adelete`.
    """

    @overload
    @classmethod
    def get(
        cls, key: str, *, deserialize_json: Literal[False] = False, airflow_version: AirflowVersion = DEFAULT_VERSION
    ) -> str: ...
    @overload
    @classmethod
    def get(
        cls,
        key: str,
        default: D,
        deserialize_json: Literal[False] = False,
        *,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> str | D: ...
    @overload
    @classmethod
    def get(
        cls,
        key: str,
        *,
        deserialize_json: Literal[False] = False,
        default_var: D,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> str | D: ...
    @overload
    @classmethod
    def get(
        cls,
        key: str,
        default: Any = ...,
        deserialize_json: bool = False,
        *,
        default_var: Any = ...,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> Any: ...
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
        """Return the variable's text, or its decoded JSON with `deserialize_json`.

        Args:
            key: The Airflow key in its original spelling.
            default: The value to return if the variable does not exist. The default may be None.
            deserialize_json: Decode the value as JSON.
            default_var: Airflow 2's name for `default`.
            airflow_version: With `deserialize_json`, a value that is not JSON counts as missing in "3", and raises
                `json.JSONDecodeError` in "2".

        Raises:
            VariableNotFoundError: The variable does not exist and has no default. The error is also a `KeyError`.
            json.JSONDecodeError: See `airflow_version`. The error does not contain the value, which may be secret.
        """
        from ..logs._masking import loaded_variable

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
                problem = (
                    f"variable {key!r} is not JSON; read the variable without deserialize_json, or correct the value"
                )
            # A traceback that shows local variables must not contain the secret.
            del value, found
            if airflow_version == "2":
                raise json.JSONDecodeError(problem, "", 0)
        for given in (default, default_var):
            if not isinstance(given, _NotSet):
                return given
        raise VariableNotFoundError(problem)

    @classmethod
    def set(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Store or replace a variable. A variable with a sensitive name or a long value is stored as a `Secret` block.

        Args:
            key: The Airflow key in its original spelling.
            value: Any value; its `str()` is stored.
            description: Ignored, because Prefect variables have no description.
            serialize_json: Store the value as JSON data. Prefect's own `Variable.get` returns the decoded data.

        Raises:
            TypeError: The value can't be serialized with `serialize_json`.
        """
        del description
        stored = json.loads(json.dumps(value)) if serialize_json else str(value)
        spec, _ = spec_from_variable(VariableRecord(key, stored))
        _homes().store(key, spec)

    @classmethod
    def delete(cls, key: str, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> int | None:
        """Delete a variable from the server, if it exists.

        Returns:
            None in version "3"; the number of deleted variables in "2".
        """
        removed = _homes().remove(key)
        return int(removed) if airflow_version == "2" else None

    @classmethod
    def setdefault(cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False) -> Any:
        """Return the variable's value; if there is none, store and return the default. Airflow 3 has no `setdefault`.

        Args:
            key: The Airflow key.
            default: The value to store and return.
            description: See `set`.
            deserialize_json: Store the default as JSON, and decode an existing value.

        Raises:
            ValueError: The default is None.
        """
        found = cls.get(key, None, deserialize_json, airflow_version="2")
        if found is not None:
            return found
        if default is None:
            raise ValueError(f"variable {key!r}: the default is None; use another value")
        cls.set(key, default, description, serialize_json=deserialize_json)
        return default

    @overload
    @classmethod
    async def aget(
        cls, key: str, *, deserialize_json: Literal[False] = False, airflow_version: AirflowVersion = DEFAULT_VERSION
    ) -> str: ...
    @overload
    @classmethod
    async def aget(
        cls,
        key: str,
        default: D,
        deserialize_json: Literal[False] = False,
        *,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> str | D: ...
    @overload
    @classmethod
    async def aget(
        cls,
        key: str,
        *,
        deserialize_json: Literal[False] = False,
        default_var: D,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> str | D: ...
    @overload
    @classmethod
    async def aget(
        cls,
        key: str,
        default: Any = ...,
        deserialize_json: bool = False,
        *,
        default_var: Any = ...,
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> Any: ...
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
        """Call `get` without blocking the event loop."""
        return await asyncio.to_thread(
            cls.get, key, default, deserialize_json, default_var=default_var, airflow_version=airflow_version
        )

    @classmethod
    async def aset(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Call `set` without blocking the event loop."""
        await asyncio.to_thread(cls.set, key, value, description, serialize_json)

    @classmethod
    async def adelete(cls, key: str, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> int | None:
        """Call `delete` without blocking the event loop."""
        return await asyncio.to_thread(cls.delete, key, airflow_version=airflow_version)


def _homes() -> VariableStore:
    if stand_in := VARIABLES.current():
        return stand_in
    from . import _server as variable_homes

    return variable_homes


def _find(key: str) -> tuple[Any] | None:
    """Return the stored value in a tuple, because the value may be None."""
    if not is_id(key):
        return None
    held = _homes().find(key)
    if held is not None:
        return (held.value if isinstance(held, VariableSpec) else held.data["value"],)
    if VARIABLES.current() is not None:
        return None
    value = environment_value(os.environ, _ENV_PREFIX + key.upper())
    return None if value is None else (value,)


def where_kept(key: str) -> str:
    """Return in words where a variable is stored; empty if it does not exist.

    Raises:
        ServerError: The request to the server failed.
    """
    held = _homes().find(key) if is_id(key) else None
    if isinstance(held, VariableSpec):
        return f"Prefect variable {held.name}"
    if held is not None:
        return f"block {held.type_slug}/{held.name}"
    name = _ENV_PREFIX + key.upper()
    return "" if environment_value(os.environ, name) is None else f"environment variable {name}"


def _not_found(key: str) -> str:
    if stand_in := VARIABLES.current():
        return stand_in.not_found(key)
    if not is_id(key):
        return (
            f"variable {key!r} isn't defined, because a key must be {valid_id_of(key)}; use the variable's key in "
            "Airflow, or pass a default"
        )
    return (
        f"variable {key!r} isn't defined; tried, in order: Prefect variable {variable_name(key)}; block "
        f"{SECRET_SLUG}/{block_name(key)}; environment variable {shown_name(_ENV_PREFIX + key.upper())}. Import the "
        "variable with `airflow-compat import variables.json`, or pass a default"
    )
