"""Airflow's schedules on Prefect: when a DAG runs and for which data, its schedules there, and its waits for assets.

`read_schedule` takes what a DAG has as `schedule=`: a preset, a cron expression, a delta, a timetable, assets. It needs
no server, and neither do `prefect_schedules` and `asset_triggers`, which make of it what a deployment has.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._airflow.assets import Asset, AssetAll, AssetAny, AssetOrTimeSchedule, Dataset
from ._airflow.event_timetables import EventsTimetable
from ._airflow.interval_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from ._airflow.timetable import DataInterval, ScheduledRun
from ._airflow.trigger_timetables import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._specs import schedule as _schedule
from ._specs.schedule import Schedule

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


def read_schedule(
    schedule: Any,
    *,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    timezone: Any = "UTC",
    catchup: bool | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    create_cron_data_intervals: bool | None = None,
) -> Schedule:
    """Read what a DAG says of its schedule.

    In "2" a cron expression stands for `CronDataIntervalTimetable` and a delta for `DeltaDataIntervalTimetable`; in "3"
    for `CronTriggerTimetable` and `DeltaTriggerTimetable`. Airflow's own timetables and assets are taken as well as
    those of this module; they are known by the names of their classes, and Airflow isn't imported.

    Args:
        schedule: The DAG's `schedule=`: None, a preset such as `@daily`, a cron expression of five to seven fields, a
            `timedelta`, a `relativedelta`, a timetable, an asset, a condition on assets, or a list of assets.
        start_date: The DAG's. The time zone of its schedule is that of this date, where it has one.
        end_date: The DAG's.
        timezone: What Airflow's setting `default_timezone` says: the name of a zone, or an object that has one.
        catchup: The DAG's; None is what Airflow takes then: False in "3" and True in "2".
        airflow_version: "2" or "3".
        create_cron_data_intervals: Airflow's setting of that name, for expressions and deltas; None is its default.

    Raises:
        InvalidScheduleError: Airflow takes no such schedule either.
        UnsupportedFeatureError: It is one of Airflow's that can't be kept: an alias of assets, partitions, a timetable
            of one's own. The message says what to do.

    Example:
        ```python
        from datetime import datetime, timezone

        from airflow_compat.schedules import read_schedule

        schedule = read_schedule("@daily", start_date=datetime(2026, 11, 1), airflow_version="2")
        [run] = schedule.next_runs(datetime(2026, 11, 22, 8), 1)
        print(schedule.as_yaml())
        ```
    """
    return _schedule.read_schedule(
        schedule,
        start_date=start_date,
        end_date=end_date,
        timezone=timezone,
        catchup=catchup,
        airflow_version=airflow_version,
        create_cron_data_intervals=create_cron_data_intervals,
    )


def prefect_schedules(
    schedule: Schedule, *, now: datetime | None = None
) -> list[CronSchedule | IntervalSchedule | RRuleSchedule]:
    """The schedules of a deployment, as `flow.deploy(schedules=[...])` and `flow.serve` take them.

    `schedule.as_yaml()` gives the same for prefect.yaml. There is none for what is over, for `None` and for assets.

    Args:
        schedule: What `read_schedule` gave.
        now: The present, which says what lies ahead; the clock's where none is given.

    Raises:
        UnsupportedFeatureError: Prefect can't run at these moments. The message says why, and what to do.

    Warns:
        UnsupportedFeatureWarning: Where Prefect's runs differ from Airflow's.
    """
    import warnings

    from ._prefect.schedules import schedule_of
    from .errors import UnsupportedFeatureWarning

    found = schedule.entries(now=now)
    for note in found.notes:
        warnings.warn(note, UnsupportedFeatureWarning, stacklevel=2)
    return [schedule_of(entry) for entry in found.entries]


def asset_triggers(schedule: Schedule) -> list[dict[str, Any]]:
    """The triggers of a deployment that waits for assets, as `triggers:` in prefect.yaml and `flow.deploy` take them.

    A deployment with one of them runs once when the condition has come true, and the events that made it true are used
    up. Without assets there are none.

    Args:
        schedule: What `read_schedule` gave.

    Example:
        ```python
        from airflow_compat.schedules import Asset, asset_triggers, read_schedule

        schedule = read_schedule(Asset("s3://lake/orders") & Asset("s3://lake/stock"))
        print(asset_triggers(schedule)[0]["require"])
        ```
    """
    from ._specs.asset_triggers import triggers_of

    return [] if schedule.assets is None else triggers_of(schedule.assets)


def emit_asset(asset: Any, /, **extra: Any) -> None:
    """Tell that an asset was written, which Airflow does for each of a task's `outlets` when the task has succeeded.

    It sends the event `airflow-compat.asset.updated`, which deployments with `asset_triggers` wait for. Call it when
    the data is there: an event can't be taken back.

    Args:
        asset: The asset, ours or Airflow's, or its URI.
        extra: What is to be told with the event, beside the asset's own `extra`.

    Raises:
        InvalidScheduleError: It is no asset.
        UnsupportedFeatureError: It is an alias.
        ServerUnreachableError: This process has no server to send events to.
    """
    from ._airflow.read_schedule import read_condition
    from ._prefect.asset_events import send_asset_event
    from .errors import InvalidScheduleError

    found = Asset(asset) if isinstance(asset, str) else read_condition(asset)
    if not isinstance(found, Asset):
        raise InvalidScheduleError(f"{asset!r} is a condition on assets, and no asset; tell of each asset by itself")
    send_asset_event(found, extra)
