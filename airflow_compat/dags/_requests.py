"""Requests to a run: clear task instances, mark them, or stop the run.

A request is stored on the server, as an input of the flow run.

Before the run carries out a request, it takes up the request with another input. Later, the run answers with a third
input, and removes the request. A sender can withdraw a request that the run has not taken up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID, uuid4

from .._airflow.dag_runs import REQUEST
from .._airflow.graph import InstanceKey
from .._prefect.run_logger import Logger
from ..errors import ServerError
from . import _server as server
from ._clear_rules import Selection

Action: TypeAlias = Literal["clear", "success", "failed", "cancel", "fail"]

MARKED = "marked"
"""The reason why a run ended, if a request ended it."""

_ANSWER, _TAKEN = "airflow-compat-answer-", "airflow-compat-taken-"
SECONDS_BETWEEN_LOOKS = 5.0
"""How many seconds a run waits before it asks the server for new requests again."""


@dataclass(frozen=True)
class Request:
    """A request to a run.

    Attributes:
        action: `clear`; a state, to mark task instances or the run with it; `cancel`; or `fail`, to fail the task
            instances whose process is gone.
        selection: The selected task instances. If a request with a state selects no tasks, the run itself is marked.
        id: Identifies the request. The id of a later request is greater.
    """

    action: Action
    selection: Selection = field(default_factory=Selection)
    id: str = field(default_factory=lambda: f"{time.time_ns():020d}-{uuid4().hex[:8]}")


@dataclass(frozen=True)
class Answer:
    """A run's answer: the task instances that changed, or the reason why none changed."""

    instances: tuple[InstanceKey, ...] = ()
    error: str = ""


def send(flow_run_id: UUID, request: Request) -> None:
    """Store a request for a run."""
    server.write_input(flow_run_id, f"{REQUEST}{request.id}", json.dumps(asdict(request)))


def withdraw(flow_run_id: UUID, request: Request) -> bool:
    """Remove a request, so that the run never carries it out. Return False if the run may have taken it up before."""

    def is_taken() -> bool:
        return server.read_input(flow_run_id, f"{_TAKEN}{request.id}") is not None

    if is_taken():
        return False
    if server.read_input(flow_run_id, f"{REQUEST}{request.id}") is not None:
        server.delete_input(flow_run_id, f"{REQUEST}{request.id}")
    # The run writes its input before it reads the request again. So the run, this function, or both see the other.
    return not is_taken()


def answer_to(flow_run_id: UUID, request: Request) -> Answer | None:
    """Return the answer to a request; None if there is none yet."""
    text = server.read_input(flow_run_id, f"{_ANSWER}{request.id}")
    if text is None:
        return None
    values = json.loads(text)
    return Answer(tuple(InstanceKey(*each) for each in values["instances"]), values["error"])


def pending_requests(flow_run_id: UUID) -> list[Request]:
    """Return the requests that a run has not answered, the oldest first.

    Raises:
        ServerError: A request to the server failed.
    """
    found = server.read_inputs(flow_run_id, REQUEST)
    return sorted((_from_text(text) for text in found.values()), key=lambda request: request.id)


class Inbox:
    """The requests that other processes have sent to the run which this process executes.

    Args:
        flow_run_id: The flow run.
        logger: The run's logger.
    """

    def __init__(self, flow_run_id: UUID, logger: Logger) -> None:
        self._flow_run_id, self._logger = flow_run_id, logger
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def pending(self) -> list[Request]:
        """Return the requests without an answer, the oldest first.

        If the server does not answer, the result is empty.
        """
        try:
            return pending_requests(self._flow_run_id)
        except ServerError as error:
            self._logger.warning("Requests to this run, such as a clear, were not read: %s", error)
            return []

    def take(self, request: Request) -> bool:
        """Take up a request. Return False if the request was withdrawn, or if the server does not answer."""
        try:
            server.write_input(self._flow_run_id, f"{_TAKEN}{request.id}", "")
            return server.read_input(self._flow_run_id, f"{REQUEST}{request.id}") is not None
        except ServerError as error:
            self._logger.warning("A request to this run was not carried out yet: %s", error)
            return False

    def answer(self, request: Request, instances: Iterable[InstanceKey] = (), error: str = "") -> None:
        """Answer a request, and remove it."""
        values = {"instances": [list(key) for key in instances], "error": error}
        try:
            server.write_input(self._flow_run_id, f"{_ANSWER}{request.id}", json.dumps(values))
            server.delete_input(self._flow_run_id, f"{REQUEST}{request.id}")
        except ServerError as exc:
            self._logger.warning("The server did not store the answer to a request: %s", exc)

    def watch(self, arrived: Callable[[], None]) -> None:
        """Call a function in a thread each time when there may be new requests."""
        self._thread = threading.Thread(
            target=self._watch, args=(arrived,), name="airflow_compat_requests", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._end.set()

    def _watch(self, arrived: Callable[[], None]) -> None:
        while not self._end.wait(SECONDS_BETWEEN_LOOKS):
            try:
                has_some = bool(server.read_inputs(self._flow_run_id, REQUEST))
            except ServerError:
                # If the server is down, the run itself reports the failure.
                continue
            if has_some:
                arrived()


def _from_text(text: str) -> Request:
    values: dict[str, Any] = json.loads(text)
    selection = {**values["selection"], "task_ids": tuple(values["selection"]["task_ids"])}
    return Request(values["action"], Selection(**selection), values["id"])
