"""Sends the log records of a child to the flow's process.

The handlers of the flow's process write the records as if a thread of that process had logged them.
"""

from __future__ import annotations

import logging
import pickle
import sys
from typing import TYPE_CHECKING, Any

from .messages import Logged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .channel import Channel

_TASK = "airflow.task"


def send_logs(channel: Channel) -> None:
    """Make all loggers of this child send their records to the flow's process."""
    handler = _Sender(channel)
    loggers = [each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for logger in loggers:
        if logger.handlers:
            logger.handlers, logger.propagate = [], True
    logging.root.handlers = [handler]
    logging.getLogger(_TASK).setLevel(logging.INFO)


def write_log(values: Mapping[str, Any]) -> None:
    """Write a record of a child with the handlers of this process."""
    record = logging.makeLogRecord(dict(values))
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


class _Sender(logging.Handler):
    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            if self._channel.is_own:
                self._channel.send(Logged(_values(record)))
            else:
                # The current process was forked by the task, so it must not use the child's channel.
                print(text, file=sys.__stderr__)
        except Exception:  # noqa: BLE001 - as handlers of logging do
            self.handleError(record)


def _values(record: logging.LogRecord) -> dict[str, Any]:
    """Return the attributes of a log record that can be sent to the parent.

    The record must be formatted, because `format` stores the exception's text in the record.
    """
    values = {**vars(record), "msg": record.getMessage(), "args": None, "exc_info": None}
    return {name: value for name, value in values.items() if _can_be_sent(value)}


def _can_be_sent(value: object) -> bool:
    if value is None or isinstance(value, (str, int, float)):
        return True
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - objects of any class
        return False
    return True
