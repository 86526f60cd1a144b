"""Sensors that wait until a time of the day (`airflow.providers.standard.sensors.time`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import MutableMapping
from functools import cached_property
from typing import Any

from ...authoring import BaseSensorOperator
from ...authoring._current import setting
from .._dates import in_utc, in_zone, now_in, utcnow
from .._release import release_of
from ..triggers import DateTimeTrigger


class TimeSensor(BaseSensorOperator):
    """Waits until a given time of the day, in the DAG's time zone.

    Args:
        target_time: The time of the day.
        deferrable: Whether the task is deferred while it waits.
        start_from_trigger: Has no effect: the task starts first, and then defers itself.
        end_from_trigger: Whether the trigger ends the task, so that the task is not started again.
        trigger_kwargs: Has no effect.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger

    @cached_property
    def target_datetime(self) -> dt.datetime:
        """The date and time to wait for: `target_time` on the day on which the task instance starts.

        Airflow instead uses the day on which Airflow reads the DAG file.
        """
        zone = self.dag.timezone
        return in_utc(in_zone(dt.datetime.combine(now_in(zone), self.target_time), zone))

    def execute(self, context: MutableMapping[str, Any]) -> Any:
        if not self.deferrable:
            return super().execute(context)
        self.defer(
            trigger=DateTimeTrigger(self.target_datetime, end_from_trigger=self.end_from_trigger),
            method_name="execute_complete",
        )
        return None

    def execute_complete(self, context: MutableMapping[str, Any], event: Any = None) -> None:
        """Do nothing: the task succeeds when the trigger has fired."""

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        if release_of(self) == "2":
            return now_in(self.dag.timezone).time() > self.target_time
        return utcnow() > self.target_datetime


class TimeSensorAsync(TimeSensor):
    """Defers the task until a given time of the day, like `TimeSensor` with `deferrable=True`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "deferrable": True})
