"""The events that the loop of a run processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .._airflow.graph import InstanceKey


@dataclass(frozen=True)
class Ended:
    """The task run of a try has ended."""

    key: InstanceKey
    try_number: int


@dataclass(frozen=True)
class Continuing:
    """The wait of a try is over. Calling `go` continues the try."""

    key: InstanceKey
    try_number: int
    go: Callable[[], None]


@dataclass(frozen=True)
class Due:
    """An instance has its pool slots, and can become active: it starts a try, or continues a try whose wait is over."""

    key: InstanceKey
    continuing: Continuing | None = None


@dataclass(frozen=True)
class Refused:
    """An instance can't get its pool slots, because of `error`."""

    key: InstanceKey
    error: Exception


@dataclass(frozen=True)
class Waiting:
    """The try of an active instance begins to wait; while it waits, the instance is not active."""

    key: InstanceKey
    try_number: int
    state: str


@dataclass(frozen=True)
class Asked:
    """The server may have received requests to change the run."""


Event: TypeAlias = Ended | Due | Refused | Waiting | Continuing | Asked
