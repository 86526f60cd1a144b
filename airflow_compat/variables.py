"""Airflow variables from Prefect.

A variable is looked up in this order: the Prefect variable of that name, the `Secret` block (where sensitive and long
ones are kept), the environment (`AIRFLOW_VAR_<KEY>`).
"""

from __future__ import annotations

import json
import os
from typing import Any, Final

from ._airflow.names import block_name, variable_name
from ._airflow.variable import text_from_value
from ._specs.specs import MARK
from ._specs.variables import SECRET_SLUG, key_from_tags
from .errors import VariableNotFoundError

__all__ = ["Variable"]

_ENV_PREFIX = "AIRFLOW_VAR_"


class _NotSet:
    def __repr__(self) -> str:
        return "<not set>"


_NOT_SET: Final = _NotSet()


class Variable:
    """Airflow's `Variable`, read from Prefect. The native way is `prefect.variables.Variable`."""

    @classmethod
    def get(
        cls,
        key: str,
        default: Any = _NOT_SET,
        deserialize_json: bool = False,
        *,
        default_var: Any = _NOT_SET,
    ) -> Any:
        """The variable's value: text, or what its JSON holds with `deserialize_json`.

        As in Airflow 3.3, where a value that is not JSON counts as missing when JSON is asked for. An empty text counts
        as set.

        Args:
            key: The Airflow key, in its own spelling.
            default: Given back as it is when there is no such variable; None is a default too.
            deserialize_json: Whether to decode the value.
            default_var: Airflow 2's name for `default`.

        Raises:
            VariableNotFoundError: There is no such variable and no default. Also a `KeyError`, as in Airflow 2.
        """
        value = _find(key)
        problem = ""
        if isinstance(value, _NotSet):
            problem = _not_found(key)
        elif not deserialize_json:
            return text_from_value(value)
        elif not isinstance(value, str):
            return value
        else:
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                problem = f"variable {key!r} is not JSON; read it without deserialize_json, or mend its value"
        for given in (default, default_var):
            if not isinstance(given, _NotSet):
                return given
        raise VariableNotFoundError(problem)


def _find(key: str) -> Any:
    from ._prefect.blocks import read_documents
    from ._prefect.variables import read_variable

    name = variable_name(key)
    stored = read_variable(name)
    if stored is not None and key_from_tags(stored.tags, name) in (key, name):
        return stored.value
    for document in read_documents([block_name(key)], slugs=[SECRET_SLUG]):
        if (document.data.get(MARK) or {}).get("key", key) == key:
            return document.data["value"]
    return os.environ.get(_ENV_PREFIX + key.upper(), _NOT_SET)


def _not_found(key: str) -> str:
    return (
        f"variable {key!r} isn't defined. Tried, in order: Prefect variable {variable_name(key)}; "
        f"block {SECRET_SLUG}/{block_name(key)}; environment variable {_ENV_PREFIX}{key.upper()}. "
        "Import it with `airflow-compat import variables.json`, or give a default."
    )
