"""`schedule` as what `flow.deploy` takes: presets, cron and `timedelta`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ..errors import InvalidArgumentError, UnsupportedFeatureError

if TYPE_CHECKING:
    from prefect.schedules import Schedule

_PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_REFUSED = {
    "@once": "deploy the flow without a schedule, and run it once with `prefect deployment run`",
    "@continuous": "let the flow run its own deployment again with `run_deployment` when it ends",
}


def schedule_options(
    schedule: Any, *, start_date: datetime | None, end_date: datetime | None, timezone_name: str
) -> dict[str, Schedule]:
    """The option `schedule` of `flow.deploy`; nothing for None.

    The moments are the same in both Airflows, which name a run by other dates.

    Args:
        schedule: A preset, a cron expression, a `timedelta` or None.
        start_date: What an interval counts from.
        end_date: No schedule of these kinds has one.
        timezone_name: The time zone that cron is meant in.

    Raises:
        InvalidArgumentError: The cron expression is none, or the interval isn't above nothing.
        UnsupportedFeatureError: It is another kind, or begins in the future, or ends.
    """
    if schedule is None or schedule == "None":
        return {}
    from prefect.schedules import Cron, Interval

    if end_date is not None:
        raise UnsupportedFeatureError("end_date: no schedule of this kind ends; pause the deployment on that day")
    if start_date is not None and start_date > datetime.now(timezone.utc):
        raise UnsupportedFeatureError(
            f"start_date: {start_date.isoformat()} is still to come, and a schedule begins when it is deployed; deploy "
            "it on that day, or paused"
        )
    if isinstance(schedule, timedelta):
        if schedule <= timedelta(0):
            raise InvalidArgumentError(f"schedule is {schedule!r}; write a timedelta above nothing")
        return {"schedule": Interval(schedule, anchor_date=start_date, timezone=timezone_name)}
    if not isinstance(schedule, str) or schedule in _REFUSED:
        shown = schedule if isinstance(schedule, str) else f"a {type(schedule).__name__}"
        todo = _REFUSED.get(schedule, "") if isinstance(schedule, str) else "say its times as cron or as a timedelta"
        raise UnsupportedFeatureError(f"schedule: {shown} has no counterpart in Prefect: {todo}")
    try:
        return {"schedule": Cron(_PRESETS.get(schedule, schedule), timezone=timezone_name)}
    except ValueError:
        problem = f"schedule is {schedule!r}; write a preset such as @daily, or cron with five fields"
    raise InvalidArgumentError(problem)
