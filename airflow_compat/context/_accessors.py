"""`context["var"]` and `context["conn"]`: variables and connections by name, for templates."""

from __future__ import annotations

from typing import Any

from .._airflow.version import AirflowVersion
from ..connections import Connection, get_connection
from ..errors import ConnectionNotFoundError
from ..variables import Variable

_UNSET = object()


class _Variables:
    """The object `var.value` or `var.json`, from which variables are read by attribute, item or `get`."""

    def __init__(self, deserialize_json: bool, version: AirflowVersion) -> None:
        self._json = deserialize_json
        self._version = version

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __getitem__(self, key: str) -> Any:
        return Variable.get(key, deserialize_json=self._json, airflow_version=self._version)

    def get(self, key: str, default: Any = _UNSET) -> Any:
        """Return a variable's value or the default.

        If there is neither a value nor a default, return None under Airflow 3, but raise an error under Airflow 2.
        """
        if default is _UNSET:
            if self._version == "2":
                return self[key]
            default = None
        return Variable.get(key, default, deserialize_json=self._json, airflow_version=self._version)

    def __repr__(self) -> str:
        return "<variables>"


class VariableAccessor:
    """`context["var"]`: `var.value.my_key` is a variable's text, and `var.json.my_key` is its decoded JSON."""

    def __init__(self, version: AirflowVersion) -> None:
        self.value = _Variables(deserialize_json=False, version=version)
        self.json = _Variables(deserialize_json=True, version=version)

    def __repr__(self) -> str:
        return "<var: value, json>"


class ConnectionAccessor:
    """`context["conn"]`: `conn.my_id.host`, `conn.get("my_id", default)`."""

    def __getattr__(self, conn_id: str) -> Connection:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        return get_connection(conn_id)

    def __getitem__(self, conn_id: str) -> Connection:
        return get_connection(conn_id)

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        try:
            return get_connection(conn_id)
        except ConnectionNotFoundError:
            return default_conn

    def __repr__(self) -> str:
        return "<connections>"
