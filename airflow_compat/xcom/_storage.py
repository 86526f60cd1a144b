"""Where XComs are: in this process's memory for the flow runs that are its own, and in the flow's result storage.

A flow run whose tasks run in this process's threads is its own: nobody else pushes, so that memory is asked first.
Result storages can read and write, and have neither lists nor locks, so each XCom is an object with a name of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from prefect.context import FlowRunContext, TaskRunContext
from prefect.filesystems import LocalFileSystem
from prefect.results import ResultStore, get_default_result_storage
from prefect.task_runners import ThreadPoolTaskRunner

from .._airflow.xcom import Where, is_nothing, is_whole, object_name
from ..errors import XComError, XComStorageError

# Held in memory: texts up to this length, of this many flow runs, and no more than this together.
_HELD_LENGTH = 64 * 1024
_HELD_RUNS = 200
_HELD_TOTAL = 64 * 1024 * 1024
_FORGOTTEN_RUNS = 10_000

# A local file is not written at one stroke; who reads meanwhile sees half of it.
_READS, _READ_PAUSE = 25, 0.02

_MISSING = ("does not exist", "not found", "notfound", "no such file", "nosuchkey", "404")
_NO_STORAGE = ("nosuchbucket", "bucket does not exist", "containernotfound", "container does not exist")

Slot = tuple[str, int, str]


@dataclass
class _Held:
    """What memory holds of one flow run: texts, or None for what the storage alone has."""

    whole: bool
    bodies: dict[Slot, str | None] = field(default_factory=dict)
    size: int = 0


_runs: OrderedDict[UUID, _Held] = OrderedDict()
_forgotten: OrderedDict[UUID, None] = OrderedDict()
_storages: OrderedDict[UUID, Any] = OrderedDict()
_lock = threading.Lock()
# Two writers at once of one file would leave a mixture of both.
_writers = [threading.Lock() for _ in range(64)]


def run_of(where: Where) -> UUID:
    """The flow run's id.

    Raises:
        XComError: There is none.
    """
    if where.flow_run_id is None:
        raise XComError(
            f"task {where.task_id!r} runs outside a flow, and XComs are kept per flow run: call it in a flow"
        )
    return where.flow_run_id


def keep(where: Where, bodies: Mapping[str, str], *, durable: bool) -> None:
    """Keep texts by their keys: in memory, and in the storage if another process may need them.

    Args:
        where: The task instance whose they are.
        bodies: The texts.
        durable: Whether to write them in any case.

    Raises:
        XComError: There is no flow run.
        XComStorageError: They can't be written; memory holds them where it may.
    """
    run = run_of(where)
    storage = storage_of(where)
    mine = _is_mine(run)
    for key, body in bodies.items():
        slot = (where.task_id, where.map_index, key)
        empty = mine and _is_empty(run, slot)
        held = _hold(run, slot, body) if mine else _let_go(run, slot)
        # That there is nothing is what another process finds without being told.
        needless = empty and held and is_nothing(body)
        if durable or not held or ((isinstance(storage, LocalFileSystem) or _persists()) and not needless):
            _write(storage, run, slot, body)


def read(where: Where, run: UUID, task_id: str, map_index: int, key: str) -> str | None:
    """The text that is kept, or None.

    Raises:
        XComStorageError: The storage can't be read.
    """
    slot = (task_id, map_index, key)
    held = _held(run)
    body = held.bodies.get(slot) if held else None
    return _read(storage_of(where), run, slot) if body is None else body


def held_slots(run: UUID) -> list[Slot] | None:
    """All that was kept for a flow run, where this process knows all of it; else None."""
    held = _held(run)
    with _lock:
        return list(held.bodies) if held and held.whole else None


def storage_of(where: Where) -> Any:
    """The result storage of the flow."""
    run = run_of(where)
    context = FlowRunContext.get()
    if context and context.flow_run and context.flow_run.id == run and context.result_store.result_storage:
        return context.result_store.result_storage
    with _lock:
        storage = _storages.get(run)
    if storage is None:
        if where.flow is not None:
            empty: Any = ResultStore()
            storage = empty.update_for_flow(where.flow, _sync=True).result_storage
        elif context:
            storage = context.result_store.result_storage
        # Prefect's own asks the server for it each time.
        storage = storage or get_default_result_storage(_sync=True)  # type: ignore[call-arg]
        with _lock:
            _storages[run] = storage
            _trim(_storages, _HELD_RUNS)
    return storage


def _is_mine(run: UUID) -> bool:
    """Whether the flow run's tasks run in this process, in threads; then memory is there for it."""
    context = FlowRunContext.get()
    if not (context and context.flow_run and context.flow_run.id == run) or context.detached:
        return False
    if not isinstance(context.task_runner, ThreadPoolTaskRunner):
        return False
    with _lock:
        if run not in _runs:
            # An earlier process may have begun a run that is tried again, or that was suspended.
            _runs[run] = _Held(whole=context.flow_run.run_count <= 1 and run not in _forgotten)
            _storages[run] = context.result_store.result_storage
            _forgotten.update(dict.fromkeys(_trim(_runs, _HELD_RUNS)))
            _trim(_forgotten, _FORGOTTEN_RUNS)
            _trim(_storages, _HELD_RUNS)
    return True


def _held(run: UUID) -> _Held | None:
    _is_mine(run)
    with _lock:
        return _runs.get(run)


def _hold(run: UUID, slot: Slot, body: str) -> bool:
    """Put a text into memory; whether it had room for it."""
    with _lock:
        held = _runs.setdefault(run, _Held(whole=False))
        _runs.move_to_end(run)
        held.size -= len(held.bodies.get(slot) or "")
        room = _HELD_TOTAL - sum(other.size for other in _runs.values())
        fits = len(body) <= min(room, _HELD_LENGTH)
        held.bodies[slot] = body if fits else None
        held.size += len(body) if fits else 0
        return fits


def _is_empty(run: UUID, slot: Slot) -> bool:
    """Whether it is known that the storage has no value there."""
    with _lock:
        held = _runs.get(run)
        if held is None or not held.whole:
            return False
        body = held.bodies.get(slot, "")
        return body == "" or (body is not None and is_nothing(body))


def _let_go(run: UUID, slot: Slot) -> bool:
    """Leave it to the storage: a context that is made to be sent away may still be used in this process."""
    with _lock:
        held = _runs.get(run)
        if held:
            held.size -= len(held.bodies.get(slot) or "")
            held.bodies[slot] = None
    return False


def _trim(runs: OrderedDict[UUID, Any], most: int) -> list[UUID]:
    """Drop those that were not touched for the longest time; which they were."""
    return [runs.popitem(last=False)[0] for _ in range(len(runs) - most)]


def _persists() -> bool:
    context = TaskRunContext.get() or FlowRunContext.get()
    return bool(context and context.persist_result)


def _write(storage: Any, run: UUID, slot: Slot, body: str) -> None:
    task_id, _, key = slot
    problem = ""
    try:
        with _writers[hash((run, slot)) % len(_writers)]:
            # Prefect's engine calls a storage in this way, so every storage has both forms.
            storage.write_path(object_name(run, *slot), content=body.encode(), _sync=True)
    except Exception as exc:  # noqa: BLE001 - each storage has errors of its own
        problem = type(exc).__name__
    if problem:
        # Raised here, the error has no context: a storage's own error may quote its credentials.
        raise XComStorageError(
            f"XCom {key!r} of task {task_id!r} can't be written to the flow's result storage, a "
            f"{type(storage).__name__} ({problem}); see that it is there and may be written"
        )


def _read(storage: Any, run: UUID, slot: Slot) -> str | None:
    task_id, _, key = slot
    problem = ""
    for _ in range(_READS):
        try:
            body: str = storage.read_path(object_name(run, *slot), _sync=True).decode()
        except Exception as exc:  # noqa: BLE001 - each storage has errors of its own
            if _says_missing(exc, object_name(run, *slot)):
                return None
            problem = type(exc).__name__
            break
        if is_whole(body):
            return body
        problem = "half of it is missing"
        time.sleep(_READ_PAUSE)
    raise XComStorageError(
        f"XCom {key!r} of task {task_id!r} can't be read from the flow's result storage, a {type(storage).__name__} "
        f"({problem}); see that it is there and may be read and listed"
    )


def _says_missing(exc: Exception, name: str) -> bool:
    """Whether a storage's error says that there is no such object, and nothing worse."""
    if isinstance(exc, FileNotFoundError):
        return True
    said = f"{type(exc).__name__} {exc}"
    # It may quote the object's name, and a task or a run's id can have 404 in it.
    for quoted in (name, quote(name), quote(name, safe="")):
        said = said.replace(quoted, "")
    said = said.lower()
    return any(word in said for word in _MISSING) and not any(word in said for word in _NO_STORAGE)


def _after_fork() -> None:
    # The child is another process, and a lock may be held by a thread that isn't here.
    globals()["_lock"] = threading.Lock()
    _writers[:] = [threading.Lock() for _ in _writers]
    _runs.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
