"""Messages between the flow's process and its child processes. All messages can be pickled."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..._airflow.data_interval import RunDates
    from ..._airflow.graph import InstanceKey
    from ...operators._outcome import Outcome, Resume
    from .._loading import FileSource
    from .._records import Record
    from .._task_runs import Request

# -- Messages to the template, and its answers

REQUEST = struct.Struct("!cq")
"""`FORK` and the file descriptor of the child's connection, or `EXIT_CODE` and the process id of a child."""
ANSWER = struct.Struct("!q")
"""The process id of the new child, or an exit code."""
FORK, EXIT_CODE = b"F", b"E"
RUNNING, UNKNOWN = 2**32, 2**33
"""The answers to `EXIT_CODE`: the child has not ended, or this template did not fork the process."""

# -- Messages to a child


@dataclass(frozen=True)
class RunFacts:
    """The facts about the run that a new child needs.

    Attributes:
        flow_run: The data of the flow run's context.
        environ: The environment variables of the flow's process.
    """

    source: FileSource
    dag_id: str
    run_id: str
    dates: RunDates
    conf: Mapping[str, Any]
    flow_run: Mapping[str, Any] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Execute:
    """A request to execute a try, or to continue the try after a wait. The answer is `Executed`.

    Attributes:
        task_run: The data of the task run's context.
        start: The start of the try, in seconds since the epoch.
        wait_began: The time of the first execution of a sensor in reschedule mode.
        resume: The data with which a deferred task continues.
        is_first: Whether this is the first execution of the try, and not a continuation after a wait.
        pushed: The keys of the XComs that earlier executions of the try have pushed.
        lengths: The lengths of mapped tasks and groups.
        first_try: The number of the first try since the instance was cleared.
    """

    request: Request
    task_run: Mapping[str, Any] = field(repr=False)
    start: float
    wait_began: datetime | None
    resume: Resume | None
    is_first: bool
    pushed: tuple[str, ...]
    lengths: Mapping[str, int]
    first_try: int


@dataclass(frozen=True)
class CallCallbacks:
    """A request to call the callbacks of the last executed try, after the record of the try was written.

    The answer is `Called`.
    """

    record: Record


@dataclass(frozen=True)
class Answer:
    """The answer to an `Ask`: a value, or the error that the question raised."""

    value: Any = None
    error: BaseException | None = None


# -- Messages from a child


@dataclass(frozen=True)
class Broken:
    """The child can't load the DAG."""

    error: str


@dataclass(frozen=True)
class Limited:
    """The execution has begun, and has a time limit."""

    seconds: float


@dataclass(frozen=True)
class Pushed:
    """An XCom was stored."""

    key: InstanceKey
    name: str


@dataclass(frozen=True)
class Logged:
    """A log record, as the values of its attributes."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """A question about the run, or about runs of other DAGs."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Executed:
    """The end of an execution.

    Attributes:
        outcome: How the execution ended, without the error.
        record: The record of the try; None if the try waits.
    """

    outcome: Outcome
    record: Record | None = None


@dataclass(frozen=True)
class Called:
    """The callbacks were called."""
