"""Provides the dates that operators and sensors compare: the current time and the run's date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any


def utcnow() -> datetime:
    """Return the current time as a pendulum `DateTime` in UTC."""
    import pendulum

    return pendulum.now("UTC")


def now_in(zone: tzinfo) -> datetime:
    return utcnow().astimezone(zone)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return a date as a pendulum `DateTime`. A date without a time zone is taken to be in `zone`."""
    import pendulum

    return pendulum.instance(moment, tz=zone)


def run_moment(context: Mapping[str, Any]) -> datetime:
    """Return the run's logical date. If the run has none, which happens in Airflow 3, return its `run_after`.

    Raises:
        ValueError: The run has neither a logical date nor `run_after`.
    """
    run = context.get("dag_run")
    moment: datetime | None = context.get("logical_date") or (run and run.run_after)
    if moment is None:
        raise ValueError("The run has neither a logical date nor run_after. Trigger it with a logical date.")
    return moment


def in_utc(moment: datetime) -> datetime:
    import pendulum

    return pendulum.instance(moment).in_timezone("UTC")


def parse(text: str) -> datetime:
    """Return the date that a text contains as a pendulum `DateTime`, as `airflow.utils.timezone.parse` does."""
    import pendulum

    # Like Airflow, accept all forms of dates that the parser knows.
    found = pendulum.parse(text, tz="UTC", strict=False)
    return pendulum.instance(found) if isinstance(found, datetime) else pendulum.parse(str(found))  # type: ignore[return-value]
