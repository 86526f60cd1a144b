"""Undocumented behaviour of the services that send the logs and events of runs."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogHandler

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.events import Event

# The longest wait in seconds: a server that is gone never receives the events.
_SENT_WITHIN = 30.0


def sends_to_runs(name: str) -> bool:
    """Return True if Prefect sends this logger's records to the run's log.

    Prefect: its own loggers, and those in `PREFECT_LOGGING_EXTRA_LOGGERS`, have an `APILogHandler`.
    Since: before 3.7.0.
    If this behaviour changes: lines of forwarded loggers appear twice. Find the handler's new class.
    """
    logger: logging.Logger | None = logging.getLogger(name)
    while logger:
        if any(type(handler) is APILogHandler for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def send_logs_now() -> None:
    """Send the waiting log lines of runs, and wait until they are sent, if possible.

    Prefect: lines wait in a queue for up to two seconds, and are lost if SIGTERM ends the process.
        `APILogHandler.flush` sends the lines; in Prefect's own event loop, it raises `RuntimeError`.
    Since: before 3.7.0.
    If this behaviour changes: a killed run's log lacks the last line, which says that a callback was interrupted. Find
        another way to send the log lines in the queue.
    """
    with suppress(RuntimeError):
        APILogHandler().flush()


def send_events_now() -> None:
    """Send the waiting events, and wait for at most half a minute. After this call, the process sends no more events.

    Prefect: events wait in the queue of a service, which sends them before the interpreter ends, but not before
        `os._exit`. In a thread without an event loop, `drain_all` waits until the events are sent.
    Since: before 3.7.0.
    If this behaviour changes: the last asset events of tasks in child processes are lost. Let the interpreter of a
    child process end normally.
    """
    EventsWorker.drain_all(timeout=_SENT_WITHIN)


def event_workers() -> list[EventsWorker]:
    """Return the services that send this process's events.

    Prefect: `EventsWorker._instances` contains the services of all kinds. `EventsWorker.instance` can start one.
    Since: before 3.7.0.
    If this behaviour changes: see `last_sent_task_state`.
    """
    services: list[object] = list(EventsWorker._instances.values())  # type: ignore[misc]
    return [service for service in services if isinstance(service, EventsWorker)]


def has_unsent_events() -> bool:
    """Return True if events of this process wait until they are sent to the server.

    Prefect: events wait in the queue of a service. The queue counts an event as unfinished until it is sent.
    Since: before 3.7.0.
    If this behaviour changes: see `last_sent_task_state`.
    """
    return any(worker._queue.unfinished_tasks for worker in event_workers())


def last_sent_task_state(flow_run_id: UUID) -> Event | None:
    """Return the event of the last state of the flow run's task runs that this process sent; None if it is unknown.

    Prefect: a process sends each state of a task run as an event; the event's id is the state's id. Until the server
        confirms that it received an event, the client keeps it in `_unconfirmed_events`: up to 30 seconds or 700
        events. The server receives events in this order, and records the states later.
    Since: before 3.7.0.
    If this behaviour changes: on a busy server, the callbacks of flows possibly name an earlier task, and summaries
        lack the last task runs. Find where the client keeps the events that it sent.
    """
    flow_run = f"prefect.flow-run.{flow_run_id}"
    # Before a worker is connected, it has no client.
    clients = [vars(worker).get("_client") for worker in event_workers()]
    sent = [event for client in clients for event in list(getattr(client, "_unconfirmed_events", ()))]
    states = [event for event in sent if event.resource.get("prefect.orchestration") == "client"]
    return next((event for event in reversed(states) if flow_run in [each.id for each in event.related]), None)
