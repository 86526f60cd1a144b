"""Sensors that wait for a duration (`airflow.providers.standard.sensors.time_delta`)."""

from __future__ import annotations

from collections.abc import Generator, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...authoring import BaseSensorOperator
from ...authoring._current import setting
from ...authoring._waiting import current_clock
from .._dates import utcnow
from .._release import release_of
from ..triggers import DateTimeTrigger, TimeDeltaTrigger


class TimeDeltaSensor(BaseSensorOperator):
    """Waits for a duration after the end of the run's data interval, or after `run_after` if the run has no interval.

    Args:
        delta: The duration, as a `timedelta`, as a number of minutes, or as a template that yields a number of minutes.
        deferrable: Whether the task is deferred while it waits.
        end_from_trigger: Whether the trigger ends the task, so that the task is not started again.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("delta",)

    def __init__(
        self,
        *,
        delta: timedelta | int | str,
        deferrable: bool | None = None,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.end_from_trigger = end_from_trigger

    def _target(self, context: MutableMapping[str, Any]) -> datetime:
        base: datetime = context.get("data_interval_end") or context["dag_run"].run_after
        return base + as_timedelta(self.delta)

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        target = self._target(context)
        self.log.info("Checking if the time (%s) has come", target)
        return utcnow() > target

    def execute(self, context: MutableMapping[str, Any]) -> Any:
        if not self.deferrable:
            return super().execute(context)
        target = self._target(context)
        if utcnow() > target:
            return True
        self.defer(
            trigger=DateTimeTrigger(target, end_from_trigger=self.end_from_trigger),
            method_name="execute_complete",
            timeout=None if release_of(self) == "2" else timedelta(seconds=self.timeout),
        )
        return None

    def execute_complete(self, context: MutableMapping[str, Any], event: Any = None) -> None:
        """Do nothing: the task succeeds when the trigger has fired."""


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """Defers the task for a duration, like `TimeDeltaSensor` with `deferrable=True`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "deferrable": True})


class WaitSensor(BaseSensorOperator):
    """Waits for a duration, which begins when the task starts.

    Args:
        time_to_wait: The duration, as a `timedelta`, as a number of minutes, or as a template that yields a number of
            minutes.
        deferrable: Whether the task is deferred while it waits.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("time_to_wait",)

    def __init__(self, time_to_wait: timedelta | int | str, deferrable: bool | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_to_wait = time_to_wait
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable

    def execute(self, context: MutableMapping[str, Any]) -> None:
        if not self.deferrable:
            super().execute(context)
            return
        trigger = TimeDeltaTrigger(as_timedelta(self.time_to_wait), end_from_trigger=True)
        self.defer(trigger=trigger, method_name="execute_complete")

    def poke_steps(self, context: MutableMapping[str, Any]) -> Generator[float, None, None]:
        """Yield the remaining seconds, so that the sensor waits only once, whatever its `poke_interval`."""
        clock, seconds = current_clock(), as_timedelta(self.time_to_wait).total_seconds()
        start = clock.monotonic()
        while (left := start + seconds - clock.monotonic()) > 0:
            yield left

    def execute_complete(self, context: MutableMapping[str, Any], event: Any = None) -> None:
        """Do nothing: the task succeeds when the trigger has fired."""


def as_timedelta(value: timedelta | int | str) -> timedelta:
    """Return the duration as a `timedelta`. A number means minutes."""
    return value if isinstance(value, timedelta) else timedelta(minutes=int(value))
