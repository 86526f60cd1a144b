"""Describe an Airflow connection as frozen data, made from a URI, JSON or fields.

The attributes `password` and `extra` return plain text. `repr`, `str`, `format` and errors never show this text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InvalidConnectionError
from .connection_fields import FIELDS, checked_fields, read_json, read_text, read_uri
from .connection_uri import RefusedError, UriParser, build_uri, decoded_json
from .version import DEFAULT_VERSION, AirflowVersion

if TYPE_CHECKING:
    from typing_extensions import Self

_MASK = "***"


# Custom __eq__ and __repr__ keep test runners and loggers from printing the fields.
@dataclass(frozen=True, eq=False, repr=False, init=False)
class Connection:
    """An Airflow connection.

    Attributes:
        conn_id: The id that DAG code uses.
        conn_type: Airflow's type: `postgres`, `http`, `aws`, ... If the connection is read from a URI or JSON, the type
            is normalised.
        host: The host. For `http`, the host may include the protocol. For `sqlite`, the host is the path of the
            database file.
        schema: The database. For `http`, the schema is the protocol.
        extra: Further settings as JSON text, as in Airflow. `extra_dejson` is the same data as a dict.
    """

    conn_id: str | None = None
    conn_type: str | None = None
    description: str | None = None
    host: str | None = None
    login: str | None = None
    password: str | None = None
    schema: str | None = None
    port: int | None = None
    extra: str | None = None

    def __init__(  # noqa: PLR0917 - Airflow's own order
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: str | Mapping[str, Any] | None = None,
        *,
        uri: str | None = None,
    ) -> None:
        """Create a connection from fields, or from a `uri` as in `from_uri`.

        A `port` as text becomes a number, and an `extra` as a dict becomes JSON text.

        Raises:
            InvalidConnectionError: A field has the wrong type, or both a URI and fields were given.
        """
        problem = ""
        given = dict(zip(FIELDS, (conn_type, description, host, login, password, schema, port, extra), strict=True))
        try:
            if uri is not None and any(value is not None for value in given.values()):
                raise RefusedError("both uri and other fields are given; keep either uri or the other fields")
            fields = checked_fields(given) if uri is None else read_text(uri, read_uri, "task")
        except RefusedError as exc:
            problem = str(exc)
        finally:
            # Tracebacks may print arguments and local variables, so the secret ones are deleted.
            del conn_type, description, host, login, password, schema, port, extra, uri, given
        if problem:
            raise _invalid(conn_id, problem)
        for name, value in {"conn_id": conn_id, **dict.fromkeys(FIELDS), **fields}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_uri(cls, uri: str, conn_id: str | None = None, *, parser: UriParser = "task") -> Self:
        """Read an Airflow connection URI: `postgres://login:password@host:5432/schema?key=value`.

        Type, login, password, host and schema are percent-decoded; host and type become lower case. The extra is the
        URI's query, or the JSON in the query's `__extra__` (`airflow.sdk.Connection.from_uri`).

        Args:
            uri: The URI.
            conn_id: The connection's id.
            parser: "task" for the rules by which tasks and `AIRFLOW_CONN_*` are read; "cli" for the rules of Airflow
                3's command line and database, which decode JSON in the query's values.

        Raises:
            InvalidConnectionError: Airflow refuses the URI. The message doesn't quote the URI.
        """
        try:
            return cls(conn_id=conn_id, **read_text(uri, read_uri, parser))
        except RefusedError as exc:
            problem = str(exc)
        finally:
            # Tracebacks may print arguments and local variables, so the secret ones are deleted.
            del uri
        raise _invalid(conn_id, problem)

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any], conn_id: str | None = None) -> Self:
        """Read Airflow's JSON form of a connection.

        Args:
            text: JSON text or a decoded mapping with any of the keys conn_type, description, host, login, password,
                schema, port, extra; `extra` is an object or its JSON text.
            conn_id: The connection's id.

        Raises:
            InvalidConnectionError: The text is not a JSON object, or has an unknown key or a value of the wrong type.
        """
        try:
            return cls(conn_id=conn_id, **read_json(text))
        except RefusedError as exc:
            problem = str(exc)
        finally:
            del text
        raise _invalid(conn_id, problem)

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra as a dict; empty if the extra is missing or, as in Airflow, if it is not JSON."""
        return decoded_json(self.extra, {}) if self.extra else {}

    def get_uri(self, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> str:
        """Return the connection as an Airflow URI, **with its password**.

        As in Airflow, `from_uri` cannot restore every connection, for example if the host is a URL.

        Raises:
            InvalidConnectionError: A field contains half a surrogate pair, which a URI cannot contain.
        """
        fields = {name: getattr(self, name) for name in FIELDS if name != "description"}
        if airflow_version == "2":
            # Airflow 2 treats an empty password as missing.
            fields["password"] = self.password or None
        try:
            return build_uri(**fields, extra_dejson=self.extra_dejson, airflow_version=airflow_version)
        except UnicodeEncodeError:
            fields.clear()
        raise _invalid(
            self.conn_id, "a field holds half a surrogate pair, which a URI cannot hold; correct the field's text"
        )

    def as_json(self) -> str:
        """Return the connection as Airflow's JSON, **with the password**, but without the conn_id and empty fields."""
        fields = {name: getattr(self, name) for name in FIELDS if name != "extra"}
        kept = {name: value for name, value in fields.items() if value is not None}
        if self.extra_dejson:
            kept["extra"] = self.extra_dejson
        return json.dumps(kept)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Connection):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        shown = {
            "conn_id": self.conn_id,
            "conn_type": self.conn_type,
            "host": _without_secrets(self.host),
            "login": self.login,
            "password": self.password and _MASK,
            # If a password contains an unencoded slash, the schema may contain the end of the password:
            # `u:1/word@host`.
            "schema": _MASK if self.schema and "@" in self.schema else self.schema,
            "port": self.port,
            "extra": self.extra and _MASK,
        }
        return f"Connection({', '.join(f'{key}={value!r}' for key, value in shown.items() if value is not None)})"

    def _key(self) -> tuple[object, ...]:
        return (self.conn_id, *(getattr(self, name) for name in FIELDS))


def _without_secrets(host: str | None) -> str | None:
    """Return the host, masked if it contains a login or a path, since the path may be a webhook's token."""
    if not host:
        return host
    bare = host.split("://", 1)[-1]
    return _MASK if "@" in bare or "/" in bare or "?" in bare else host


def _invalid(conn_id: str | None, problem: str) -> InvalidConnectionError:
    return InvalidConnectionError(f"connection {conn_id or '(no id)'!r}: {problem}")
