"""Outcome records: the outcomes of the task instances of a run, in the flow's result storage.

A record is written before its task instance ends. A restarted run therefore knows which instances have ended, even if
the server does not. Records of tries are never overwritten: a process that is killed while it writes leaves at most an
incomplete object, which counts as missing. Each try therefore has its own record, and a second object shows that the
callbacks of the record were called.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any, Protocol

from .._airflow.graph import InstanceKey
from ._decisions import FINAL_STATES


class Objects(Protocol):
    """A store of texts, each with a name. An incomplete text counts as missing."""

    def read(self, name: str) -> str | None:
        """Return a text; None if it is missing."""

    def write(self, name: str, text: str) -> None:
        """Store a text. When the function returns, the text is stored."""

    def of(self, folder: str) -> Objects:
        """Return the store for the texts of another run, or of an index, in the same storage."""


@dataclass(frozen=True)
class Record:
    """The outcome of one try of a task instance, or the state that the instance got without a try.

    Attributes:
        try_number: The number of the try, from 1; for a state without a try, the number of tries before it.
        state: Airflow's state: one of `FINAL_STATES`, or `up_for_retry`.
        at: The time of the outcome, in seconds since the epoch.
        task_run_id: The id of the Prefect task run that shows the outcome.
        ran: Whether the task instance ran; False for a state that the loop decided.
        xcom_keys: The keys of the XComs that the try pushed.
        skips: The ids of the tasks that a branch or short circuit skips.
        callbacks: The kinds of the callbacks to call: `on_failure`.
        assets: The asset events to send.
        error: The text of the exception.
        start_date: The start of the try that ended, or that a state without a try replaces; None if there is none.
        retry_at: The start of the next try, in seconds since the epoch; only in `up_for_retry`.
        end_date: The end of the try that a state without a try replaces; None if this end is `at`.
    """

    task_id: str
    map_index: int
    try_number: int
    state: str
    at: float
    task_run_id: str
    ran: bool = True
    start_date: float | None = None
    xcom_keys: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    assets: tuple[dict[str, Any], ...] = ()
    error: str | None = None
    retry_at: float | None = None
    end_date: float | None = None

    @property
    def ended_at(self) -> float:
        """The end of the task instance, in seconds since the epoch."""
        return self.at if self.end_date is None else self.end_date

    @property
    def key(self) -> InstanceKey:
        return InstanceKey(self.task_id, self.map_index)

    @property
    def has_begun(self) -> bool:
        """Whether the task instance ran before it got its state."""
        return self.ran or self.start_date is not None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def has_callbacks(self) -> bool:
        """Whether callbacks must be called or asset events sent after the record is written."""
        return bool(self.callbacks or self.assets)

    @classmethod
    def from_text(cls, text: str) -> Record:
        values: dict[str, Any] = json.loads(text)
        plain: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**plain)


@dataclass(frozen=True)
class RunEnd:
    """The state of the run, and why the run ended.

    `reason` is Airflow's word for the reason, which DAG callbacks receive.
    """

    state: str
    reason: str
    at: float


class Records:
    """The records of one run. Threads may write records of different task instances at the same time.

    Attributes:
        lengths: The lengths of mapped tasks and groups.
        first_tries: For each instance that was cleared, the number of the first try after the clear.
        clears: How often task instances of the run were cleared.
        removed: The latest record of each task instance whose task is no longer in the DAG; None if the instance did
            not end.
    """

    def __init__(self, objects: Objects) -> None:
        self.lengths: dict[str, int] = {}
        self.first_tries: dict[InstanceKey, int] = {}
        self.removed: dict[InstanceKey, Record | None] = {}
        self.clears = 0
        self._objects = objects
        self._lock = threading.Lock()
        self._latest: dict[InstanceKey, Record] = {}
        self._cleared_in: dict[InstanceKey, int] = {}
        self._forgotten_in: dict[str, int] = {}
        self._requests: set[str] = set()

    @property
    def objects(self) -> Objects:
        """The store of the run's texts."""
        return self._objects

    def begin(self, run: Mapping[str, str]) -> None:
        """Record that the run has begun, and its dates."""
        self._objects.write("run", json.dumps(dict(run)))

    def begun(self) -> dict[str, str] | None:
        """Return what `begin` recorded; None in the first process of a run."""
        text = self._objects.read("run")
        return None if text is None else dict(json.loads(text))

    def load(self, task_ids: Iterable[str], node_ids: Iterable[str]) -> None:
        """Read the records of earlier processes.

        Args:
            task_ids: The tasks of the DAG.
            node_ids: The mapped tasks and groups of the DAG.
        """
        while (cleared := self._objects.read(f"cleared~{self.clears}")) is not None:
            self._note_cleared(**json.loads(cleared))
        for node_id in node_ids:
            length = self.read_length(node_id)
            if length is not None:
                self.lengths[node_id] = length
        for task_id in task_ids:
            self._load_instance(InstanceKey(task_id))

    def load_instances(self, task_id: str, length: int) -> None:
        """Read the records of the expanded instances of a task."""
        for map_index in range(length):
            self._load_instance(InstanceKey(task_id, map_index))

    def load_removed(self, keys: Iterable[InstanceKey]) -> None:
        """Read the records of task instances whose tasks are no longer in the DAG."""
        for key in keys:
            found = self._read_instance(key)
            self.removed[key] = found and replace(found, state="removed")

    def read_length(self, node_id: str) -> int | None:
        """Read the length of a mapped task or group."""
        length = self._objects.read(self._length_name(node_id))
        return None if length is None else int(length)

    def _load_instance(self, key: InstanceKey) -> None:
        found = self._read_instance(key)
        if found is not None:
            self._latest[key] = found

    def _read_instance(self, key: InstanceKey) -> Record | None:
        found, try_number = None, self.first_tries.get(key, 1)
        while (text := self._objects.read(_try_name(key, try_number))) is not None:
            found = Record.from_text(text)
            if found.is_final:
                return found
            try_number += 1
        text = self._objects.read(self._settled_name(key))
        return found if text is None else Record.from_text(text)

    def write(self, record: Record) -> None:
        name = _try_name(record.key, record.try_number) if record.ran else self._settled_name(record.key)
        self._objects.write(name, json.dumps(asdict(record), separators=(",", ":")))
        with self._lock:
            self._latest[record.key] = record

    def write_length(self, node_id: str, length: int) -> None:
        """Record the length of a mapped task or group."""
        self._objects.write(self._length_name(node_id), str(length))
        self.lengths[node_id] = length

    def latest(self, key: InstanceKey) -> Record | None:
        """Return the record of the latest outcome of a task instance."""
        with self._lock:
            return self._latest.get(key)

    def tries(self, key: InstanceKey) -> int:
        """Return how many tries an instance has had, also before it was cleared."""
        found = self.latest(key)
        return found.try_number if found else self.first_tries.get(key, 1) - 1

    def try_before(self, key: InstanceKey) -> Record | None:
        """Return the record of an instance's last try, even if the instance was cleared after that try."""
        found, number = self.latest(key), self.tries(key)
        if found is not None or number == 0:
            return found
        text = self._objects.read(_try_name(key, number))
        return None if text is None else Record.from_text(text)

    def latest_of(self, keys: Iterable[InstanceKey]) -> dict[InstanceKey, Record]:
        """Return the latest record of each given task instance that has a record."""
        with self._lock:
            return {key: self._latest[key] for key in keys if key in self._latest}

    def all(self) -> list[Record]:
        """Return the latest record of each task instance, in the order of their ends."""
        with self._lock:
            found = list(self._latest.values())
        return sorted(found, key=lambda record: record.at)

    def clear(self, keys: Iterable[InstanceKey], *, lengths: Iterable[str] = (), request: str = "") -> None:
        """Clear ended task instances, so that they run again. The try numbers of these instances continue.

        Args:
            keys: The task instances.
            lengths: The mapped tasks and groups whose lengths must be computed again.
            request: The id of the request that asked for the task instances to be cleared.
        """
        ended = {key: record.try_number for key in keys if (record := self.latest(key)) is not None}
        body: dict[str, Any] = {
            "tries": [[*key, tries] for key, tries in ended.items()],
            "lengths": [node_id for node_id in lengths if node_id in self.lengths],
            "request": request,
        }
        self._objects.write(f"cleared~{self.clears}", json.dumps(body))
        self._note_cleared(**body)

    def has_carried_out(self, request: str) -> bool:
        """Return True if task instances were already cleared for this request."""
        return request in self._requests

    def _note_cleared(self, tries: list[list[Any]], lengths: list[str], request: str) -> None:
        self.clears += 1
        self._requests.add(request)
        for task_id, map_index, number in tries:
            key = InstanceKey(task_id, map_index)
            self.first_tries[key] = number + 1
            self._cleared_in[key] = self.clears
            with self._lock:
                self._latest.pop(key, None)
        for node_id in lengths:
            self._forgotten_in[node_id] = self.clears
            self.lengths.pop(node_id, None)

    def write_end(self, end: RunEnd) -> None:
        """Record how the run ended. The DAG's callbacks are called later."""
        self._objects.write(f"ended~{self.clears}", json.dumps(asdict(end)))

    def end(self) -> RunEnd | None:
        """Return how the run ended since task instances were last cleared; None if the run's process was killed."""
        text = self._objects.read(f"ended~{self.clears}")
        return None if text is None else RunEnd(**json.loads(text))

    def write_stopped(self, keys: Iterable[InstanceKey]) -> None:
        """Record which task instances had not ended when the run was cancelled.

        The instances get their states later.
        """
        self._objects.write(f"stopped~{self.clears}", json.dumps([list(key) for key in keys]))

    def stopped(self) -> frozenset[InstanceKey]:
        """Return what `write_stopped` has recorded since task instances were last cleared."""
        text = self._objects.read(f"stopped~{self.clears}")
        return frozenset() if text is None else frozenset(InstanceKey(*key) for key in json.loads(text))

    def callbacks_called(self, record: Record) -> None:
        """Record that the callbacks which belong to a record were called."""
        self._objects.write(_called_name(record), "{}")

    def pending(self) -> Iterator[Record]:
        """Yield the latest record of each task instance, if the record's callbacks may not have been called."""
        for record in self.all():
            if record.has_callbacks and self._objects.read(_called_name(record)) is None:
                yield record

    def _length_name(self, node_id: str) -> str:
        return f"{node_id}~length{self._forgotten_in.get(node_id) or ''}"

    def _settled_name(self, key: InstanceKey) -> str:
        return f"{key.task_id}~{key.map_index}~settled{self._cleared_in.get(key, 0)}"


def moment(seconds: float | None) -> datetime | None:
    """Convert a time of a record, in seconds since the epoch, to a datetime in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _try_name(key: InstanceKey, try_number: int) -> str:
    return f"{key.task_id}~{key.map_index}~{try_number}"


def _called_name(record: Record) -> str:
    return f"{_try_name(record.key, record.try_number)}~called"
