"""XCom as data: which values a pull gives, by the version; the text that a value is kept as; the name it has.

The rules are those of `TaskInstance.xcom_pull` and `serialization.serde` of 2.11, and of `airflow.sdk` of 3.3.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from typing import Any, Final, Protocol
from urllib.parse import quote
from uuid import UUID

from ..errors import UnsupportedFeatureError, XComValueError
from .version import AirflowVersion
from .xcom_values import unpack

RETURN_KEY = "return_value"
UNMAPPED = -1


class NotSet(Enum):
    """The type of `NOT_SET`, which tells an argument that wasn't given from None."""

    NOT_SET = "not set"

    def __repr__(self) -> str:
        return "<not set>"


NOT_SET: Final = NotSet.NOT_SET
MapIndexes = int | Iterable[int] | None | NotSet


@dataclass(frozen=True)
class Where:
    """The task instance that pushes or pulls.

    Attributes:
        flow_run_id: The flow run; None for a task that was called outside a flow.
        dag_id: The flow's name.
        task_id: The task's id; in a flow's own body the flow's name.
        map_index: The index of a mapped task, else -1.
        run_id: The run's id in Airflow's form, where it is known.
        flow: The flow itself, where it is at hand. A callback in a worker's process finds the storage by it.
    """

    flow_run_id: UUID | None
    dag_id: str
    task_id: str
    map_index: int = UNMAPPED
    run_id: str | None = None
    flow: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Found:
    """A value that a pull may give.

    Attributes:
        run: 0 for the newest of the runs that were asked for, 1 for the one before it.
        at: When it was pushed, in seconds of the epoch.
        load: Gives the value, a new object at each call.
    """

    task_id: str
    map_index: int
    run: int
    at: float
    load: Callable[[], Any] = field(repr=False, compare=False)


class Find(Protocol):
    """Looks up what is kept under a key. None asks for any task, or for all map indexes; nobody relies on the order."""

    def __call__(self, task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False) -> list[Found]:
        """`newest_run` asks only for the newest of the runs that hold any."""


def select(
    find: Find,
    *,
    own_task_id: str,
    task_ids: str | Iterable[str] | None,
    map_indexes: MapIndexes,
    default: Any,
    version: AirflowVersion,
) -> Any:
    """What `xcom_pull` gives back."""
    if version == "2":
        return _select_2(find, task_ids, None if map_indexes is NOT_SET else map_indexes, default)
    return _select_3(find, own_task_id, task_ids, map_indexes, default)


def _select_3(
    find: Find, own_task_id: str, task_ids: str | Iterable[str] | None, map_indexes: MapIndexes, default: Any
) -> Any:
    single = task_ids is None or isinstance(task_ids, str)
    names = [own_task_id if task_ids is None else str(task_ids)] if single else [str(name) for name in task_ids or ()]
    values: list[Any] = []
    if isinstance(map_indexes, NotSet):
        for name in names:
            found = sorted(find(name, None), key=lambda one: (one.map_index, one.run))
            # Airflow's own: the default is not looked at here.
            values += [one.load() for one in found] or [None]
        return values[0] if single and len(values) == 1 else values
    indexes = _indexes(map_indexes) if map_indexes is not None else [UNMAPPED]
    for name, index in product(names, indexes):
        newest = min(find(name, [index], newest_run=True), key=_newest, default=None)
        value = None if newest is None else newest.load()
        values.append(default if value is None else value)
    return values[0] if single and (map_indexes is None or isinstance(map_indexes, int)) else values


def _select_2(
    find: Find, task_ids: str | Iterable[str] | None, map_indexes: int | Iterable[int] | None, default: Any
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


def _newest(one: Found) -> tuple[int, float]:
    return one.run, -one.at


def check_key(key: object) -> str:
    """The key, which has to be text.

    Raises:
        UnsupportedFeatureError: It isn't. Airflow 3 refuses that too; Airflow 2 takes None for any key.
    """
    if isinstance(key, str) and key:
        return key
    raise UnsupportedFeatureError(f"XCom key {key!r}: a key is text that isn't empty; name the one that was pushed")


def object_name(flow_run_id: UUID, task_id: str, map_index: int, key: str) -> str:
    """The name in the storage: `xcom/<flow run>/<task>~<map index>~<key>`, made safe for file systems."""
    return f"xcom/{flow_run_id}/{_safe(task_id)}~{map_index}~{_safe(key)}"


def _safe(part: str) -> str:
    escaped = quote(part, safe="", errors="surrogatepass").replace("~", "%7E")
    if len(escaped) <= 100:
        return escaped
    # File names end at 255 bytes, and Airflow's keys have up to 512 characters.
    return f"{escaped[:60]}~{hashlib.sha256(escaped.encode()).hexdigest()[:32]}"


def body_of(packed: str, at: float) -> str:
    """What is kept for a value, from its text."""
    return f'{{"at": {at!r}, "value": {packed}}}\n'


def body_of_nothing(at: float, refused: str | None = None) -> str:
    """What is kept when a task returned None; or, with `refused`, something that XCom doesn't keep, and why."""
    return json.dumps({"at": at, "nothing": True} if refused is None else {"at": at, "refused": refused}) + "\n"


def is_nothing(body: str) -> bool:
    """Whether it is kept that a task returned None."""
    return body.endswith('"nothing": true}\n')


def is_whole(body: str) -> bool:
    """Whether it is no half-written file: the text is one line, and ends as one."""
    return body.endswith("\n")


def found_in(body: str, task_id: str, map_index: int, key: str, run: int) -> Found | None:
    """The value that is kept; None when the task returned None."""
    kept = json.loads(body)
    if "nothing" in kept:
        return None
    if "refused" in kept:

        def refuse() -> Any:
            raise XComValueError(refusal(task_id, key, kept["refused"]))

        return Found(task_id, map_index, run, kept["at"], refuse)
    return Found(task_id, map_index, run, kept["at"], lambda: unpack(kept["value"]))


def refusal(task_id: str, key: str, why: str) -> str:
    """The message of an `XComValueError`."""
    return (
        f"XCom {key!r} of task {task_id!r} can't be kept: {why}. Airflow fails the task; push plain data in its place, "
        "such as its text or path, or hand it to the next task as an argument, as Prefect does"
    )
