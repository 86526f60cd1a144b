"""Triggers that wait until a given date and time (`airflow.providers.standard.triggers.temporal`)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

from ...authoring import BaseTrigger, TriggerEvent
from .._dates import in_utc, parse, utcnow
from .events import TaskSuccessEvent

# The system clock may be changed during a wait, so a long wait reads the clock repeatedly.
_LONGEST_SLEEP = 60


class DateTimeTrigger(BaseTrigger):
    """Fires at a given date and time.

    Args:
        moment: The date and time at which to fire, with a time zone.
        target_time: The date and time at which to fire, as text.
        end_from_trigger: Whether the trigger's event ends the task instead of continuing it.
    """

    def __init__(
        self,
        moment: dt.datetime | None = None,
        *,
        target_time: dt.datetime | str | None = None,
        end_from_trigger: bool = False,
    ) -> None:
        super().__init__()
        if (moment is None) == (target_time is None):
            raise TypeError("DateTimeTrigger requires exactly one of 'moment' or 'target_time'")
        if moment is None:
            moment = parse(str(target_time))
        if not isinstance(moment, dt.datetime):
            raise TypeError(f"Expected dt.datetime type for moment. Got {type(moment)}")
        if moment.tzinfo is None:
            raise ValueError("You cannot pass naive datetimes")
        self.moment: dt.datetime = in_utc(moment)
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
            {"moment": self.moment, "end_from_trigger": self.end_from_trigger},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while (left := (self.moment - utcnow()).total_seconds()) > 0:
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires after a duration."""

    def __init__(self, delta: dt.timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=utcnow() + delta, end_from_trigger=end_from_trigger)
