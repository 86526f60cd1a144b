"""`FieldMap`, a table that converts connections to block data and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._airflow.connection import Connection
from ..._airflow.hidden_secrets import hidden_secret, names_secret
from ..._prefect.specs import MARK

FIELDS = ("host", "login", "password", "schema", "port")
_KINDS = {str: "text", int: "a whole number", bool: "true or false", dict: "a JSON object"}


@dataclass(frozen=True)
class FieldLocation:
    """The field of a block that stores a value.

    Attributes:
        path: The key in the block's data; dots separate the keys of nested objects.
        kind: The value's type in the block.
        masked: True if the block masks the value.
        text: True if Airflow also accepts the number or JSON object as a text.
    """

    path: str
    kind: type = str
    masked: bool = False
    text: bool = False

    def value(self, given: object) -> Any:
        """Convert a text to the type of the block's field, if possible; otherwise, return the value unchanged."""
        if self.text and self.kind is int and isinstance(given, str) and _is_number(given):
            return int(given)
        if self.text and self.kind is dict and isinstance(given, str):
            try:
                return json.loads(given)
            except (ValueError, RecursionError):
                return given
        return given


@dataclass(frozen=True)
class FieldMap:
    """A table of the block fields that store a connection's fields and extra keys.

    Values that are empty or `neutral` are not stored in these fields but next to the conn_id, so that reading returns
    the connection unchanged.

    Attributes:
        block: The block's class, for messages.
        conn_type: The connection type for blocks that were created without an Airflow connection.
        fields: For host, login, password, schema and port, the block field that stores the value.
        extra: For each extra key, the block field that stores its value.
        required: The connection fields without which the block can't be used.
        neutral: For some extra keys, the value that has the same effect as leaving out the key, both in Airflow and in
            the block.
        prefix: The prefix that Airflow's old connection forms put before extra keys: `extra__snowflake__`.
    """

    block: str
    conn_type: str
    fields: Mapping[str, FieldLocation]
    extra: Mapping[str, FieldLocation] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    neutral: Mapping[str, object] = field(default_factory=dict)
    prefix: str = ""

    def losses(self, connection: Connection) -> list[str]:
        """Return the reasons why the block can't store the whole connection; empty if it can."""
        if not is_object(connection):
            return [f"the connection's extra is not a JSON object, so it has no place in {self.block}"]
        given = self.given(connection)
        return self._map_losses(connection, given) or self.more_losses(connection, given)

    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - for others
        """Return the additional reasons, which only this block type has."""
        return []

    def _map_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:
        taken = {place.path for name, place in self.fields.items() if getattr(connection, name)}
        missing = [name for name in self.required if not getattr(connection, name)]
        # A host that is a URL can contain a login or a token.
        open_host = "host" in self.fields and {"@", "?"} & set(connection.host or "")
        return [
            *([f"host may hold a secret, and {self.block} does not mask it"] if open_host else ()),
            *(f"{name} is missing, and {self.block} needs it" for name in missing),
            *(
                f"{name} has no place in {self.block}"
                for name in FIELDS
                if getattr(connection, name) and name not in self.fields
            ),
            *(
                f"extra {key!r} is there with and without its prefix"
                for key in connection.extra_dejson
                if self.prefix and self._plain(key) != key and self._plain(key) in connection.extra_dejson
            ),
            *(loss for key, value in sorted(given.items()) if (loss := self._extra_loss(key, value, taken))),
        ]

    def given(self, connection: Connection) -> dict[str, Any]:
        """Return the connection's extra without neutral values, and with the prefix removed from its keys."""
        extra = {self._plain(key): value for key, value in connection.extra_dejson.items()}
        return {key: value for key, value in extra.items() if not self._is_neutral(key, value)}

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        """Return the block data for a connection. Its `losses` must be empty."""
        given = self.given(connection)
        data: dict[str, Any] = {}
        field_paths = {place.path for place in self.fields.values()}
        for name, place in self.fields.items():
            if getattr(connection, name):
                put(data, place.path, getattr(connection, name))
        for key, value in given.items():
            if place_ := self.extra.get(key):
                put(data, place_.path, place_.value(value))
        mark: dict[str, Any] = {
            "empty": {name: getattr(connection, name) for name in FIELDS if getattr(connection, name) in ("", 0)},
            "extra": {
                key: value
                for key, value in connection.extra_dejson.items()
                if self._is_neutral(self._plain(key), value)
            },
            "prefixed": [key for key in given if key not in connection.extra_dejson],
            "text": [
                key
                for key, value in given.items()
                if key in self.extra and self.extra[key].kind is not str and isinstance(value, str)
            ],
            "in_extra": [key for key in given if key in self.extra and self.extra[key].path in field_paths],
        }
        if connection.conn_type != self.conn_type:
            mark["conn_type"] = connection.conn_type
        data[MARK] = {
            "conn_id": connection.conn_id,
            "description": connection.description,
            **{key: value for key, value in mark.items() if value},
        }
        return data

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        """Return the connection in a document's data; it may have been created without an Airflow connection."""
        mark = data.get(MARK) or {}
        in_extra = {self.extra[key].path for key in mark.get("in_extra", ())}
        fields: dict[str, Any] = dict(mark.get("empty") or {})
        for name, place in self.fields.items():
            value = get(data, place.path)
            if value not in (None, "") and place.path not in in_extra:
                fields[name] = value if name == "port" else str(value)
        field_paths = {place.path for place in self.fields.values()} - in_extra
        extra: dict[str, Any] = dict(mark.get("extra") or {})
        for key, place in self.extra.items():
            value = get(data, place.path)
            spelled = self.prefix + key if key in mark.get("prefixed", ()) else key
            if place.path not in field_paths and not self._is_neutral(key, value):
                extra[spelled] = json.dumps(value) if key in mark.get("text", ()) else value
        return Connection(
            conn_id=mark.get("conn_id"),
            conn_type=mark.get("conn_type", self.conn_type),
            description=mark.get("description"),
            **fields,
            extra=json.dumps(extra) if extra else None,
        )

    def _plain(self, key: str) -> str:
        return key.removeprefix(self.prefix) if self.prefix else key

    def _is_neutral(self, key: str, value: object) -> bool:
        if value is None or value == "":
            return True
        if key in self.extra:
            value = self.extra[key].value(value)
        # The values are compared as JSON texts, because 0 equals False in Python.
        return key in self.neutral and json.dumps(value) == json.dumps(self.neutral[key])

    def _extra_loss(self, key: str, value: object, taken: set[str]) -> str:
        place = self.extra.get(key)
        if place is None:
            return f"extra {key!r} has no place in {self.block}"
        value = place.value(value)
        if not place.masked and (names_secret(key) or hidden_secret(value)):
            return f"extra {key!r} is a secret, and {self.block} does not mask it"
        if place.path in taken:
            return (
                f"extra {key!r} and another field of the connection both set {place.path} of {self.block}; remove one "
                "of them"
            )
        if not isinstance(value, place.kind) or (place.kind is int and isinstance(value, bool)):
            return f"extra {key!r} is not {_KINDS[place.kind]}, which {self.block} needs"
        return ""


def applying(reasons: Mapping[str, object]) -> list[str]:
    """Return those keys of a dict (the reasons) whose values (the conditions) are true."""
    return [reason for reason, applies in reasons.items() if applies]


def is_object(connection: Connection) -> bool:
    """Return True if the extra is a JSON object or missing."""
    if not connection.extra:
        return True
    extra = connection.extra_dejson
    return isinstance(extra, dict) and (bool(extra) or connection.extra.strip() == "{}")


def get(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path such as `credentials.user`, or None."""
    value: Any = data
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(data: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for key in parents:
        data = data.setdefault(key, {})
    data[last] = value


def _is_number(text: str) -> bool:
    """Return True if the text is a whole number in the form to which Python converts it back."""
    return text.isascii() and text.isdecimal() and len(text) < 19 and str(int(text)) == text
