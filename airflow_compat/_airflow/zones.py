"""Convert time zones to IANA names, as Prefect requires."""

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
class ClockChange:
    """A clock change of a time zone, with the offsets before and after it."""

    moment: datetime
    before: timedelta
    after: timedelta

    @property
    def is_back(self) -> bool:
        """True if the clock is set back and repeats some times; False if it is set forward and skips some times."""
        return self.after < self.before

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The start and end of the times that the clock shows twice or never."""
        plain = self.moment.replace(tzinfo=None)
        return plain + min(self.before, self.after), plain + max(self.before, self.after)


@lru_cache(maxsize=64)
def turns_of(name: str, year: int) -> tuple[ClockChange, ...]:
    """Return a time zone's clock changes in ten years from the start of `year`."""
    zone = ZoneInfo(name)
    days = [datetime(year, 1, 1, tzinfo=timezone.utc) + timedelta(days=day) for day in range(366 * _YEARS)]
    return tuple(
        _turn(early, late, zone) for early, late in pairwise(days) if _offset(early, zone) != _offset(late, zone)
    )


def _turn(early: datetime, late: datetime, zone: ZoneInfo) -> ClockChange:
    before, after = _offset(early, zone), _offset(late, zone)
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if _offset(middle, zone) == before else (early, middle)
    return ClockChange(late.replace(microsecond=0), before, after)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def zone_name(zone: Any) -> str:
    """Return the name of a time zone, from a name or an object of zoneinfo, pendulum, dateutil or the standard library.

    An offset of whole hours gets its IANA name: `Etc/GMT-2` is two hours ahead of UTC.

    Raises:
        InvalidScheduleError: The zone does not exist, or has no IANA name.
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
        raise InvalidScheduleError(f"time zone {zone!r} has no IANA name. Use a name such as 'UTC'")
    return name


def in_utc(moment: datetime, default: str) -> datetime:
    """Return the moment as a plain datetime in UTC. A moment without an offset is in the default zone."""
    utc = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(default))).astimezone(timezone.utc)
    return datetime.combine(utc.date(), utc.time(), timezone.utc)


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment's clock time as a plain datetime, also for pendulum objects."""
    local = moment.astimezone(zone)
    return datetime.combine(local.date(), local.time().replace(fold=0))


def _name(zone: Any) -> str | None:
    # zoneinfo has `key`, pendulum has `name`, and dateutil has only the path of the zone's file.
    names = (getattr(zone, attribute, None) for attribute in ("key", "name", "zone"))
    path = getattr(zone, "_filename", None)
    from_path = path.rpartition("/zoneinfo/")[2] if isinstance(path, str) else None
    return next((name for name in names if isinstance(name, str) and name), from_path)


def api_moment(text: str) -> datetime:
    # Before Python 3.11, `fromisoformat` does not accept Z as a time zone.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _of_offset(zone: tzinfo) -> str | None:
    offset = zone.utcoffset(None)
    # IANA has names for offsets from 12 hours behind UTC to 14 hours ahead.
    if offset is None or offset % _HOUR or not -12 * _HOUR <= offset <= 14 * _HOUR:
        return None
    # As in POSIX, a minus sign in an IANA name means east of UTC.
    return f"Etc/GMT{-(offset // _HOUR):+d}" if offset else "UTC"
