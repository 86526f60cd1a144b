"""Moments on the command line: `--since`, `--start`, `--end`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ..errors import BackfillError, InvalidEventError

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


def moment_of(option: str, text: str) -> datetime:
    """The moment that is meant by a date or time in ISO form; in UTC where it says no offset, as Airflow's dates are.

    Raises:
        BackfillError: It is none.
    """
    try:
        # Before Python 3.11, Z is no time zone.
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    except ValueError:
        raise BackfillError(f"{option} {text!r} is no time; write for example 2026-11-01 or 2026-11-01T06:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


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
