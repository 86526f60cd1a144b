"""An operator that chooses a branch by the day of the week (`airflow.providers.standard.operators.weekday`)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, MutableMapping
from typing import Any

from ..authoring import BaseBranchOperator
from ._dates import now_in, run_moment
from ._release import renamed


@enum.unique
class WeekDay(enum.IntEnum):
    """The days of the week, with their ISO numbers."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> int:
        """Return the ISO number of the weekday with this English name.

        Raises:
            AttributeError: The name is unknown.
        """
        if week_day_str.upper() not in cls.__members__:
            raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')
        return cls[week_day_str.upper()]

    @classmethod
    def convert(cls, day: str | WeekDay) -> int:
        return day if isinstance(day, WeekDay) else cls.get_weekday_number(day)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> set[int]:
        """Return the numbers of one day or several days.

        Raises:
            TypeError: The value is neither a day nor a collection.
            AttributeError: The name of a day is unknown.
        """
        if isinstance(week_day, (str, WeekDay)):
            week_day = {week_day}
        if not isinstance(week_day, Iterable):
            raise TypeError(
                f"Unsupported Type for week_day parameter: {type(week_day)}. Input should be iterable type: str, set, "
                "list, dict or Weekday enum type"
            )
        return {cls.convert(day) for day in week_day}


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Follows one branch on the given days of the week, and another branch on all other days.

    Args:
        follow_task_ids_if_true: The tasks or groups to follow on the given days.
        follow_task_ids_if_false: The tasks or groups to follow on all other days.
        week_day: One day or several days.
        use_task_logical_date: Whether the logical date decides the weekday. By default, the current time in the DAG's
            time zone decides.
        kwargs: Arguments of `BaseOperator`.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        week_day: str | WeekDay | Iterable[str] | Iterable[WeekDay],
        use_task_logical_date: bool = False,
        **kwargs: Any,
    ) -> None:
        use_task_logical_date = renamed(kwargs, "use_task_execution_day", use_task_logical_date)
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: MutableMapping[str, Any]) -> str | Iterable[str]:
        now = run_moment(context) if self.use_task_logical_date else now_in(self.dag.timezone)
        if now.isoweekday() in self._week_day_num:
            return self.follow_task_ids_if_true
        return self.follow_task_ids_if_false
