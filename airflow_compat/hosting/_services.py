"""Answers the requests of tasks and other code in a host."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..connections import get_connection
from ..errors import AirflowCompatError, ConnectionNotFoundError, HostError, VariableNotFoundError
from ..logs._masking import remember
from ..variables import Variable
from ._child import messages, run_requests
from ._child.channel import Channel
from ._xcom_values import from_airflow, to_airflow

_FIELDS = ("conn_id", "conn_type", "host", "login", "password", "schema", "port", "extra")


class TaskServices(Protocol):
    """The interface through which a flow run handles the requests and messages of a task in a host."""

    def log(self, level: int, logger: str, text: str) -> None:
        """Write a message to the task's log."""

    def rendered(self, fields: Mapping[str, Any]) -> None:
        """Store the task's rendered template fields."""

    def xcom_pull(self, *, dag_id: str | None, run_id: str | None, **arguments: Any) -> Any:
        """Return the values of XComs, by the rules of `xcom.pull`."""

    def xcom_push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        """Store an XCom."""

    def xcom_delete(self, task_id: str, map_index: int, key: str) -> None:
        """Delete an XCom."""

    def length(self, task_id: str) -> int | None:
        """Return the number of a mapped task's instances in the run; None if unknown."""

    def map_indexes(self, task_id: str) -> int | list[int] | None:
        """Return which map indexes of an upstream task this task instance reads; None means all."""

    def previous_run(self, state: str | None) -> dict[str, Any] | None:
        """Return the fields of the DAG's latest earlier run in this state, if any, with dates as text."""

    def task_states(self) -> dict[str, str]:
        """Return the states of the run's task instances."""

    def keep_state(self, action: str, key: str | None, value: Any, seconds: float | None) -> Any:
        """Get, set or delete a value that the task stores for its later tries, or clear all these values."""


class NoTask:
    """Answers requests of code in a host that is not a task: such code can request only connections and variables.

    Args:
        asker: The sender of the requests, as named in error messages, such as `A trigger`.
        logger: The logger that receives the log messages of this code.
    """

    def __init__(self, asker: str, logger: logging.Logger) -> None:
        self._asker, self._logger = asker, logger

    def log(self, level: int, logger: str, text: str) -> None:
        self._logger.log(level or logging.INFO, "%s: %s", logger, text)

    def rendered(self, fields: Mapping[str, Any]) -> None:
        """Do nothing."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise HostError(
            f"{self._asker} in a host can only read connections and variables. Read other values in a task."
        )

    xcom_pull = xcom_push = xcom_delete = length = map_indexes = previous_run = task_states = keep_state = _refuse


def noted(note: Any, services: TaskServices) -> bool:
    """Handle a message that needs no answer. Return False if the message is of another kind."""
    if isinstance(note, messages.Log):
        services.log(note.level, note.logger, note.text)
    elif isinstance(note, messages.Mask):
        if note.value is not None:
            remember(note.value, note.name)
    elif isinstance(note, messages.Rendered):
        services.rendered(note.fields)
    elif isinstance(note, messages.Broken):
        services.log(logging.ERROR, "airflow.task", note.error)
    else:
        return False
    return True


def answered(request: Any, services: TaskServices) -> Any:
    """Return the answer to a task's request.

    Raises:
        ProtocolError: The message is not a request that a run answers.
    """
    answer = _ANSWERS.get(type(request))
    if answer is None:
        raise messages.ProtocolError(f"{type(request).__name__} is not a request")
    try:
        return messages.Answer(answer(request, services))
    except (ConnectionNotFoundError, VariableNotFoundError) as error:
        return messages.Answer(error=str(error), kind="missing")
    except (AirflowCompatError, TypeError, ValueError) as error:
        return messages.Answer(error=str(error), kind=type(error).__name__)


def answer_of(channel: Channel, request: Any, services: TaskServices) -> Any:
    """Send a request to a host's process, answer the process's own requests meanwhile, and return its answer's value.

    Raises:
        Closed: The process has ended.
        ProtocolError: The process sent data that is not a message.
    """
    channel.send(request)
    while not isinstance(received := channel.receive(), messages.Answer):
        if not noted(received, services):
            channel.send(answered(received, services))
    return received.value


def _connection(request: Any, _: TaskServices) -> dict[str, Any]:
    found = get_connection(request.conn_id)
    values = {name: getattr(found, name) for name in _FIELDS}
    # Airflow uses an empty text for a missing connection type.
    return {**values, "conn_id": request.conn_id, "conn_type": values["conn_type"] or ""}


def _set_variable(request: Any, _: TaskServices) -> None:
    Variable.set(request.key, request.value)


def _pull(request: Any, services: TaskServices) -> Any:
    arguments = {
        "task_ids": request.task_ids,
        "key": request.key,
        "dag_id": request.dag_id,
        "run_id": request.run_id,
        "include_prior_dates": request.prior_dates,
    }
    if not request.all_indexes:
        arguments.update(map_indexes=request.map_indexes, default=request.missing)
    return to_airflow(services.xcom_pull(**arguments))


def _push(request: Any, services: TaskServices) -> None:
    services.xcom_push(request.task_id, request.map_index, request.key, from_airflow(request.value))


_ANSWERS: Mapping[type, Callable[[Any, TaskServices], Any]] = {
    run_requests.GetConnection: _connection,
    run_requests.GetVariable: lambda request, _: Variable.get(request.key),
    run_requests.SetVariable: _set_variable,
    run_requests.DeleteVariable: lambda request, _: Variable.delete(request.key, airflow_version="2"),
    run_requests.GetXCom: _pull,
    run_requests.SetXCom: _push,
    run_requests.DeleteXCom: lambda request, run: run.xcom_delete(request.task_id, request.map_index, request.key),
    run_requests.GetLength: lambda request, run: run.length(request.task_id),
    run_requests.GetMapIndexes: lambda request, run: run.map_indexes(request.task_id),
    run_requests.GetPreviousRun: lambda request, run: run.previous_run(request.state),
    run_requests.GetTaskStates: lambda _, run: run.task_states(),
    run_requests.KeepState: lambda request, run: run.keep_state(
        request.action, request.key, request.value, request.seconds
    ),
}
