"""Claims: that a callback is called once for each event, whichever processes come to call it.

Several may: a run's own, its worker's, and one that an alert on the server starts.

A claim is a task run of the flow run. Creating one with a given `task_key` and `dynamic_key` is atomic on the server:
whoever creates it first has it, and all later ones get that same one back. So Prefect's UI shows the callback, too.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from prefect.client.schemas.objects import State, StateType, TaskRun
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed, Crashed, Failed

from ..errors import AirflowCompatError, ServerError
from .client import kept_client
from .failures import server_call
from .logs import Logger

# What a claim's task_key begins with, and its tag.
CLAIM = "airflow_compat.callback"

_HOST, _PID, _STARTED = "airflow-compat.host", "airflow-compat.pid", "airflow-compat.started"

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
    """Whether the caller is to call the callback: False when it was called, or is being called by a process that lives.

    What was begun and not finished, since its process died or was interrupted, is begun again, and the log says so.
    Where the server can't be asked, the answer is True: a callback called twice is better than an alert that is lost.

    Args:
        flow_run_id: The flow run that failed.
        kind: `on_failure`.
        position: The callback's place among those of its kind and name.
        name: The callback's name.
        logger: The run's.
        event: What tells this event from others of the flow run; empty for the end of its attempt.
        state_id: The state that the attempt ended with; None for the latest attempt's.
        patience: How long a call that began on another machine, where nobody can see whether its process lives, may
            take to end before it is begun again, in seconds.
    """
    callback = _Callback(flow_run_id, kind, position, name)
    try:
        claim = _take(callback, event or _attempt(flow_run_id, state_id), patience, logger)
        is_to_call = claim is not None
    except Exception as exc:  # noqa: BLE001 - an alert is not to be lost for whatever goes wrong here
        claim, is_to_call = None, True
        logger.warning(
            "%s is called without a claim on the server, and another process may call it too: %s",
            callback,
            _reason(exc),
        )
    try:
        yield is_to_call
    except Exception as exc:
        _conclude(claim, Failed(message=f"The callback raised {type(exc).__name__}"), logger)
        raise
    except BaseException as exc:
        # Whether Prefect calls the hook once more depends on where its engine was when the process was told to end.
        logger.warning("%s was interrupted by %s, and may not have done its work", callback, type(exc).__name__)
        _conclude(claim, Crashed(message=f"The callback was interrupted by {type(exc).__name__}"), logger)
        with suppress(RuntimeError):
            # Prefect ends the process without sending what was logged last.
            APILogHandler().flush()
        raise
    _conclude(claim, Completed(message="The callback was called"), logger)


def task_event(task_run_id: UUID) -> str:
    """What tells a task run's end from other events of its flow run: it ends once, and a further one has its own id."""
    return f"task-{task_run_id}"


def is_claim(task_run: TaskRun) -> bool:
    """Whether this is a claim, and not a task of the flow."""
    return task_run.task_key.startswith(CLAIM)


@dataclass(frozen=True)
class _Callback:
    flow_run_id: UUID
    kind: str
    position: int
    name: str

    def __str__(self) -> str:
        return f"{self.kind} callback {self.name}"


@dataclass(frozen=True)
class _Process:
    host: str
    pid: str
    started: str

    @classmethod
    def current(cls) -> _Process:
        pid = str(os.getpid())
        return cls(_host(), pid, _started(pid))

    @classmethod
    def of(cls, claim: TaskRun) -> _Process:
        return cls(*(str(claim.labels.get(label, "")) for label in (_HOST, _PID, _STARTED)))

    def labels(self) -> dict[str, str]:
        return {_HOST: self.host, _PID: self.pid, _STARTED: self.started}

    def lives(self) -> bool:
        """Whether it lives, where it is one of this host."""
        if self.started:
            # Numbers of processes are used again.
            return _started(self.pid) == self.started
        try:
            os.kill(int(self.pid), 0)
        except ProcessLookupError:
            return False
        except OSError:
            # It is another user's.
            return True
        return True


def _host() -> str:
    """What the numbers of processes belong to: containers of one machine may share its name and not its numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _started(pid: str) -> str:
    """When a process was started, as the system counts; empty where it is gone or the system doesn't tell."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # One that nobody has waited for is dead all the same.
    return "" if state in "ZX" else fields[18]


def _take(callback: _Callback, event: str, patience: float, logger: Logger) -> TaskRun | None:
    """The claim, now ours; None when the callback was called, or is being called."""
    id_, turn = uuid4(), 0
    while (claim := _create(id_, callback, event, turn)).id != id_:
        if not _is_abandoned(claim, patience):
            logger.info("%s was called already", callback)
            return None
        if not _is_final(claim):
            _conclude(claim, Crashed(message="The process died in the callback"), logger)
        turn += 1
    if turn:
        logger.warning("%s had begun in a process that died or was interrupted; it is called again", callback)
    return claim


@server_call
def _attempt(flow_run_id: UUID, state_id: UUID | None) -> str:
    """What tells this failure of the flow run from one before it: the state that it began with.

    A run that dies before it runs has a `run_count` of 0 each time; and the state that it failed with is one more in
    each process that says so.
    """
    states = kept_client().read_flow_run_states(flow_run_id)
    if not states:
        raise ServerError(
            f"the server has no flow run {flow_run_id}; run the flow on the server that PREFECT_API_URL names"
        )
    ids = [state.id for state in states]
    # The run may have begun another attempt since.
    ended = ids.index(state_id) + 1 if state_id in ids else len(ids)
    return next((str(state.id) for state in reversed(states[:ended]) if not state.is_final()), "")


@server_call
def _create(id_: UUID, callback: _Callback, event: str, turn: int) -> TaskRun:
    """The claim with this id, or the one that there was before. A request that is sent twice changes nothing."""
    body = {
        "id": str(id_),
        "flow_run_id": str(callback.flow_run_id),
        "task_key": f"{CLAIM}.{callback.kind}.{callback.name}",
        "dynamic_key": f"{event}-{callback.position}-{turn}",
        "name": str(callback),
        "tags": [CLAIM],
        "labels": _Process.current().labels(),
        "state": {"type": StateType.RUNNING.value, "name": "Running"},
    }
    return TaskRun.model_validate(kept_client().request("POST", "/task_runs/", json=body).json())


@server_call
def _read(claim: TaskRun) -> TaskRun:
    return kept_client().read_task_run(claim.id)


def _is_abandoned(claim: TaskRun, patience: float) -> bool:
    """Whether the callback was begun, and won't be finished."""
    owner = _Process.of(claim)
    if owner.host != _host():
        until = time.monotonic() + patience
        while not _is_final(claim) and time.monotonic() < until:
            time.sleep(_ELSEWHERE_POLL)
            claim = _read(claim)
        return not _is_done(claim)
    if owner.lives():
        return _is_final(claim) and not _is_done(claim)
    # Read again: it may have finished just before it ended.
    return not _is_done(_read(claim))


def _is_final(claim: TaskRun) -> bool:
    return claim.state is not None and claim.state.is_final()


def _is_done(claim: TaskRun) -> bool:
    """Whether the callback came to an end, be it by an exception of its own."""
    return claim.state is not None and claim.state.is_final() and not claim.state.is_crashed()


def _conclude(claim: TaskRun | None, state: State[Any], logger: Logger) -> None:
    if claim is None:
        return
    try:
        _set_state(claim, state)
    except Exception as exc:  # noqa: BLE001 - what the callback did or raised is what counts
        logger.warning("%s has ended, and its task run %s doesn't say so: %s", claim.name, claim.id, _reason(exc))


def _reason(exc: Exception) -> str:
    """Why, without the text of an answer of the server's."""
    return str(exc) if isinstance(exc, AirflowCompatError) else type(exc).__name__


@server_call
def _set_state(claim: TaskRun, state: State[Any]) -> None:
    kept_client().set_task_run_state(claim.id, state, force=True)
