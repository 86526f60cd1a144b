"""Undocumented behaviour of the services that send the logs and events of runs."""

from __future__ import annotations

import logging
from contextlib import suppress

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogHandler

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
