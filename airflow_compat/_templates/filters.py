"""Airflow's filters for dates; each gives None back for None."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any


def ds(value: date | None) -> str | None:
    """`2024-03-05`."""
    return None if value is None else value.strftime("%Y-%m-%d")


def ds_nodash(value: date | None) -> str | None:
    """`20240305`."""
    return None if value is None else value.strftime("%Y%m%d")


def ts(value: datetime | None) -> str | None:
    """`2024-03-05T06:07:08+00:00`."""
    return None if value is None else value.isoformat()


def ts_nodash(value: datetime | None) -> str | None:
    """`20240305T060708`."""
    return None if value is None else value.strftime("%Y%m%dT%H%M%S")


def ts_nodash_with_tz(value: datetime | None) -> str | None:
    """`20240305T060708+0000`."""
    return None if value is None else value.isoformat().replace("-", "").replace(":", "")


FILTERS: dict[str, Callable[..., Any]] = {
    "ds": ds,
    "ds_nodash": ds_nodash,
    "ts": ts,
    "ts_nodash": ts_nodash,
    "ts_nodash_with_tz": ts_nodash_with_tz,
}
