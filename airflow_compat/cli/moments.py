"""`--since`: how long ago, or a date."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ..errors import InvalidEventError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment_since(text: str, now: datetime) -> datetime:
    """The moment that is meant.

    Args:
        text: `30m`, `12h`, `7d`, `2w`; or a date or time in ISO form, of this machine's time zone where it says none.
        now: The present.

    Raises:
        InvalidEventError: It is none of these, or lies in the future.
    """
    moment = _ago(text, now) or _date(text)
    if moment is None:
        raise InvalidEventError(f"--since {text!r} is no time; write for example 7d, 12h, 30m, 2w or 2026-11-01")
    if moment > now:
        raise InvalidEventError(f"--since {text!r} lies in the future; write for example 7d")
    return moment


def _ago(text: str, now: datetime) -> datetime | None:
    found = re.fullmatch(r"(\d{1,9})([mhdw])", text, re.ASCII)
    if not found:
        return None
    try:
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        return None


def _date(text: str) -> datetime | None:
    try:
        # Before Python 3.11, Z is no time zone.
        return datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text)).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
