"""Masks loaded secrets in everything that this process logs, with a log record factory and a filter.

The factory masks the message, the exception and the stack of each log record, for all loggers and handlers. Python adds
the values of `extra` to a record after the factory has returned, so a filter of the handlers masks them.

Airflow's rules determine which texts in a loaded connection or variable are secrets.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.secret_texts import MASK, MIN_LENGTH, SecretTexts
from .._airflow.variable import is_sensitive

# The attributes that every log record has. All other attributes of a record come from `extra`.
_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime"}

_secrets = SecretTexts()
_Factory = Callable[..., logging.LogRecord]


class _State:
    wanted = True
    before: _Factory = logging.LogRecord


class SecretsFilter(logging.Filter):
    """Masks the values that a log record got from `extra`."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _State.wanted:
            try:
                for name in record.__dict__.keys() - _OWN:
                    record.__dict__[name] = _secrets.redact_value(record.__dict__[name])
            except Exception:  # noqa: BLE001 - masking must not break the logging code
                for name in record.__dict__.keys() - _OWN:
                    record.__dict__[name] = MASK
        return True


_filter = SecretsFilter()


def remember(secret: object, name: str | None = None) -> None:
    _secrets.add(secret, name)
    if _State.wanted:
        install()


def loaded_connection(held: Connection, data: Mapping[str, Any] | None = None) -> None:
    if held.password:
        remember(held.password)
    for named in (held.extra_dejson, data):
        if isinstance(named, Mapping):
            remember(named)


def loaded_variable(key: str, value: Any) -> None:
    """Mask a loaded variable's value if its name is sensitive.

    In a value that is JSON, mask the values of sensitive keys.
    """
    if isinstance(value, str) and is_sensitive(key):
        remember(value)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, str):
        remember(value, key)


def is_too_short(secret: object) -> bool:
    return isinstance(secret, str) and 0 < len(secret) < _secrets.min_length


def redact(text: str) -> str:
    """Return the text with `***` in place of each secret that this process has loaded or passed to `mask`.

    Also masks the secrets after `disable_masking`.
    """
    return _secrets.redact(text)


def enable(min_length: int = MIN_LENGTH) -> None:
    _secrets.min_length = min_length
    _State.wanted = True
    install()


def disable() -> None:
    _State.wanted = False


def install() -> None:
    """Install the log record factory, and add the filter to the handlers, unless already done."""
    from .._prefect.internals.names import RUN_LOGGERS

    current = logging.getLogRecordFactory()
    if current is not _record and not _leads_here(current):
        _State.before = current
        logging.setLogRecordFactory(_record)
    for name in (*RUN_LOGGERS, "airflow.task", None):
        for handler in logging.getLogger(name).handlers:
            # If the handler already has the filter, `addFilter` does nothing.
            handler.addFilter(_filter)


class _Probe:
    """A log message that remembers whether this module's log record factory has handled it."""

    seen = False


def _leads_here(factory: _Factory) -> bool:
    """Return True if `factory` calls this module's log record factory.

    If this module's factory then called `factory`, the calls would never end.
    """
    probe = _Probe()
    factory("airflow_compat", logging.DEBUG, "", 0, probe, (), None)
    return probe.seen


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _State.before(*args, **kwargs)
    if isinstance(record.msg, _Probe):
        record.msg.seen = True
    elif _State.wanted:
        try:
            _mask(record)
        except Exception:  # noqa: BLE001 - masking must not break the logging code
            record.msg, record.args, record.exc_info, record.stack_info = MASK, None, None, None
    return record


def _mask(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - the handler reports the error, without the secret
        record.msg = _secrets.redact(str(record.msg))
        record.args = _secrets.redact_value(record.args)
        return
    masked = _secrets.redact(message)
    if masked != message:
        # Drop the record's arguments, which still contain the secret.
        record.msg, record.args = masked, None
    if record.exc_info and record.exc_info[1]:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        masked = _secrets.redact(text)
        if masked != text:
            # Leave the exception object unchanged, because code may still use the object.
            record.exc_text, record.exc_info = masked, None
    if record.stack_info:
        record.stack_info = _secrets.redact(record.stack_info)
