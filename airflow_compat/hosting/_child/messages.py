"""The messages between a flow run and the processes of an Airflow host.

Each message is one line of JSON: a list of the name of the message's class and a dict of the message's fields.

XComs, and the arguments with which deferred tasks continue, have the form in which Airflow serializes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

PROTOCOL = 1
"""The version of these messages. A run refuses a host that has another version."""


class ProtocolError(Exception):
    """The process at the other end of the socket sent data that is not a message."""


_KINDS: dict[str, type[Message]] = {}


class Message:
    """Base class of messages. Each subclass is a frozen dataclass."""

    def __init_subclass__(cls) -> None:
        _KINDS[cls.__name__] = cls


def encoded(sent: Any) -> bytes:
    """Return a message as one line of JSON.

    Raises:
        TypeError: A field's value is not JSON data.
    """
    return json.dumps([type(sent).__name__, vars(sent)], separators=(",", ":")).encode() + b"\n"


def decoded(line: bytes) -> Any:
    """Return the message that a line of JSON contains.

    Raises:
        ProtocolError: The line is not a message.
    """
    try:
        name, fields = json.loads(line)
        return _KINDS[name](**fields)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ProtocolError(f"{len(line)} bytes that are not a message") from None


# -- Messages to a process that starts other processes


@dataclass(frozen=True)
class Fork(Message):
    """Start a process that runs tasks.

    After the first answer, the run sends the new process's socket. The second answer is the new process's id.
    """


@dataclass(frozen=True)
class HowEnded(Message):
    """Ask with which exit code a process ended.

    The answer is the process's exit code; a negative signal number if a signal ended the process; None if unknown.
    """

    pid: int


@dataclass(frozen=True)
class Load(Message):
    """Load a DAG file once, so that all processes forked from this one already have it loaded.

    Before the process answers, it may request connections and variables, which the file's code reads.

    Attributes:
        search_path: The folders in which the file's imports are searched for.
    """

    file: str
    search_path: list[str]


@dataclass(frozen=True)
class Describe(Message):
    """Describe the DAGs of the loaded file. The answer is a dict with the keys `dags` and `errors`; see `describe`."""


# -- Messages to a process that runs tasks


@dataclass(frozen=True)
class RunTask(Message):
    """Run one try of a task instance, or continue a try that was deferred or rescheduled.

    Attributes:
        file: The DAG file.
        search_path: The folders in which the file's imports are searched for.
        id: A UUID.
        run: The fields of the DAG run: run_id, run_type, external_trigger, conf, and the run's dates in ISO format.
        reschedules: How many times the sensor was already rescheduled in this try.
        first_start: The time at which the sensor was first executed in this try.
        next_method: The name of the method with which a deferred task continues.
        next_kwargs: The arguments for `next_method`, as Airflow serializes them.
        event: The trigger event that is passed to `next_method`, as Airflow serializes it.
        failure: The error with which the trigger failed; then there is no `event`.
        map_indexes: For a task instance in a mapped task group: the map indexes to read from each upstream task; None
            means all map indexes.
        operator: For a task without a DAG file, a dict with these keys: `path`, the operator's import path;
            `arguments`, the operator's arguments; `of_call`, further arguments, which are not rendered as templates;
            `params`; and `file`, in whose folder template files are searched for. Airflow serializes the values of
            `arguments` and `of_call`.
    """

    file: str
    search_path: list[str]
    dag_id: str
    task_id: str
    map_index: int
    id: str
    try_number: int
    max_tries: int
    start_date: str
    run: dict[str, Any]
    reschedules: int = 0
    first_start: str | None = None
    next_method: str | None = None
    next_kwargs: Any = None
    event: Any = None
    failure: dict[str, Any] | None = None
    map_indexes: dict[str, Any] | None = None
    operator: dict[str, Any] | None = None


@dataclass(frozen=True)
class Finish(Message):
    """Call the callbacks that Airflow calls for a task that ended in this state."""

    state: str


@dataclass(frozen=True)
class CallDagCallbacks(Message):
    """Call the callbacks of a DAG whose run has ended.

    Attributes:
        task: The fields of a `RunTask`, which describe the task instance of the callbacks' context.
        task_state: The state of this task instance.
        state: The state of the run.
        reason: Airflow's name for the reason why the run ended.
    """

    task: dict[str, Any]
    task_state: str
    state: str
    reason: str


@dataclass(frozen=True)
class RunTriggers(Message):
    """Tell the receiving process to run triggers from now on."""


@dataclass(frozen=True)
class StartTrigger(Message):
    """Run a trigger."""

    number: int
    classpath: str
    kwargs: Any


@dataclass(frozen=True)
class StopTrigger(Message):
    """Cancel a trigger that its task no longer waits for."""

    number: int


@dataclass(frozen=True)
class Resolve(Message):
    """Ask which import paths in `names` can't be imported. The answer maps each such import path to the reason."""

    names: list[str]
    search_path: list[str]


@dataclass(frozen=True)
class Providers(Message):
    """Ask which Airflow providers the host has. The answer is a list of pairs: package name and version."""


@dataclass(frozen=True)
class Answer(Message):
    """The answer to a request.

    Attributes:
        error: The error's text, if the request failed.
        kind: `missing` if the requested object doesn't exist, else the name of the exception's class.
    """

    value: Any = None
    error: str | None = None
    kind: str | None = None


# -- Messages from the host that need no answer


@dataclass(frozen=True)
class Hello(Message):
    """The first message that a host sends after its start."""

    protocol: int
    airflow: str
    python: str
    pid: int
    import_seconds: float


@dataclass(frozen=True)
class Broken(Message):
    """Tells that the host, or one of its processes, failed with an unexpected error."""

    error: str


@dataclass(frozen=True)
class Log(Message):
    """A log record. Text that a task prints is sent as a record of level 0."""

    level: int
    logger: str
    text: str


@dataclass(frozen=True)
class Mask(Message):
    """A secret to mask in the logs. A secret with a name is masked only if Airflow considers the name sensitive."""

    value: Any
    name: str | None = None


@dataclass(frozen=True)
class Rendered(Message):
    """Tells the values of the task's template fields after rendering."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Ended(Message):
    """Tells how one execution of a task ended.

    Attributes:
        state: Airflow's state: success, skipped, failed (without another try), up_for_retry, up_for_reschedule,
            deferred.
        error: The class name and the text of the exception.
        reschedule_at: The time at which a rescheduled sensor runs again.
        trigger: The trigger that the task waits for: its class path, its arguments, and the timeout in seconds.
        next_method: The name of the method with which a deferred task continues.
        next_kwargs: The arguments for `next_method`.
        skips: The ids of the downstream tasks that this task decided to skip.
        label: The rendered `map_index_template`.
        outlets: The asset events of the task's outlets: each has the asset's name, uri and extra, and the alias if the
            outlet is an asset alias.
    """

    state: str
    error: tuple[str, str] | None = None
    reschedule_at: str | None = None
    trigger: dict[str, Any] | None = None
    next_method: str | None = None
    next_kwargs: Any = None
    skips: list[str] | None = None
    label: str | None = None
    outlets: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Free(Message):
    """Tells that the process is ready for the next task.

    If the task left threads or child processes running, the run ends this process instead of reusing it.
    """

    has_leftovers: bool = False


@dataclass(frozen=True)
class Fired(Message):
    """The first event of a trigger, or the error with which the trigger failed.

    If both are missing, the trigger ended without an event.

    Attributes:
        event: The event's payload, as Airflow serializes it.
        ends_task: For an event that ends the task: the task's final state, and the XComs to store.
    """

    number: int
    event: Any = None
    has_event: bool = False
    error: str | None = None
    ends_task: dict[str, Any] | None = None
