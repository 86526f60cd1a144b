"""An operator that chooses a branch by date and time (`airflow.providers.standard.operators.datetime`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, MutableMapping
from typing import Any

from ..authoring import BaseBranchOperator
from ..exceptions import AirflowException
from ._dates import in_zone, run_moment, utcnow
from ._release import renamed

Bound = dt.datetime | dt.time | None


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows one branch if the current time is between two bounds, and another branch otherwise.

    Args:
        follow_task_ids_if_true: The ids of the tasks or task groups to follow if the time is between the bounds.
        follow_task_ids_if_false: The ids of the tasks or task groups to follow otherwise.
        target_lower: The lower bound; None for no lower bound. A `time` without a date means this time on the day of
            the date that is compared.
        target_upper: The upper bound; None for no upper bound.
        use_task_logical_date: Whether to compare the run's logical date instead of the current time.
        kwargs: Arguments of `BaseOperator`.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        target_lower: Bound,
        target_upper: Bound,
        use_task_logical_date: bool = False,
        **kwargs: Any,
    ) -> None:
        use_task_logical_date = renamed(kwargs, "use_task_execution_date", use_task_logical_date)
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                "Both target_upper and target_lower are None. At least one must be defined to be compared to the "
                "current datetime"
            )
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date

    def choose_branch(self, context: MutableMapping[str, Any]) -> str | Iterable[str]:
        now = run_moment(context) if self.use_task_logical_date else utcnow()
        lower, upper = target_times_as_dates(now, self.target_lower, self.target_upper)
        zone = self.dag.timezone
        is_late = upper is not None and in_zone(upper, zone) < now
        is_early = lower is not None and in_zone(lower, zone) > now
        return self.follow_task_ids_if_false if is_late or is_early else self.follow_task_ids_if_true


def target_times_as_dates(
    base_date: dt.datetime, lower: Bound, upper: Bound
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return both bounds as `datetime` objects.

    A bound that is a `time` is on the day of `base_date`. If the upper bound is then before the lower bound, the upper
    bound is on the next day.
    """
    if isinstance(lower, dt.datetime) and isinstance(upper, dt.datetime):
        return lower, upper
    first = dt.datetime.combine(base_date, lower) if isinstance(lower, dt.time) else lower
    last = dt.datetime.combine(base_date, upper) if isinstance(upper, dt.time) else upper
    if first is not None and last is not None and last < first:
        last += dt.timedelta(days=1)
    return first, last
