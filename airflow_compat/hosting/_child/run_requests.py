"""The requests that a task in a host sends to its flow run. The run answers each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .messages import Message


@dataclass(frozen=True)
class GetConnection(Message):
    """Ask for the fields of a connection."""

    conn_id: str


@dataclass(frozen=True)
class GetVariable(Message):
    """Ask for the text of a variable."""

    key: str


@dataclass(frozen=True)
class SetVariable(Message):
    """Store a variable."""

    key: str
    value: str


@dataclass(frozen=True)
class DeleteVariable(Message):
    """Delete a variable."""

    key: str


@dataclass(frozen=True)
class GetXCom(Message):
    """Ask for XComs, by the rules of Airflow's `xcom_pull`.

    Attributes:
        task_ids: One task id, a list of task ids, or None.
        map_indexes: One map index, a list of map indexes, or None.
        all_indexes: Whether the caller of `xcom_pull` left out `map_indexes`, which means all map indexes.
        missing: The value to return if the XCom does not exist.
    """

    key: str
    task_ids: Any = None
    dag_id: str | None = None
    run_id: str | None = None
    map_indexes: Any = None
    all_indexes: bool = False
    prior_dates: bool = False
    missing: str | None = None


@dataclass(frozen=True)
class SetXCom(Message):
    """Store an XCom of the task, or of another task."""

    key: str
    value: Any
    task_id: str
    map_index: int


@dataclass(frozen=True)
class DeleteXCom(Message):
    """Delete an XCom."""

    key: str
    task_id: str
    map_index: int


@dataclass(frozen=True)
class GetLength(Message):
    """Ask for the number of instances of a mapped task, or of a task in a mapped task group."""

    task_id: str


@dataclass(frozen=True)
class GetMapIndexes(Message):
    """Ask which map indexes of an upstream task this task instance reads: one, a list, or None for all."""

    task_id: str


@dataclass(frozen=True)
class GetPreviousRun(Message):
    """Ask for the fields of the DAG's latest earlier run in this state; the answer is None if there is none."""

    state: str | None = None


@dataclass(frozen=True)
class GetTaskStates(Message):
    """Ask for the states of the run's task instances, by `<task id>` or `<task id>_<map index>`."""


@dataclass(frozen=True)
class KeepState(Message):
    """Get, set or delete a value that the task stores for its later tries, or clear all these values."""

    action: str
    key: str | None = None
    value: Any = None
    seconds: float | None = None
