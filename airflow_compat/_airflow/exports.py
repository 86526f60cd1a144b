"""What `airflow connections|variables|pools export` writes in JSON, read into data.

A file that isn't an export is an error. An entry that is damaged is a `Problem`: the others are read all the same, and
nothing is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..errors import InvalidExportError
from .connection import Connection, read_json, read_uri
from .connection_uri import RefusedError
from .pool import UNLIMITED_SLOTS, Pool
from .variable import VariableRecord

Kind: TypeAlias = Literal["connection", "variable", "pool"]


@dataclass(frozen=True)
class Problem:
    """An entry that could not be read, and why; `reason` holds no secret."""

    kind: Kind
    id: str
    reason: str


@dataclass(frozen=True)
class Export:
    """What one or several exports hold, in their own order."""

    connections: tuple[Connection, ...] = ()
    variables: tuple[VariableRecord, ...] = ()
    pools: tuple[Pool, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Export) -> Export:
        return Export(
            self.connections + other.connections,
            self.variables + other.variables,
            self.pools + other.pools,
            self.problems + other.problems,
        )


def parse_export(data: bytes, name: str) -> Export:
    """Read one export file.

    Which of the three kinds it is shows in its entries: connections have a `conn_type`, pools have `slots`. Variables
    may hold any JSON, so a file of another shape is taken for variables only when `var` is in its name, as in
    `variables.json`, or when every value is plain text, a number or such.

    Args:
        data: The file's content.
        name: The file's name, for the kind and for messages.

    Raises:
        InvalidExportError: It is not JSON, not an export, or holds an id twice.
    """
    try:
        return _parse(data, name)
    except _NotAnExportError as exc:
        problem = str(exc)
    finally:
        # A traceback that prints arguments must not print this; nor is the decoder's error chained, which carries it.
        del data
    raise InvalidExportError(f"{name}: {problem}")


class _NotAnExportError(ValueError):
    """Why a file isn't an export; the message quotes nothing of it but an id."""


class _DamagedError(ValueError):
    """Why one entry can't be read."""


def _parse(data: bytes, name: str) -> Export:
    entries = _decode(data)
    kind = _kind(entries, name)
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


def _decode(data: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise _NotAnExportError("not text in UTF-8; give the file that `airflow ... export` wrote") from None
    except _RepeatedError as exc:
        raise _NotAnExportError(f"{exc.args[0]!r} is there twice; remove one of the two") from None
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise _NotAnExportError(
            f"not JSON, or only a part of it ({where}); export it again, into a file that ends in .json"
        ) from None
    except RecursionError:
        raise _NotAnExportError("nested too deeply for an export; check the file") from None
    except ValueError:
        raise _NotAnExportError("a number in it is too long; check the file") from None
    if not isinstance(entries, dict):
        raise _NotAnExportError(
            f"an Airflow export is an object of ids, and this is {_json_type(entries)}; check the file"
        )
    return entries


class _RepeatedError(Exception):
    """An id that is there twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedError(key)
        found[key] = value
    return found


def _kind(entries: Mapping[str, Any], name: str) -> Kind:
    values = list(entries.values())
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    if values and all(isinstance(value, dict) and "conn_type" in value for value in values):
        return "connection"
    if values and all(isinstance(value, dict) and "slots" in value for value in values):
        return "pool"
    for kind, word in (("connection", "conn"), ("pool", "pool"), ("variable", "var")):
        if word in stem:
            return kind  # type: ignore[return-value]
    if values and all(_is_variable(value) for value in values):
        return "variable"
    raise _NotAnExportError(
        "neither connections (each with a conn_type) nor pools (each with slots); "
        "if these are Airflow variables, put 'variables' into the file's name"
    )


def _is_variable(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and set(value) == {"description", "value"})


def _connection(conn_id: str, value: Any) -> Connection:
    if isinstance(value, dict):
        return Connection(conn_id, **read_json(value))
    if isinstance(value, str):
        return Connection(conn_id, **read_uri(value, "cli"))
    raise _DamagedError(f"it is {_json_type(value)}, not a connection's fields or URI")


def _variable(key: str, value: Any) -> VariableRecord:
    # Airflow's own import takes any object with a "value" for a described variable.
    if isinstance(value, dict) and "value" in value:
        return VariableRecord(key, value["value"], value.get("description"))
    return VariableRecord(key, value)


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
