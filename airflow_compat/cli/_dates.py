"""Dates and times of options: `--since`, `--start`, `--end`."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from ..errors import BackfillError, InvalidEventError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment_since(text: str, now: datetime) -> datetime:
    """Return the moment of `--since`.

    Args:
        text: `30m`, `12h`, `7d` or `2w`; or an ISO date or time, in this machine's time zone if the text has none.
        now: The present.

    Raises:
        InvalidEventError: The text has another form, or is in the future.
    """
    moment = _ago(text, now) or _date(text)
    if moment is None:
        raise InvalidEventError(f"--since {text!r} is not a time; use for example 7d, 12h, 30m, 2w or 2026-11-01")
    if moment > now:
        raise InvalidEventError(f"--since {text!r} is in the future; use for example 7d")
    return moment


def moment_of(option: str, text: str) -> datetime:
    """Return the moment of an ISO date or time in UTC. A text without an offset is in UTC, like Airflow's dates.

    Raises:
        BackfillError: The text has another form, or the moment is out of range in UTC.
    """
    try:
        # Python 3.10 does not read Z.
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise BackfillError(
            f"{option} {text!r} is not a time; use for example 2026-11-01 or 2026-11-01T06:00"
        ) from None


def _ago(text: str, now: datetime) -> datetime | None:
    with suppress(OverflowError):
        if found := re.fullmatch(r"(\d{1,9})([mhdw])", text, re.ASCII):
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    return None


def _date(text: str) -> datetime | None:
    try:
        # Python 3.10 does not read Z.
        return datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text)).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
