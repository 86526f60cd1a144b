"""`Connection`: an Airflow connection as frozen data, from a URI, from JSON, or from fields.

Its `password` and `extra` are plain text to whoever asks for them by name, and appear nowhere else: not in `repr`,
`str`, `format`, or an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InvalidConnectionError
from .connection_fields import FIELDS, checked_fields, read_json, read_text, read_uri
from .connection_uri import RefusedError, UriParser, build_uri
from .version import DEFAULT_VERSION, AirflowVersion

if TYPE_CHECKING:
    from typing_extensions import Self

_MASK = "***"


# Its own __eq__ and __repr__ keep test runners and loggers from printing the fields one by one.
@dataclass(frozen=True, eq=False, repr=False, init=False)
class Connection:
    """An Airflow connection.

    Attributes:
        conn_id: The id that DAG code asks for.
        conn_type: Airflow's type: `postgres`, `http`, `aws`, ... As given; `from_uri` and `from_json` normalise it.
        host: The host; for `http` it may hold the protocol, for `sqlite` the path.
        schema: The database, or for `http` the protocol.
        extra: The extra field as Airflow keeps it: JSON text. `extra_dejson` is the dict.
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
        """Make a connection of its fields, or of a URI.

        Args:
            conn_id: The id that DAG code asks for.
            conn_type: Airflow's type, kept as given.
            description: What the connection is for.
            host: The host.
            login: The user's name.
            password: The password.
            schema: The database.
            port: The port; text of a number is cast.
            extra: JSON text, or an object, which becomes JSON text.
            uri: A URI in place of the fields, read as by `from_uri`.

        Raises:
            InvalidConnectionError: A field has a value of another type; or there is a URI and a field.
        """
        problem = ""
        given = dict(zip(FIELDS, (conn_type, description, host, login, password, schema, port, extra), strict=True))
        try:
            if uri is not None and any(value is not None for value in given.values()):
                raise RefusedError("both a uri and other fields are given; keep one of the two")
            fields = checked_fields(given) if uri is None else read_text(uri, read_uri, "task")
        except RefusedError as exc:
            problem = str(exc)
        finally:
            # A traceback that prints arguments and locals must not print these.
            del conn_type, description, host, login, password, schema, port, extra, uri, given
        if problem:
            raise _invalid(conn_id, problem)
        for name, value in {"conn_id": conn_id, **dict.fromkeys(FIELDS), **fields}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_uri(cls, uri: str, conn_id: str | None = None, *, parser: UriParser = "task") -> Self:
        """Read an Airflow connection URI: `postgres://login:password@host:5432/schema?key=value`.

        Type, login, password, host and schema are percent-decoded; host and type are lower-cased; the query, or the
        JSON in its `__extra__`, is the extra (`airflow.sdk.Connection.from_uri`).

        Args:
            uri: The URI.
            conn_id: The id that the connection is to have.
            parser: "task" as in tasks and `AIRFLOW_CONN_*`; "cli" as in Airflow 3's command line and database, which
                reads the query's values as JSON where they are JSON.

        Raises:
            InvalidConnectionError: Airflow refuses this URI too. The message doesn't quote it.
        """
        problem = ""
        try:
            return cls(conn_id=conn_id, **read_text(uri, read_uri, parser))
        except RefusedError as exc:
            problem = str(exc)
        finally:
            # A traceback that prints arguments and locals must not print this.
            del uri
        raise _invalid(conn_id, problem)

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any], conn_id: str | None = None) -> Self:
        """Read Airflow's JSON form of a connection, as text or as an already decoded mapping.

        Args:
            text: An object with any of the keys conn_type, description, host, login, password, schema, port, extra;
                `extra` is an object, or text that holds one.
            conn_id: The id that the connection is to have.

        Raises:
            InvalidConnectionError: It is not JSON, not an object, has a key that Airflow does not know, or a value
                that is not what the field holds.
        """
        problem = ""
        try:
            return cls(conn_id=conn_id, **read_json(text))
        except RefusedError as exc:
            problem = str(exc)
        finally:
            del text
        raise _invalid(conn_id, problem)

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra as a dict; empty when there is none, or when it is not JSON, as in Airflow."""
        if not self.extra:
            return {}
        try:
            return json.loads(self.extra)  # type: ignore[no-any-return]
        except (ValueError, RecursionError):
            return {}

    def get_uri(self, *, airflow_version: AirflowVersion = DEFAULT_VERSION) -> str:
        """The connection as an Airflow URI, **with its password**.

        A few connections do not survive the way back through `from_uri`, here as in Airflow: a host that is itself a
        URL, for one.

        Raises:
            InvalidConnectionError: A field holds half a surrogate pair, which no URI can.
        """
        fields = {name: getattr(self, name) for name in FIELDS if name != "description"}
        if airflow_version == "2":
            # An empty password is none there.
            fields["password"] = self.password or None
        try:
            return build_uri(**fields, extra_dejson=self.extra_dejson, airflow_version=airflow_version)
        except UnicodeEncodeError:
            fields.clear()
        raise _invalid(self.conn_id, "a field holds half a surrogate pair, which no URI can; correct its text")

    def as_json(self) -> str:
        """The connection as Airflow's JSON, **with its password**; empty fields and the conn_id are left out."""
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
            # The rest of a password that was not encoded ends up here: `u:1/word@host`.
            "schema": _MASK if self.schema and "@" in self.schema else self.schema,
            "port": self.port,
            "extra": self.extra and _MASK,
        }
        return f"Connection({', '.join(f'{key}={value!r}' for key, value in shown.items() if value is not None)})"

    def _key(self) -> tuple[object, ...]:
        return (self.conn_id, *(getattr(self, name) for name in FIELDS))


def _without_secrets(host: str | None) -> str | None:
    """A host is shown, but for one that holds a login or a path: webhooks keep their token in the path."""
    if not host:
        return host
    bare = host.split("://", 1)[-1]
    return _MASK if "@" in bare or "/" in bare or "?" in bare else host


def _invalid(conn_id: str | None, problem: str) -> InvalidConnectionError:
    return InvalidConnectionError(f"connection {conn_id or '(no id)'!r}: {problem}")
