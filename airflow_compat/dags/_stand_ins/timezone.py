"""Stand-ins for `airflow.utils.timezone`.

The default time zone is the option `[core] default_timezone` for the DAG file that is loaded.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pendulum
from pendulum import DateTime
from pendulum.tz import get_local_timezone

from ...authoring._current import setting

utc: pendulum.Timezone = pendulum.UTC
"""The time zone UTC."""


def default_zone() -> dt.tzinfo:
    name = str(setting("core", "default_timezone"))
    if name == "system":
        return get_local_timezone()
    return utc if name.lower() == "utc" else pendulum.timezone(name)


def is_localized(value: dt.datetime) -> bool:
    """Return True if a datetime has a time zone."""
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    """Return True if a datetime has no time zone."""
    return value.utcoffset() is None


def utcnow() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(tz=utc)


def utc_epoch() -> dt.datetime:
    """Return the datetime at which 1970 began in UTC."""
    return dt.datetime(1970, 1, 1, tzinfo=utc)


def convert_to_utc(value: dt.datetime | None) -> DateTime | None:
    """Return a datetime in UTC. A naive datetime is interpreted in the default time zone."""
    if value is None:
        return None
    aware = value if is_localized(value) else pendulum.instance(value, default_zone())
    return pendulum.instance(aware.astimezone(utc))


def make_aware(value: dt.datetime | None, timezone: Any = None) -> dt.datetime | None:
    """Add a time zone to a naive datetime, and return the result.

    Raises:
        ValueError: The datetime already has a time zone.
    """
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    zone = timezone or default_zone()
    # If a local time occurs twice because clocks are set back, use the second one, as Airflow does.
    value = value.replace(fold=1)
    convert = getattr(zone, "localize", None) or getattr(zone, "convert", None)
    made: dt.datetime = convert(value) if convert is not None else value.replace(tzinfo=zone)
    return made


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    """Convert a datetime to a time zone, and return the local time as a naive datetime.

    Raises:
        ValueError: The datetime has no time zone.
    """
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    date = value.astimezone(timezone or default_zone())
    return dt.datetime(date.year, date.month, date.day, date.hour, date.minute, date.second, date.microsecond)  # noqa: DTZ001


def datetime(*args: Any, **kwargs: Any) -> dt.datetime:
    """Create a datetime, by default in the default time zone."""
    return dt.datetime(*args, **{"tzinfo": default_zone(), **kwargs})  # noqa: DTZ001 - Airflow accepts None


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> Any:
    """Parse the text of a date and time, by default in the default time zone."""
    return pendulum.parse(string, tz=timezone or default_zone(), strict=strict)


def coerce_datetime(v: dt.datetime | None, tz: dt.tzinfo | None = None) -> DateTime | None:
    """Return a datetime of pendulum with a time zone."""
    if v is None:
        return None
    return pendulum.instance(v if v.tzinfo else make_aware(v, tz))  # type: ignore[arg-type]


def td_format(td_object: dt.timedelta | float | None) -> str | None:
    """Return a duration as a text such as `1h:2M:32s`; None if the duration is empty.

    A month counts as 30 days, and a year as 12 months.
    """
    if not td_object:
        return None
    seconds = int(td_object.total_seconds() if isinstance(td_object, dt.timedelta) else td_object)
    parts = []
    for letter, size in (("y", 360 * 86400), ("m", 30 * 86400), ("d", 86400), ("h", 3600), ("M", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        parts += [f"{number}{letter}"] if number else []
    return ":".join(parts) or "<1s"


def parse_timezone(name: str | int) -> Any:
    """Return the time zone with this name, or with this offset in seconds."""
    return pendulum.timezone(name)


def local_timezone() -> Any:
    """Return the time zone of this machine."""
    return get_local_timezone()


def from_timestamp(timestamp: float, tz: Any = utc) -> DateTime:
    """Return the datetime of a timestamp, by default in UTC."""
    zone: Any = get_local_timezone() if isinstance(tz, str) and tz.lower() == "local" else tz
    return pendulum.from_timestamp(timestamp, tz=zone)
