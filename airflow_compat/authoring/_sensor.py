"""`BaseSensorOperator`, the base class of tasks that wait for something."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ..errors import DagDefinitionError
from ..exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralTimeout,
)
from ._current import setting
from ._operator import BaseOperator
from ._sensor_backoff import backoff_seconds, estimated_pokes
from ._skip import SkipMixin
from ._waiting import current_clock

_Sensor = TypeVar("_Sensor", bound="type[BaseSensorOperator]")


class PokeReturnValue:
    """A result of `poke` that also contains a value to push as XCom.

    Attributes:
        is_done: Whether the sensor has found what it waits for.
        xcom_value: The sensor's return value, if `is_done` is True.
    """

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class BaseSensorOperator(BaseOperator, SkipMixin):
    """Base class of sensors: calls `poke` repeatedly until it returns a true value. Subclasses override `poke`.

    Args:
        poke_interval: The time between two calls of `poke`, in seconds or as a timedelta.
        timeout: The time after which the sensor fails, in seconds or as a timedelta.
        soft_fail: Whether a timeout or failure of the sensor marks its task as skipped.
        mode: With `"poke"`, the sensor keeps its pool slots while it waits; with `"reschedule"`, it frees them.
        exponential_backoff: Whether the time between two calls of `poke` grows.
        max_wait: The longest interval.
        silent_fail: Whether the sensor logs errors of `poke` and continues.
        never_fail: Whether an error of `poke` marks the task as skipped.
        kwargs: Arguments of `BaseOperator`.
    """

    ui_color = "#e6f1f2"
    valid_modes: Iterable[str] = ("poke", "reschedule")
    _is_sensor = True

    def __init__(
        self,
        *,
        poke_interval: timedelta | float = 60,
        timeout: timedelta | float | None = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: timedelta | float | None = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval: float = self._seconds("poke_interval", poke_interval)
        self.timeout: float = self._seconds(
            "timeout", setting("sensors", "default_timeout") if timeout is None else timeout
        )
        self.soft_fail = soft_fail
        self.silent_fail = silent_fail
        self.never_fail = never_fail
        self.mode = mode
        self.exponential_backoff = exponential_backoff
        self.max_wait: timedelta | None = (
            None if max_wait is None else timedelta(seconds=self._seconds("max_wait", max_wait))
        )
        if soft_fail and never_fail:
            raise DagDefinitionError(
                f"soft_fail and never_fail are mutually exclusive, but task {self.task_id!r} has both. Remove one."
            )
        if mode not in self.valid_modes:
            raise DagDefinitionError(
                f"The mode must be one of {list(self.valid_modes)}, but task {self.task_id!r} has {mode!r}. "
                "Pass another mode."
            )

    def _seconds(self, name: str, value: timedelta | float) -> float:
        seconds = value.total_seconds() if isinstance(value, timedelta) else value
        if not isinstance(seconds, (int, float)) or seconds < 0:
            raise DagDefinitionError(
                f"Operator arg `{name}` must be timedelta object or a non-negative number, but task {self.task_id!r} "
                f"has {value!r}. Pass another value."
            )
        return float(seconds)

    @property
    def reschedule(self) -> bool:
        """Whether the sensor frees its pool slots while it waits."""
        return self.mode == "reschedule"

    def poke(self, context: Any) -> bool | PokeReturnValue:  # noqa: ARG002
        """Return True, or a true `PokeReturnValue`, if the sensor has found what it waits for."""
        raise AirflowException("Override me.")

    def execute(self, context: Any) -> Any:
        """Wait.

        Raises:
            AirflowRescheduleException: The mode is "reschedule", so the task gives up its slots until the next call of
                `poke`.
            AirflowSensorTimeout: The sensor's timeout has passed.
            AirflowSkipException: The sensor failed, but `soft_fail` or `never_fail` marks the task as skipped instead.
        """
        steps = self.poke_steps(context)
        while True:
            try:
                seconds = next(steps)
            except StopIteration as done:
                return done.value
            current_clock().wait(seconds)

    def poke_steps(self, context: Any) -> Generator[float, None, Any]:
        """Call `poke` repeatedly: yield the seconds to wait before the next call, and return the sensor's result."""
        clock = current_clock()
        started_at: Any = clock.monotonic()
        if self.reschedule:
            started_at = _first_start(context["ti"], context) or clock.now()

        def duration() -> float:
            if self.reschedule:
                return (clock.now() - started_at).total_seconds()  # type: ignore[no-any-return]
            return clock.monotonic() - started_at  # type: ignore[no-any-return]

        poke_count = 1
        while not (found := self._poke_once(context)):
            if duration() > self.timeout:
                message = (
                    f"Sensor has timed out; run duration of {duration()} seconds exceeds the specified timeout of "
                    f"{self.timeout}."
                )
                raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
            seconds = self._get_next_poke_interval(started_at, duration, poke_count)
            if self.reschedule:
                raise AirflowRescheduleException(clock.now() + timedelta(seconds=seconds))
            yield seconds
            poke_count += 1
        self.log.info("Success criteria met. Exiting.")
        return found.xcom_value if isinstance(found, PokeReturnValue) else None

    def _poke_once(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            self._skip_instead(error)
            raise
        except Exception as error:
            if self.silent_fail:
                self.log.exception("Sensor poke failed.")
                return False
            if self.never_fail:
                self._skip_instead(error)
            raise

    def _skip_instead(self, error: BaseException) -> None:
        for word in ("soft_fail", "never_fail"):
            if getattr(self, word):
                raise AirflowSkipException(f"Skipping due to {word} is set to True.") from error

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        if self.airflow_version == "2":
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except AirflowException as error:
                if self.soft_fail:
                    raise AirflowSkipException(str(error)) from error
                raise
        try:
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout as error:
                raise AirflowSensorTimeout(*error.args) from error
        except AirflowException as error:
            self._skip_instead(error)
            raise

    def _get_next_poke_interval(
        self, started_at: datetime | float, run_duration: Callable[[], float], poke_count: int
    ) -> float:
        if not self.exponential_backoff:
            return self.poke_interval
        key = f"{self.dag_id}#{self.task_id}#{started_at}"
        if self.reschedule:
            poke_count = estimated_pokes(key, self.poke_interval, run_duration()) or poke_count
        seconds = min(self.timeout - int(run_duration()), backoff_seconds(key, self.poke_interval, poke_count))
        if self.max_wait:
            seconds = min(self.max_wait.total_seconds(), seconds)
        self.log.info("new %s interval is %s", self.mode, seconds)
        return seconds


def poke_mode_only(cls: _Sensor) -> _Sensor:
    """Allow only the mode "poke" for a sensor class."""

    def set_mode(sensor: BaseSensorOperator, value: str) -> None:
        if value != "poke":
            raise DagDefinitionError(f"Cannot set mode to '{value}' for {sensor.task_id!r}. Only 'poke' is acceptable.")

    cls.mode = property(lambda _: "poke", set_mode)  # type: ignore[assignment]
    return cls


def _first_start(ti: Any, context: Any) -> datetime | None:
    first: Callable[[Any], datetime | None] | None = getattr(ti, "get_first_reschedule_date", None)
    return first(context) if first is not None else None
