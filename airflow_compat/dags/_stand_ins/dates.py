"""Stand-ins for `airflow.utils.dates`, which Airflow 3.0 removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from .timezone import parse as parse_execution_date
from .timezone import utcnow

# DAG files also import `datetime` and `timedelta` from `airflow.utils.dates`.
__all__ = ["cron_presets", "datetime", "days_ago", "parse_execution_date", "timedelta"]

cron_presets: Mapping[str, str] = MappingProxyType(
    {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
        "@quarterly": "0 0 1 */3 *",
        "@yearly": "0 0 1 1 *",
    }
)
"""The cron expression of each schedule preset."""


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """Return the date `n` days ago in UTC, at midnight or at the given time of day."""
    return utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond) - timedelta(days=n)
