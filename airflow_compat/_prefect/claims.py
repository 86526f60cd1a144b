"""Claims, which let only one process call a callback for an event.

The run's process, its worker, and an alert's flow may all try to call the callback. A claim is a task run of the flow
run, because the server creates only one task run with a given `task_key` and `dynamic_key`; so Prefect's UI shows
claims.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from prefect.client.schemas.objects import State, StateType, TaskRun
from prefect.states import Completed, Crashed, Failed

from ..errors import AirflowCompatError, ServerError
from .client import kept_client
from .failures import server_call
from .internals.client import create_task_run_once, force_task_run_state
from .internals.logs import send_logs_now
from .polling import poll_until
from .processes import is_alive, is_of_this_host, labels_of_process
from .run_logger import Logger

# The prefix of the `task_key` of claims, and the tag of claims.
CLAIM = "airflow_compat.callback"

# A request that creates a claim first reads from the database, and then writes to it. SQLite refuses a request that
# reads and then writes if another request wrote in between, so the threads of a process send their requests in turn. If
# the server hangs, each thread waits for its turn no longer than this.
_turn = threading.Lock()
_TURN_SECONDS = 10.0

_ELSEWHERE_SECONDS = 10.0
_ELSEWHERE_POLL = 0.5


@contextmanager
def claimed(
    flow_run_id: UUID,
    kind: str,
    position: int,
    name: str,
    logger: Logger,
    *,
    event: str = "",
    state_id: UUID | None = None,
    patience: float = _ELSEWHERE_SECONDS,
) -> Iterator[bool]:
    """Yield True if the caller should call the callback; False if another process calls or has called it.

    Also yields True, and logs a message, if another process died or was interrupted while it called the callback. If
    the server doesn't answer, the result is True: a repeated alert is better than a lost one.

    Args:
        flow_run_id: The failed flow run.
        kind: The callback's kind: `on_failure`.
        position: The callback's position among callbacks of the same kind and name.
        name: The callback's name.
        logger: The run's logger.
        event: Identifies the event; empty for the end of the attempt.
        state_id: The state that ended the attempt; None for the latest state.
        patience: If the process with the claim is on another machine, it can't be checked, so the call is repeated
            after this many seconds.
    """
    callback = _Callback(flow_run_id, kind, position, name)
    try:
        claim = _take(callback, event or _attempt(flow_run_id, state_id), patience, logger)
        is_to_call = claim is not None
    except Exception as exc:  # noqa: BLE001 - no error here may lose an alert
        claim, is_to_call = None, True
        logger.warning(
            "%s is called, but the server did not record this call, so another process may call the callback too: %s",
            callback,
            _reason(exc),
        )
    try:
        yield is_to_call
    except Exception as exc:
        _conclude(claim, Failed(message=f"The callback raised {type(exc).__name__}"), logger)
        raise
    except BaseException as exc:
        # It depends on the exception whether Prefect's engine calls the hook again.
        logger.warning("%s was interrupted by %s, and may not have finished", callback, type(exc).__name__)
        _conclude(claim, Crashed(message=f"The callback was interrupted by {type(exc).__name__}"), logger)
        send_logs_now()
        raise
    _conclude(claim, Completed(message="The callback was called"), logger)


def task_event(task_run_id: UUID) -> str:
    """Return the text that identifies the end of a task run, an event that happens only once."""
    return f"task-{task_run_id}"


def is_claim(task_run: TaskRun) -> bool:
    """Return True if a task run is a claim, not a task."""
    return task_run.task_key.startswith(CLAIM)


@dataclass(frozen=True)
class _Callback:
    flow_run_id: UUID
    kind: str
    position: int
    name: str

    def __str__(self) -> str:
        return f"{self.kind} callback {self.name}"


def _take(callback: _Callback, event: str, patience: float, logger: Logger) -> TaskRun | None:
    """Return this process's claim; None if another process has claimed the callback."""
    id_, turn = uuid4(), 0
    while (claim := _create(id_, callback, event, turn)).id != id_:
        if not _is_abandoned(claim, patience):
            logger.info("%s was called already", callback)
            return None
        if not _is_final(claim):
            _conclude(claim, Crashed(message="The process died in the callback"), logger)
        turn += 1
    if turn:
        logger.warning("%s had begun in a process that died or was interrupted; the callback is called again", callback)
    return claim


@server_call
def _attempt(flow_run_id: UUID, state_id: UUID | None) -> str:
    """Identify the failed attempt by the id of its last unfinished state.

    `run_count` stays 0 if a run dies before it starts, and each process that reports a failure adds a final state.
    """
    states = kept_client().read_flow_run_states(flow_run_id)
    if not states:
        raise ServerError(
            f"the server has no flow run {flow_run_id}; run the flow on the server that PREFECT_API_URL names"
        )
    ids = [state.id for state in states]
    # Only states up to the given one count, because the run may have started another attempt since then.
    ended = ids.index(state_id) + 1 if state_id in ids else len(ids)
    return next((str(state.id) for state in reversed(states[:ended]) if not state.is_final()), "")


@contextmanager
def _in_turn() -> Iterator[None]:
    is_ours = _turn.acquire(timeout=_TURN_SECONDS)
    try:
        yield
    finally:
        if is_ours:
            _turn.release()


@server_call
@_in_turn()
def _create(id_: UUID, callback: _Callback, event: str, turn: int) -> TaskRun:
    """Create the claim, or return the existing one."""
    return create_task_run_once(
        kept_client(),
        {
            "id": str(id_),
            "flow_run_id": str(callback.flow_run_id),
            "task_key": f"{CLAIM}.{callback.kind}.{callback.name}",
            "dynamic_key": f"{event}-{callback.position}-{turn}",
            "name": str(callback),
            "tags": [CLAIM],
            "labels": labels_of_process(),
            "state": {"type": StateType.RUNNING.value, "name": "Running"},
        },
    )


@server_call
def _read(claim: TaskRun) -> TaskRun:
    return kept_client().read_task_run(claim.id)


def _is_abandoned(claim: TaskRun, patience: float) -> bool:
    """Return True if the claim's process died, was interrupted or, on another machine, needs longer than `patience`."""
    if not is_of_this_host(claim.labels):
        return not _is_done(poll_until(lambda: _read(claim), _is_final, within=patience, every=_ELSEWHERE_POLL))
    if is_alive(claim.labels):
        return _is_final(claim) and not _is_done(claim)
    # Read the claim again: the callback may have finished just before its process ended.
    return not _is_done(_read(claim))


def _is_final(claim: TaskRun) -> bool:
    return claim.state is not None and claim.state.is_final()


def _is_done(claim: TaskRun) -> bool:
    """Return True if the callback returned or raised."""
    return claim.state is not None and claim.state.is_final() and not claim.state.is_crashed()


def _conclude(claim: TaskRun | None, state: State[Any], logger: Logger) -> None:
    if claim is None:
        return
    try:
        _set_state(claim, state)
    except Exception as exc:  # noqa: BLE001 - the callback's own result counts
        logger.warning(
            "%s has ended, but the server did not store the final state of its task run %s: %s",
            claim.name,
            claim.id,
            _reason(exc),
        )


def _reason(exc: Exception) -> str:
    """Return the text of this package's errors, but only the class of other errors: their text may quote a response."""
    return str(exc) if isinstance(exc, AirflowCompatError) else type(exc).__name__


@server_call
@_in_turn()
def _set_state(claim: TaskRun, state: State[Any]) -> None:
    force_task_run_state(kept_client(), claim.id, state)


def _after_fork() -> None:
    # In the parent, a thread may have held the lock during the fork.
    globals()["_turn"] = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
