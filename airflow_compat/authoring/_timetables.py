"""Timetables, and the timetable for a DAG's `schedule`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from .._airflow.zones import zone_name
from ..errors import DagDefinitionError
from ..schedules._event_timetables import ContinuousTimetable, NullTimetable
from ..schedules._periodic_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from ..schedules._read_argument import read_value
from ._assets import AssetAll, AssetOrTimeSchedule, BaseAsset
from ._current import definition_release, setting
from ._dates import in_utc


class Timetable:
    """The base class of timetables that teams write (`airflow.timetables.base.Timetable`, `airflow.sdk.BaseTimetable`).

    Attributes:
        can_be_scheduled: Whether the timetable starts runs by itself.
        active_runs_limit: The highest `max_active_runs` that a DAG may have.
        periodic: Whether runs start at recurring times.
        run_ordering: The columns by which the UI orders runs.
        description: A text for the UI.
    """

    can_be_scheduled: bool = True
    active_runs_limit: int | None = None
    periodic: bool = True
    run_ordering: Any = ("data_interval_end", "execution_date")
    description: str = ""
    asset_condition: Any = None
    partitioned_at_runtime: bool = False

    @property
    def summary(self) -> str:
        """A short text for the UI."""
        return type(self).__name__

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        return cls(**data)

    def validate(self) -> None:
        """Check the timetable. Subclasses raise `AirflowTimetableInvalid`."""

    def generate_run_id(self, *, run_type: Any, **dates: Any) -> str:
        """Return the id of a run. Subclasses override this."""
        moment = dates.get("run_after") or dates.get("logical_date")
        return f"{run_type}__{moment.isoformat() if moment is not None else ''}"

    def infer_manual_data_interval(self, *, run_after: Any) -> Any:
        """Return the data interval of a manual run. Subclasses override this."""
        raise NotImplementedError

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: Any) -> Any:
        """Return the next run. Subclasses override this."""
        raise NotImplementedError


BaseTimetable = Timetable
"""The name of `Timetable` in `airflow.sdk`."""


@dataclass(frozen=True)
class AssetTriggeredTimetable:
    """The timetable of a DAG whose runs are started only by assets."""

    asset_condition: Any


def timetable_of(schedule: Any, zone: tzinfo) -> Any:
    """Return the timetable of a DAG's `schedule`.

    Raises:
        DagDefinitionError: Airflow does not accept the schedule.
    """
    if isinstance(schedule, BaseAsset):
        return AssetTriggeredTimetable(schedule)
    if isinstance(schedule, Collection) and not isinstance(schedule, str):
        if not all(isinstance(each, BaseAsset) for each in schedule):
            raise DagDefinitionError(
                "All elements in 'schedule' should be either assets, asset references, or asset aliases. Pass assets."
            )
        return AssetTriggeredTimetable(AssetAll(*schedule))
    if schedule is None or isinstance(schedule, (str, timedelta)) or type(schedule).__name__ == "relativedelta":
        intervals = bool(setting("scheduler", "create_cron_data_intervals"))
        name = zone_name(zone) if isinstance(schedule, str) and not schedule.startswith("@once") else "UTC"
        return read_value(schedule, timezone=name, airflow_version=definition_release(), data_intervals=intervals)[0]
    if hasattr(schedule, "next_run") or isinstance(schedule, (Timetable, AssetOrTimeSchedule)):
        return schedule
    raise DagDefinitionError(
        f"{schedule!r} is not a valid schedule. Pass a cron expression, timedelta, timetable or assets."
    )


def step(timetable: Any, moment: datetime, *, forward: bool) -> datetime | None:
    """Return the schedule's next or previous time; None if the schedule is not a cron expression or timedelta."""
    if not isinstance(timetable, (CronDataIntervalTimetable, DeltaDataIntervalTimetable)):
        return None
    steps = timetable.steps
    return in_utc(steps.next(moment) if forward else steps.prev(moment))


def can_be_scheduled(timetable: Any) -> bool:
    """Return True if something other than a user starts runs: the timetable itself, or assets."""
    return bool(getattr(timetable, "can_be_scheduled", not isinstance(timetable, NullTimetable)))


def active_runs_limit(timetable: Any) -> int | None:
    """Return the highest `max_active_runs` that a DAG with the timetable may have."""
    return 1 if isinstance(timetable, ContinuousTimetable) else getattr(timetable, "active_runs_limit", None)
