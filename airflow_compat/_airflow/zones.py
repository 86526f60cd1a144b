"""Time zones by their names, which is how Prefect knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import InvalidScheduleError

_HOUR = timedelta(hours=1)
_YEARS = 10


@dataclass(frozen=True)
class Turn:
    """A moment at which the clock of a time zone is turned, and its offsets before and after."""

    moment: datetime
    before: timedelta
    after: timedelta

    @property
    def is_back(self) -> bool:
        """Whether the clock then shows some times again; else it skips some."""
        return self.after < self.before

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The times of the clock that it shows twice, or never: from the first up to the second."""
        plain = self.moment.replace(tzinfo=None)
        return plain + min(self.before, self.after), plain + max(self.before, self.after)


@lru_cache(maxsize=64)
def turns_of(name: str, year: int) -> tuple[Turn, ...]:
    """When the clock of a time zone is turned in the ten years from the first day of a year on."""
    zone = ZoneInfo(name)
    days = [datetime(year, 1, 1, tzinfo=timezone.utc) + timedelta(days=day) for day in range(366 * _YEARS)]
    return tuple(
        _turn(early, late, zone) for early, late in pairwise(days) if _offset(early, zone) != _offset(late, zone)
    )


def _turn(early: datetime, late: datetime, zone: ZoneInfo) -> Turn:
    before, after = _offset(early, zone), _offset(late, zone)
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if _offset(middle, zone) == before else (early, middle)
    return Turn(late.replace(microsecond=0), before, after)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def zone_name(zone: Any) -> str:
    """The name of a time zone: a name, or an object of zoneinfo's, pendulum's, dateutil's or the standard library's.

    An offset of whole hours is named as the IANA does: `Etc/GMT-2` is two hours ahead of UTC.

    Raises:
        InvalidScheduleError: There is no such zone, or it has no name that others know.
    """
    name = zone if isinstance(zone, str) else _name(zone)
    if name is not None:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            name = None
    if name is None and isinstance(zone, tzinfo):
        name = _of_offset(zone)
    if name is None:
        raise InvalidScheduleError(f"time zone {zone!r} has no name that the IANA gives; write one such as 'UTC'")
    return name


def in_utc(moment: datetime, default: str) -> datetime:
    """The moment as a plain datetime in UTC; without an offset it is in the default zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(default))
    utc = aware.astimezone(timezone.utc)
    return datetime.combine(utc.date(), utc.time(), timezone.utc)


def _name(zone: Any) -> str | None:
    # zoneinfo's name is a key, pendulum's a name; those of dateutil's know the file that they were read from.
    for attribute in ("key", "name", "zone"):
        name = getattr(zone, attribute, None)
        if isinstance(name, str) and name:
            return name
    path = getattr(zone, "_filename", None)
    return path.rpartition("/zoneinfo/")[2] if isinstance(path, str) else None


def _of_offset(zone: tzinfo) -> str | None:
    offset = zone.utcoffset(None)
    # The IANA has such names from 12 hours behind UTC to 14 ahead.
    if offset is None or offset % _HOUR or not -12 * _HOUR <= offset <= 14 * _HOUR:
        return None
    hours = offset // _HOUR
    # POSIX counts to the west.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
