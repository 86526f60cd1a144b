"""What `airflow connections|variables|pools export` writes, read into data.

A file that isn't an export is an error. An entry that is damaged is a `Problem`: the others are read all the same, and
nothing is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..errors import InvalidExportError
from .connection import Connection, read_json, read_uri
from .connection_uri import RefusedError
from .export_text import NotAnExportError, decode_env, decode_json
from .pool import UNLIMITED_SLOTS, Pool
from .variable import VariableRecord

if TYPE_CHECKING:
    from typing_extensions import Self

Kind: TypeAlias = Literal["connection", "variable", "pool"]


@dataclass(frozen=True)
class Problem:
    """An entry that could not be read, and why; `reason` holds no secret."""

    kind: Kind
    id: str
    reason: str


@dataclass(frozen=True)
class Shadowed:
    """An entry that Airflow would not have used, since a source that it asks earlier has the same id.

    Attributes:
        winner: The source whose entry is kept; no password is in it.
        loser: The source whose entry is left out.
    """

    kind: Kind
    id: str
    winner: str
    loser: str


@dataclass(frozen=True)
class Export:
    """What one or several sources hold, in their own order."""

    connections: tuple[Connection, ...] = ()
    variables: tuple[VariableRecord, ...] = ()
    pools: tuple[Pool, ...] = ()
    problems: tuple[Problem, ...] = ()
    shadowed: tuple[Shadowed, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.connections + other.connections,
            self.variables + other.variables,
            self.pools + other.pools,
            self.problems + other.problems,
            self.shadowed + other.shadowed,
        )


def parse_export(data: bytes, name: str, decode: Callable[[bytes], object] | None = None) -> Export:
    """Read one export file.

    Which of the three kinds it is shows in its entries: connections have a `conn_type`, pools have `slots`. Variables
    may hold any JSON, so a file of another shape is taken for variables only when `var` is in its name, as in
    `variables.json`, or when every value is plain text, a number or such. In a `.env` file, plain text may also be a
    connection's URI.

    Args:
        data: The file's content.
        name: The file's name, for the kind and for messages.
        decode: What reads the content; without it `.env` is read as such, and all else as JSON.

    Raises:
        InvalidExportError: It can't be decoded, is not an export, or holds an id twice.
    """
    is_env = name.lower().endswith(".env")
    try:
        entries = (decode or (decode_env if is_env else decode_json))(data)
        return _parse(entries, name, is_env=is_env)
    except NotAnExportError as exc:
        problem = str(exc)
    finally:
        # A traceback that prints arguments must not print this; nor is the decoder's error chained, which carries it.
        del data
        entries = None
    raise InvalidExportError(f"{name}: {problem}")


class _DamagedError(ValueError):
    """Why one entry can't be read."""


def _parse(entries: object, name: str, *, is_env: bool) -> Export:
    if not isinstance(entries, dict):
        raise NotAnExportError(
            f"an Airflow export is an object of ids, and this is {_json_type(entries)}; check the file"
        )
    kind = _env_kind(entries, name) if is_env else _kind(entries, name)
    readers: dict[Kind, Callable[[str, Any], Any]] = {
        "connection": _connection,
        "variable": _variable,
        "pool": _pool,
    }
    items: list[Any] = []
    problems: list[Problem] = []
    for id_, value in entries.items():
        try:
            items.append(readers[kind](id_, value))
        except (RefusedError, _DamagedError) as exc:
            problems.append(Problem(kind, id_, str(exc)))
    return Export(**{f"{kind}s": tuple(items)}, problems=tuple(problems))


def _kind(entries: Mapping[str, Any], name: str) -> Kind:
    values = list(entries.values())
    if values and all(isinstance(value, dict) and "conn_type" in value for value in values):
        return "connection"
    if values and all(isinstance(value, dict) and "slots" in value for value in values):
        return "pool"
    named = _named_kind(name)
    if named:
        return named
    if values and all(_is_variable(value) for value in values):
        return "variable"
    raise NotAnExportError(
        "neither connections (each with a conn_type) nor pools (each with slots); "
        "if these are Airflow variables, put 'variables' into the file's name"
    )


def _env_kind(entries: Mapping[str, str], name: str) -> Kind:
    named = _named_kind(name)
    if named == "pool":
        raise NotAnExportError("Airflow keeps no pools in .env files; export them into a file that ends in .json")
    if named:
        return named
    if not any("://" in text or text.startswith("{") for text in entries.values()):
        return "variable"
    raise NotAnExportError("connections or variables? put one of the two words into the file's name")


def _named_kind(name: str) -> Kind | None:
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    kinds: dict[str, Kind] = {"conn": "connection", "pool": "pool", "var": "variable"}
    return next((kind for word, kind in kinds.items() if word in stem), None)


def _is_variable(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and set(value) == {"description", "value"})


def _connection(conn_id: str, value: Any) -> Connection:
    if isinstance(value, dict):
        return Connection(conn_id, **read_json(value))
    if isinstance(value, str):
        is_json = value.lstrip().startswith("{")
        return Connection(conn_id, **(read_json(value) if is_json else read_uri(value, "cli")))
    raise _DamagedError(f"it is {_json_type(value)}, not a connection's fields or URI")


def _variable(key: str, value: Any) -> VariableRecord:
    # Airflow's own import takes any object with a "value" for a described variable.
    description = None
    if isinstance(value, dict) and "value" in value:
        value, description = value["value"], value.get("description")
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        # YAML has more than JSON: dates, sets, and lists that hold themselves.
        raise _DamagedError("its value is more than JSON can hold; put it in quotes") from None
    return VariableRecord(key, value, description)


def _pool(name: str, value: Any) -> Pool:
    if not isinstance(value, dict) or "slots" not in value:
        raise _DamagedError("it has no 'slots'")
    slots = value["slots"]
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < UNLIMITED_SLOTS:
        raise _DamagedError("'slots' is not a whole number from -1 (unlimited)")
    description = value.get("description") or ""
    return Pool(name, slots, str(description), bool(value.get("include_deferred", False)))


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number", dict: "an object"}
    return names.get(type(value), "null")
