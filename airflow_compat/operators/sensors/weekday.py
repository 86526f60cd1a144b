"""A sensor that waits for a day of the week (`airflow.providers.standard.sensors.weekday`)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from ...authoring import BaseSensorOperator
from .._dates import run_moment, utcnow
from .._release import renamed
from ..weekday import WeekDay


class DayOfWeekSensor(BaseSensorOperator):
    """Waits until the current day of the week, in UTC, is one of the given days.

    Args:
        week_day: The day of the week to wait for, or several days.
        use_task_logical_date: Whether to check the run's logical date instead of the current time.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    def __init__(
        self,
        *,
        week_day: str | WeekDay | Iterable[str] | Iterable[WeekDay],
        use_task_logical_date: bool = False,
        **kwargs: Any,
    ) -> None:
        use_task_logical_date = renamed(kwargs, "use_task_execution_day", use_task_logical_date)
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        now = run_moment(context) if self.use_task_logical_date else utcnow()
        self.log.info("Poking until weekday is in %s, today is %s", self.week_day, WeekDay(now.isoweekday()).name)
        return now.isoweekday() in self._week_day_num
