"""Masks the secrets that this process has loaded in all that is logged: a log record factory, and a filter.

The factory sees the message, the exception and the stack of every record, whichever logger and handler it goes
through. What a record is given as `extra` comes later, so that a filter on the handlers masks that.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from .._airflow.secret_texts import MASK, MIN_LENGTH, SecretTexts

# Of Prefect's loggers, those whose handlers send what runs log; and the console's.
_LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.extra", "prefect", "airflow.task", None)
# What each record has by itself.
_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime"}

_secrets = SecretTexts()
_Factory = Callable[..., logging.LogRecord]


class _State:
    """Whether masking is wanted, and the factory that was there before ours."""

    wanted = True
    before: _Factory = logging.LogRecord


class SecretsFilter(logging.Filter):
    """Masks what a record was given as `extra`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        if _State.wanted:
            try:
                for name in record.__dict__.keys() - _OWN:
                    record.__dict__[name] = _secrets.redact_value(record.__dict__[name])
            except Exception:  # noqa: BLE001 - who logs is never to fail of it
                for name in record.__dict__.keys() - _OWN:
                    record.__dict__[name] = MASK
        return True


_filter = SecretsFilter()


def remember(secret: object, name: str | None = None) -> None:
    """Mask a secret from now on. See `SecretTexts.add`."""
    _secrets.add(secret, name)
    if _State.wanted:
        install()


def is_too_short(secret: object) -> bool:
    """Whether this is text that isn't masked for its length."""
    return isinstance(secret, str) and 0 < len(secret) < _secrets.min_length


def redact(text: str) -> str:
    """The text without the secrets that are known, whether masking is on or not."""
    return _secrets.redact(text)


def redact_value(value: Any) -> Any:
    """The same for all the texts in a value."""
    return _secrets.redact_value(value)


def enable(min_length: int = MIN_LENGTH) -> None:
    """Mask secrets from this length on."""
    _secrets.min_length = min_length
    _State.wanted = True
    install()


def disable() -> None:
    """Let everything through; what was remembered stays so."""
    _State.wanted = False


def install() -> None:
    """Put the factory and the filter in their places; nothing is done to what is there already."""
    current = logging.getLogRecordFactory()
    if current is not _record and not _leads_here(current):
        _State.before = current
        logging.setLogRecordFactory(_record)
    for name in _LOGGERS:
        for handler in logging.getLogger(name).handlers:
            # A filter that is there isn't added again.
            handler.addFilter(_filter)


class _Probe:
    """A message that tells whether it was seen."""

    seen = False


def _leads_here(factory: _Factory) -> bool:
    """Whether somebody else's factory calls ours: to call it from ours would never end."""
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
        except Exception:  # noqa: BLE001 - who logs is never to fail of it
            record.msg, record.args, record.exc_info, record.stack_info = MASK, None, None, None
    return record


def _mask(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - the handler is to complain of it, without the secret
        record.msg = _secrets.redact(str(record.msg))
        record.args = _secrets.redact_value(record.args)
        return
    masked = _secrets.redact(message)
    if masked != message:
        # The arguments would bring it back.
        record.msg, record.args = masked, None
    if record.exc_info and record.exc_info[1]:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        masked = _secrets.redact(text)
        if masked != text:
            # The exception itself stays as it is, since code may go on with it.
            record.exc_text, record.exc_info = masked, None
    if record.stack_info:
        record.stack_info = _secrets.redact(record.stack_info)
