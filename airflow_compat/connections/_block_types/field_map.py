"""`FieldMap`: a block that holds a connection field by field. What the files for the blocks share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._airflow.connection import Connection
from .._airflow.hidden_secrets import hidden_secret
from .._airflow.variable import is_sensitive
from .specs import MARK

FIELDS = ("host", "login", "password", "schema", "port")
_KINDS = {str: "text", int: "a whole number", bool: "true or false", dict: "a JSON object"}


@dataclass(frozen=True)
class Place:
    """Where the block keeps one thing.

    Attributes:
        path: The key in the block's data; dots lead into objects.
        kind: What the block takes there.
        masked: Whether the block hides it.
        text: Whether Airflow takes it as text too: a number, or an object as JSON.
    """

    path: str
    kind: type = str
    masked: bool = False
    text: bool = False

    def value(self, given: object) -> Any:
        """What the block is to be given; text that can't be read as what the block takes stays text."""
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
    """The places of a connection's fields and extra keys in a block.

    What has no place but says nothing either (`neutral` values, empty ones) is kept beside the conn_id, so that the
    connection comes back as it was.

    Attributes:
        block: The block's class, for messages.
        conn_type: The type of a connection that was made with Prefect alone.
        fields: By field: host, login, password, schema, port.
        extra: By extra key.
        required: Fields without which the block is not valid, or means something else.
        neutral: Extra keys, each with the value that means the same as the key's absence, in Airflow and in the block.
        prefix: The prefix that Airflow's older forms gave to extra keys: `extra__snowflake__`.
    """

    block: str
    conn_type: str
    fields: Mapping[str, Place]
    extra: Mapping[str, Place] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    neutral: Mapping[str, object] = field(default_factory=dict)
    prefix: str = ""

    def losses(self, connection: Connection) -> list[str]:
        """What the block can't hold, one line a reason; empty when it holds all."""
        if not is_object(connection):
            return [f"its extra is not a JSON object, and {self.block} has no place for it"]
        given = self.given(connection)
        taken = {place.path for name, place in self.fields.items() if getattr(connection, name)}
        missing = [name for name in self.required if not getattr(connection, name)]
        # A host that is a URL can have a login or a token in it.
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
        """The extra that says something, by key without prefix."""
        extra = {self._plain(key): value for key, value in connection.extra_dejson.items()}
        return {key: value for key, value in extra.items() if not self._is_neutral(key, value)}

    def data(self, connection: Connection) -> dict[str, Any]:
        """The document's data for a connection without losses."""
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

    def connection(self, data: Mapping[str, Any]) -> Connection:
        """The connection that the document holds."""
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
            if place.path in field_paths or self._is_neutral(key, value):
                continue
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
        # As JSON, since 0 is not false there.
        return key in self.neutral and json.dumps(value) == json.dumps(self.neutral[key])

    def _extra_loss(self, key: str, value: object, taken: set[str]) -> str:
        place = self.extra.get(key)
        if place is None:
            return f"extra {key!r} has no place in {self.block}"
        value = place.value(value)
        if not place.masked and (is_sensitive(key) or hidden_secret(value)):
            return f"extra {key!r} is a secret, and {self.block} does not mask it"
        if place.path in taken:
            return f"extra {key!r} has the place of a field that is given too"
        if not isinstance(value, place.kind) or (place.kind is int and isinstance(value, bool)):
            return f"extra {key!r} is not {_KINDS[place.kind]}, which {self.block} takes"
        return ""


def is_object(connection: Connection) -> bool:
    """Whether the extra is a JSON object, or absent."""
    if not connection.extra:
        return True
    extra = connection.extra_dejson
    return isinstance(extra, dict) and (bool(extra) or connection.extra.strip() == "{}")


def get(data: Mapping[str, Any], path: str) -> Any:
    """The value at a path, or None."""
    value: Any = data
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(data: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a path."""
    *parents, last = path.split(".")
    for key in parents:
        data = data.setdefault(key, {})
    data[last] = value


def _is_number(text: str) -> bool:
    """Whether it is a number in its one usual spelling, so that the number gives the text back."""
    return text.isascii() and text.isdecimal() and len(text) < 19 and str(int(text)) == text
