"""Read Airflow's schedules, compute their runs and data intervals, and convert them for Prefect deployments.

`read_schedule` reads a DAG's `schedule=`: a preset, cron expression, delta, timetable or assets. `prefect_schedules`
and `asset_triggers` convert the result for a deployment. These functions need no server.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._assets import Asset, AssetAll, AssetAny, AssetOrTimeSchedule, Dataset, trigger_of
from ._dag_schedule import Schedule, noted_entries, read_schedule
from ._event_timetables import EventsTimetable
from ._periodic_timetables import (
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from ._timetable import DataInterval, ScheduledRun

if TYPE_CHECKING:
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

__all__ = [
    "Asset",
    "AssetAll",
    "AssetAny",
    "AssetOrTimeSchedule",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DataInterval",
    "Dataset",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EventsTimetable",
    "MultipleCronTriggerTimetable",
    "Schedule",
    "ScheduledRun",
    "asset_triggers",
    "emit_asset",
    "prefect_schedules",
    "read_schedule",
]


def prefect_schedules(
    schedule: Schedule, *, now: datetime | None = None
) -> list[CronSchedule | IntervalSchedule | RRuleSchedule]:
    """Return a deployment's schedules for `flow.deploy(schedules=[...])` and `flow.serve`.

    `schedule.as_yaml()` returns the same for prefect.yaml. The list is empty if the schedule has ended, is `None`, or
    has only assets.

    Args:
        schedule: The result of `read_schedule`.
        now: The current time; by default, the system clock's.

    Raises:
        UnsupportedFeatureError: Prefect's schedules can't express these run times.

    Warns:
        UnsupportedFeatureWarning: Prefect's runs differ from Airflow's.
    """
    from ._prefect_objects import schedule_of

    return [schedule_of(entry) for entry in noted_entries(schedule, now)]


def asset_triggers(schedule: Schedule) -> list[dict[str, Any]]:
    """Return the triggers of a deployment that waits for assets, for `triggers:` in prefect.yaml and `flow.deploy`.

    A deployment with such a trigger runs once when the condition becomes true. The next run needs new events. Without
    assets, the list is empty.

    Args:
        schedule: The result of `read_schedule`.

    Example:
        ```python
        from airflow_compat.schedules import Asset, asset_triggers, read_schedule

        schedule = read_schedule(Asset("s3://lake/orders") & Asset("s3://lake/stock"))
        print(asset_triggers(schedule)[0]["require"])
        ```
    """
    return [] if schedule.assets is None else [trigger_of(schedule.assets)]


def emit_asset(asset: Any, /, **extra: Any) -> None:
    """Report that an asset was written, as Airflow does for the `outlets` of a successful task.

    Sends the event `airflow-compat.asset.updated`. Deployments with `asset_triggers` wait for this event. Call
    `emit_asset` when the data is complete, since an event can't be undone.

    Args:
        asset: The asset (from this module or from Airflow), or its URI.
        extra: Data for the event, added to the asset's own `extra`.

    Raises:
        InvalidScheduleError: The argument is not an asset.
        UnsupportedFeatureError: The argument is an asset alias, or refers to an asset only by name.
        ServerUnreachableError: This process has no Prefect server.
    """
    from ..errors import InvalidScheduleError
    from ._asset_events import send_asset_event
    from ._read_argument import read_condition

    found = Asset(asset) if isinstance(asset, str) else read_condition(asset)
    if not isinstance(found, Asset):
        raise InvalidScheduleError(f"{asset!r} is a condition on several assets. Call emit_asset for each asset")
    send_asset_event(found, extra)
