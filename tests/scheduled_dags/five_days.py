"""What the DAGs of the scenario share: five logical dates, and a repair between its two parts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent

PLAIN: dict[str, Any] = {
    "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc),
    "is_paused_upon_creation": False,
    "default_args": {"retry_delay": timedelta(0)},
}
DAILY = {**PLAIN, "schedule": "@daily", "catchup": True, "end_date": datetime(2026, 1, 5, tzinfo=timezone.utc)}


def is_repaired() -> bool:
    """Return True in the second part of the scenario."""
    return (_FOLDER / "repaired").exists()


def fail(reason: object) -> None:
    raise ValueError(reason)
