"""Describes how one execution of a task instance ended, and with which data a waiting task continues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from ..authoring import BaseTrigger, TriggerEvent


@dataclass(frozen=True)
class Skips:
    """The ids of the tasks that a branch or short-circuit task has decided to skip.

    A branch skips tasks directly downstream; a short circuit may skip all downstream tasks. If the skipped tasks are
    mapped, only their instances with the branch's own map index are skipped.
    """

    task_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deferral:
    """The trigger that a deferred task waits for, and the method that then continues the task.

    Attributes:
        timeout: The maximum time to wait for the trigger; None means no limit.
    """

    trigger: BaseTrigger
    method: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    timeout: timedelta | None = None


@dataclass(frozen=True)
class Resume:
    """The trigger's event, or its failure, with which a deferred task continues.

    Attributes:
        method: The name of the operator's method that continues the task.
        kwargs: The method's arguments, except the event.
        event: The trigger's event; None if the trigger failed or timed out.
        error: The error with which the trigger failed.
        timed_out: Whether the timeout of the deferral passed before the trigger fired.
    """

    method: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    event: TriggerEvent | None = None
    error: BaseException | None = None
    timed_out: bool = False


class Paused(Protocol):
    """A sensor in this process that waits for its next call of `poke`.

    Other code than `execute` should only call `step`.
    """

    def step(self) -> Outcome:
        """Call `poke` again, and return the new outcome."""


@dataclass(frozen=True)
class Outcome:
    """The end of one execution of a task instance.

    Attributes:
        state: Airflow's state. In the states `up_for_reschedule` and `deferred`, the task waits.
        result_pushed: Whether the task stored an XCom `return_value`.
        error: The exception with which the task failed or was skipped.
        may_retry: Whether a failed task may be retried, if it has retries left.
        reschedule_at: The time at which the sensor runs again. Set only in the state `up_for_reschedule`.
        deferral: The trigger that the task waits for. Set only in the state `deferred`.
        paused: The sensor, if it waits in the mode "poke", in which it keeps its pool slots. Set only with
            `pause_pokes`.
        skips: The other tasks that this task has decided to skip.
        map_index_label: The rendered `map_index_template`.
    """

    state: Literal["success", "failed", "skipped", "up_for_reschedule", "deferred"]
    result_pushed: bool = False
    error: BaseException | None = None
    may_retry: bool = False
    reschedule_at: datetime | None = None
    deferral: Deferral | None = None
    paused: Paused | None = None
    skips: Skips = Skips()
    map_index_label: str | None = None
