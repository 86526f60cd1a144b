"""Convert the dates of definitions, as `airflow.utils.timezone` does."""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from typing import Any

from ._current import setting


def default_timezone() -> tzinfo:
    """Return the time zone for dates that have none (`[core] default_timezone`)."""
    import pendulum

    name = setting("core", "default_timezone")
    return pendulum.UTC if str(name).lower() == "utc" else pendulum.timezone(name)


def in_utc(value: datetime | None) -> datetime | None:
    """Return a date in UTC as a pendulum `DateTime`. A date without a time zone is in the default zone."""
    if not value:
        return value
    import pendulum

    if value.tzinfo is None:
        value = pendulum.instance(value, tz=default_timezone())
    return pendulum.instance(value.astimezone(timezone.utc))


def parsed(value: Any, zone: tzinfo | None = None) -> datetime:
    """Return a date that is given as text; a date without a time zone is in `zone`."""
    if isinstance(value, datetime):
        return value
    import pendulum

    # `strict=False` also reads dates that are not valid in ISO 8601, as Airflow does.
    found = pendulum.parse(value, tz=zone or default_timezone(), strict=False)
    return found if isinstance(found, datetime) else pendulum.instance(datetime.fromisoformat(str(found)))


def zone_of(value: datetime | None) -> tzinfo:
    """Return the time zone of a DAG, which is that of its start date."""
    if value is None or value.tzinfo is None:
        return default_timezone()
    import pendulum

    return pendulum.instance(value).timezone or default_timezone()
