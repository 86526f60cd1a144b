"""Store XComs in the flow's result storage, and in memory for flow runs whose tasks run in threads of this process.

If a flow run's XComs are in memory, no other process pushes XComs of this run, so memory is read first. Result storages
can neither list nor lock objects, so each XCom is a separate object.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from prefect.context import FlowRunContext, TaskRunContext
from prefect.filesystems import LocalFileSystem

from .._prefect.internals.results import (
    in_sync,
    is_in_other_process,
    persists_results,
    runs_in_threads,
    storage_of_flow,
    storage_of_run,
)
from ..errors import XComError, XComStorageError
from ._rules import TaskInstanceAddress, is_nothing, is_whole, object_name

# The limits of what is kept in memory: the length of one text, the number of flow runs, and the length of all texts.
_HELD_LENGTH = 64 * 1024
_HELD_RUNS = 200
_HELD_TOTAL = 64 * 1024 * 1024
_FORGOTTEN_RUNS = 10_000

# Writing a local file takes several steps, so a reader that finds half of a file reads it again.
_READS, _READ_PAUSE = 25, 0.02

_MISSING = ("does not exist", "not found", "notfound", "no such file", "nosuchkey", "404")
_NO_STORAGE = ("nosuchbucket", "bucket does not exist", "containernotfound", "container does not exist")

Slot = tuple[str, int, str]


@dataclass
class _Held:
    """The XComs of one flow run: texts, or None for texts that only the storage has."""

    whole: bool
    bodies: dict[Slot, str | None] = field(default_factory=dict)
    size: int = 0
    map_indexes: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def put(self, slot: Slot, body: str | None) -> None:
        self.size += len(body or "") - len(self.bodies.get(slot) or "")
        self.bodies[slot] = body
        self.map_indexes[slot[0]].add(slot[1])


_runs: OrderedDict[UUID, _Held] = OrderedDict()
_forgotten: OrderedDict[UUID, None] = OrderedDict()
_storages: OrderedDict[UUID, Any] = OrderedDict()
_lock = threading.Lock()
# Locks, because two concurrent writers would mix their texts in one file.
_writers = [threading.Lock() for _ in range(64)]


def run_of(where: TaskInstanceAddress) -> UUID:
    if where.flow_run_id is None:
        raise XComError(
            f"XCom needs a flow run, but task {where.task_id!r} runs outside a flow. To use XCom, call the task in a "
            "flow."
        )
    return where.flow_run_id


def keep(where: TaskInstanceAddress, bodies: Mapping[str, str], *, durable: bool) -> None:
    """Store texts by key: in memory, and in the storage if another process may need them, or if `durable`.

    Raises:
        XComError: The task runs outside a flow.
        XComStorageError: Writing fails. Even so, the texts may already be in this process's memory.
    """
    run = run_of(where)
    storage = storage_of(where)
    mine = _is_mine(run)
    is_written = isinstance(storage, LocalFileSystem) or persists_results(TaskRunContext.get() or FlowRunContext.get())
    for key, body in bodies.items():
        slot = (where.task_id, where.map_index, key)
        empty = mine and _is_empty(run, slot)
        held = _hold(run, slot, body) if mine else _let_go(run, slot)
        # Other processes read a missing object as None anyway.
        needless = empty and held and is_nothing(body)
        if durable or not held or (is_written and not needless):
            _write(storage, run, slot, body)


def read(where: TaskInstanceAddress, run: UUID, task_id: str, map_index: int, key: str) -> str | None:
    slot = (task_id, map_index, key)
    held = _held(run)
    if where.knows_all and run == where.flow_run_id and held and slot not in held.bodies:
        return None
    body = held.bodies.get(slot) if held else None
    return _read(storage_of(where), run, slot) if body is None else body


def held_slots(run: UUID) -> list[Slot] | None:
    """Return the addresses of all XComs of a flow run if this process knows them all, else None."""
    held = _held(run)
    with _lock:
        return list(held.bodies) if held and held.whole else None


def held_tasks(run: UUID) -> set[str] | None:
    """Return the ids of the tasks with XComs in a flow run if this process knows them all, else None."""
    held = _held(run)
    with _lock:
        return set(held.map_indexes) if held and held.whole else None


def held_map_indexes(run: UUID, task_id: str) -> list[int]:
    """Return the map indexes of a task's XComs in order; an empty list if this process does not know all XComs."""
    held = _held(run)
    with _lock:
        return sorted(held.map_indexes[task_id]) if held and held.whole and task_id in held.map_indexes else []


def know_slots(run: UUID, slots: Iterable[Slot]) -> None:
    """Note which XComs earlier processes of a flow run have pushed, so that this process knows all XComs of the run.

    Args:
        run: The flow run, whose tasks run in threads of this process.
        slots: The XComs that the storage has.
    """
    _is_mine(run)
    with _lock:
        held = _runs.setdefault(run, _Held(whole=False))
        for slot in slots:
            held.put(slot, held.bodies.get(slot))
        held.whole = True
        _forgotten.pop(run, None)


def stored_elsewhere(run: UUID, slot: Slot) -> None:
    """Note that another process has stored an XCom of a flow run of this process."""
    _is_mine(run)
    _let_go(run, slot)


def storage_of(where: TaskInstanceAddress) -> Any:
    run = run_of(where)
    context = FlowRunContext.get()
    if context and context.flow_run and context.flow_run.id == run and storage_of_run(context):
        return storage_of_run(context)
    with _lock:
        storage = _storages.get(run)
    if storage is None:
        if where.flow is None and context:
            storage = storage_of_run(context)
        # Cached, because Prefect asks the server for the storage each time.
        storage = storage or storage_of_flow(where.flow)
        with _lock:
            _storages[run] = storage
            _trim(_storages, _HELD_RUNS)
    return storage


def _is_mine(run: UUID) -> bool:
    """Return whether the flow run's tasks run in threads of this process.

    If they do, also start to keep the run's XComs in memory.
    """
    context = FlowRunContext.get()
    if not (context and context.flow_run and context.flow_run.id == run) or is_in_other_process(context):
        return False
    if not runs_in_threads(context):
        return False
    with _lock:
        if run not in _runs:
            # An earlier process may have pushed XComs of a retried or suspended run.
            _runs[run] = _Held(whole=context.flow_run.run_count <= 1 and run not in _forgotten)
            _storages[run] = storage_of_run(context)
            _forgotten.update(dict.fromkeys(_trim(_runs, _HELD_RUNS)))
            _trim(_forgotten, _FORGOTTEN_RUNS)
            _trim(_storages, _HELD_RUNS)
    return True


def _held(run: UUID) -> _Held | None:
    _is_mine(run)
    with _lock:
        return _runs.get(run)


def _hold(run: UUID, slot: Slot, body: str) -> bool:
    with _lock:
        held = _runs.setdefault(run, _Held(whole=False))
        _runs.move_to_end(run)
        held.put(slot, None)
        room = _HELD_TOTAL - sum(other.size for other in _runs.values())
        fits = len(body) <= min(room, _HELD_LENGTH)
        held.put(slot, body if fits else None)
        return fits


def _is_empty(run: UUID, slot: Slot) -> bool:
    """Return True if the storage is known to have no value for this XCom."""
    with _lock:
        held = _runs.get(run)
        if held is None or not held.whole:
            return False
        body = held.bodies.get(slot, "")
        return body == "" or (body is not None and is_nothing(body))


def _let_go(run: UUID, slot: Slot) -> bool:
    """Remove a value from memory, because it was pushed in a context that was made for another process."""
    with _lock:
        held = _runs.get(run)
        if held:
            held.put(slot, None)
    return False


def _trim(runs: OrderedDict[UUID, Any], most: int) -> list[UUID]:
    return [runs.popitem(last=False)[0] for _ in range(len(runs) - most)]


def _write(storage: Any, run: UUID, slot: Slot, body: str) -> None:
    task_id, _, key = slot
    problem = ""
    try:
        with _writers[hash((run, slot)) % len(_writers)]:
            in_sync(storage.write_path, object_name(run, *slot), content=body.encode())
    except Exception as exc:  # noqa: BLE001 - each storage has its own errors
        problem = type(exc).__name__
    if problem:
        # Raised outside the handler, because the storage's error may quote credentials.
        raise XComStorageError(
            f"XCom {key!r} of task {task_id!r} can't be written to the flow's result storage, a "
            f"{type(storage).__name__} ({problem}). Check that the storage exists and is writable."
        )


def _read(storage: Any, run: UUID, slot: Slot) -> str | None:
    task_id, _, key = slot
    problem = ""
    for _ in range(_READS):
        try:
            body: str = in_sync(storage.read_path, object_name(run, *slot)).decode()
        except Exception as exc:  # noqa: BLE001 - each storage has its own errors
            if says_missing(exc, object_name(run, *slot)):
                return None
            problem = type(exc).__name__
            break
        if is_whole(body):
            return body
        problem = "a part of the object is missing"
        time.sleep(_READ_PAUSE)
    raise XComStorageError(
        f"XCom {key!r} of task {task_id!r} can't be read from the flow's result storage, a {type(storage).__name__} "
        f"({problem}). Check that the storage exists and that you may read and list it."
    )


def says_missing(exc: Exception, name: str) -> bool:
    """Return True if a storage's error only means that the object does not exist."""
    if isinstance(exc, FileNotFoundError):
        return True
    said = f"{type(exc).__name__} {exc}"
    # The error may quote the object's name, in which an id can contain 404.
    for quoted in (name, quote(name), quote(name, safe="")):
        said = said.replace(quoted, "")
    said = said.lower()
    return any(word in said for word in _MISSING) and not any(word in said for word in _NO_STORAGE)


def _after_fork() -> None:
    # In the parent, a thread may have held a lock during the fork. The child process executes none of the parent's flow
    # runs.
    globals()["_lock"] = threading.Lock()
    _writers[:] = [threading.Lock() for _ in _writers]
    _runs.clear()


os.register_at_fork(after_in_child=_after_fork)
