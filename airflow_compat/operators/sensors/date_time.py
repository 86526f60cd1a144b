"""Sensors that wait until a given date and time (`airflow.providers.standard.sensors.date_time`)."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Any

from ...authoring import BaseSensorOperator
from .._dates import parse, utcnow
from ..triggers import DateTimeTrigger


class DateTimeSensor(BaseSensorOperator):
    """Waits until a given date and time.

    Args:
        target_time: The date and time to wait for, as a `datetime`, as text, or as a template that yields such a text.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: str | datetime, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time

    @property
    def _moment(self) -> datetime:
        if isinstance(self.target_time, (str, datetime)):
            return parse(str(self.target_time))
        raise TypeError(f"Expected str or datetime.datetime type for target_time. Got {type(self.target_time)}")

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return utcnow() > self._moment


class DateTimeSensorAsync(DateTimeSensor):
    """Defers the task until a given date and time.

    Args:
        start_from_trigger: Has no effect: the task starts first, and then defers itself.
        end_from_trigger: Whether the trigger ends the task, so that the task is not started again.
        trigger_kwargs: Has no effect.
        kwargs: Arguments of `DateTimeSensor`.
    """

    def __init__(
        self,
        *,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = True
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger

    def execute(self, context: MutableMapping[str, Any]) -> None:
        self.defer(
            trigger=DateTimeTrigger(self._moment, end_from_trigger=self.end_from_trigger),
            method_name="execute_complete",
        )

    def execute_complete(self, context: MutableMapping[str, Any], event: Any = None) -> None:
        """Do nothing: the task succeeds when the trigger has fired."""
