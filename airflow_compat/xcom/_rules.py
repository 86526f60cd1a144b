"""XCom's rules: which values a pull returns, and the text and name under which a value is stored.

The rules follow `TaskInstance.xcom_pull` and `serialization.serde` of Airflow 2.11, and `airflow.sdk` of 3.3.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import product
from typing import Any, Final, Protocol
from urllib.parse import quote
from uuid import UUID

from .._airflow.version import AirflowVersion
from ..errors import UnsupportedFeatureError, XComValueError
from ._values import packed_tuple, unpack

RETURN_KEY = "return_value"
"""The key of a task's return value."""
UNMAPPED = -1


class NotSet(Enum):
    """The type of `NOT_SET`, the default of arguments that may be None."""

    NOT_SET = "not set"

    def __repr__(self) -> str:
        return "<not set>"


NOT_SET: Final = NotSet.NOT_SET
"""The default of `map_indexes`, because None has a meaning of its own."""
MapIndexes = int | Iterable[int] | None | NotSet


@dataclass(frozen=True)
class TaskInstanceAddress:
    """The task instance that pushes or pulls.

    Attributes:
        flow_run_id: The flow run; None for a task called outside a flow.
        dag_id: The flow's name.
        task_id: The task's id; in the flow's own code, the flow's name.
        map_index: The map index of a run that `map` created; -1 for other runs.
        run_id: The run id in Airflow's form, if known.
        flow: The `Flow` object, if known; needed to find the storage outside the run.
        knows_all: Whether this process knows all XComs of the flow run, as in a run of a DAG. If True, missing XComs
            cause no request to the server or the storage.
        find_runs: Returns the logical dates and flow runs of a DAG that the result storage knows, even if the server
            has deleted these runs.
    """

    flow_run_id: UUID | None
    dag_id: str
    task_id: str
    map_index: int = UNMAPPED
    run_id: str | None = None
    flow: Any = field(default=None, repr=False, compare=False)
    knows_all: bool = field(default=False, repr=False, compare=False)
    find_runs: Callable[[str], list[tuple[datetime, UUID]]] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class StoredXCom:
    """A stored value that a pull may return.

    Attributes:
        run: 0 for the newest searched run, 1 for the one before it.
        at: The time of the push, in seconds since the epoch.
        load: Returns the value as a new object.
    """

    task_id: str
    map_index: int
    run: int
    at: float
    load: Callable[[], Any] = field(repr=False, compare=False)


class XComLookup(Protocol):
    """Looks up the values of a key, and returns them unsorted.

    None as task id means any task; None as map indexes means all map indexes.
    """

    def __call__(
        self, task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False
    ) -> list[StoredXCom]:
        """With `newest_run`, return only values of the newest run that has values."""


def select(
    find: XComLookup,
    *,
    own_task_id: str,
    task_ids: str | Iterable[str] | None,
    map_indexes: MapIndexes,
    default: Any,
    version: AirflowVersion,
) -> Any:
    if version == "2":
        return _select_2(find, task_ids, None if map_indexes is NOT_SET else map_indexes, default)
    return _select_3(find, own_task_id, task_ids, map_indexes, default)


def _select_3(
    find: XComLookup, own_task_id: str, task_ids: str | Iterable[str] | None, map_indexes: MapIndexes, default: Any
) -> Any:
    single = task_ids is None or isinstance(task_ids, str)
    names = [own_task_id if task_ids is None else str(task_ids)] if single else [str(name) for name in task_ids or ()]
    values: list[Any] = []
    if isinstance(map_indexes, NotSet):
        for name in names:
            found = sorted(find(name, None), key=lambda one: (one.map_index, one.run))
            # Without `map_indexes`, Airflow ignores the default.
            values += [one.load() for one in found] or [None]
        return values[0] if single and len(values) == 1 else values
    indexes = _indexes(map_indexes) if map_indexes is not None else [UNMAPPED]
    for name, index in product(names, indexes):
        newest = min(find(name, [index], newest_run=True), key=_newest, default=None)
        value = None if newest is None else newest.load()
        values.append(default if value is None else value)
    return values[0] if single and (map_indexes is None or isinstance(map_indexes, int)) else values


def _select_2(
    find: XComLookup, task_ids: str | Iterable[str] | None, map_indexes: int | Iterable[int] | None, default: Any
) -> Any:
    indexes = None if map_indexes is None else _indexes(map_indexes)
    if (task_ids is None or isinstance(task_ids, str)) and (map_indexes is None or isinstance(map_indexes, int)):
        first = min(find(task_ids, indexes, newest_run=True), key=_newest, default=None)
        if first is None:
            return default
        if map_indexes is not None or first.map_index < 0:
            return first.load()
        return [one.load() for one in sorted(find(task_ids, None), key=lambda one: (one.map_index, one.run))]
    names = [task_ids] if task_ids is None or isinstance(task_ids, str) else list(dict.fromkeys(task_ids))
    place = {index: place for place, index in enumerate(indexes or ())}
    values = []
    for name in names:
        found = find(name, indexes)
        found.sort(key=lambda one: (place.get(one.map_index, one.map_index), one.run))
        values += [one.load() for one in found]
    return values


def _indexes(map_indexes: int | Iterable[int]) -> list[int]:
    return [map_indexes] if isinstance(map_indexes, int) else list(map_indexes)


def _newest(one: StoredXCom) -> tuple[int, float]:
    return one.run, -one.at


def check_key(key: object) -> str:
    """Return the key if it is text.

    Raises:
        UnsupportedFeatureError: The key is empty or not text. Airflow 3 refuses the same keys; in Airflow 2, None means
            any key.
    """
    if isinstance(key, str) and key:
        return key
    raise UnsupportedFeatureError(
        f"XCom key {key!r} is not a text of at least one character. Use the key that was pushed."
    )


def object_name(flow_run_id: UUID, task_id: str, map_index: int, key: str) -> str:
    """Return the storage name `xcom/<flow run>/<task>~<map index>~<key>`, made safe for file systems."""
    return f"xcom/{flow_run_id}/{safe(task_id)}~{map_index}~{safe(key)}"


def safe(part: str) -> str:
    escaped = quote(part, safe="", errors="surrogatepass").replace("~", "%7E")
    if len(escaped) <= 100:
        return escaped
    # A file name has at most 255 bytes, but an Airflow key has up to 512 characters.
    return f"{escaped[:60]}~{hashlib.sha256(escaped.encode()).hexdigest()[:32]}"


def body_of(packed: str, at: float) -> str:
    return f'{{"at": {at!r}, "value": {packed}}}\n'


def body_of_nothing(at: float, refused: str | None = None) -> str:
    """Return the text to store for a returned None, or for a refused value and its reason."""
    return json.dumps({"at": at, "nothing": True} if refused is None else {"at": at, "refused": refused}) + "\n"


def is_nothing(body: str) -> bool:
    return body.endswith('"nothing": true}\n')


def is_whole(body: str) -> bool:
    """Return True if the text is complete, not a half-written file: it ends with a newline."""
    return body.endswith("\n")


def found_in(body: str, task_id: str, map_index: int, key: str, run: int) -> StoredXCom | None:
    kept = json.loads(body)
    if "nothing" in kept:
        return None
    if "refused" in kept:

        def refuse() -> Any:
            raise XComValueError(refusal(task_id, key, kept["refused"]))

        return StoredXCom(task_id, map_index, run, kept["at"], refuse)
    return StoredXCom(task_id, map_index, run, kept["at"], lambda: unpack(kept["value"]))


class StoredList(Sequence[Any]):
    """A stored list or tuple. Each read of an item makes a new object."""

    def __init__(self, packed: list[Any]) -> None:
        self._packed = packed

    def __getitem__(self, index: Any) -> Any:
        return unpack(self._packed[index])

    def __len__(self) -> int:
        return len(self._packed)


def stored_list(body: str | None) -> StoredList | None:
    """Return the list or tuple in a stored text; None if the text has another value."""
    packed = None if body is None else json.loads(body).get("value")
    if isinstance(packed, dict):
        packed = packed_tuple(packed)
    return StoredList(packed) if isinstance(packed, list) else None


def refusal(task_id: str, key: str, why: str, *, takes_arguments: bool = True) -> str:
    """Return the text of the error for a value that can't be stored.

    Args:
        task_id: The task that pushes the value.
        key: The key.
        why: What is wrong with the value.
        takes_arguments: Whether the next task can receive the value itself as an argument; False in a DAG file.
    """
    argument = ", or pass the value itself to the next task as an argument" if takes_arguments else ""
    return (
        f"XCom {key!r} of task {task_id!r} can't be stored: {why}. Push plain data, such as the value's text or path"
        f"{argument}."
    )
