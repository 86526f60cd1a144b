"""Sensors: the poke loop, timeouts and backoff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from authored import dag

from airflow_compat.authoring import BaseSensorOperator, PokeReturnValue, poke_mode_only
from airflow_compat.authoring._current import collecting
from airflow_compat.authoring._waiting import Clock, waiting_by
from airflow_compat.errors import DagDefinitionError
from airflow_compat.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)


class Sensor(BaseSensorOperator):
    """Returns, or raises, what it is given."""

    def __init__(self, *, answers: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answers = iter(answers)

    def poke(self, context: Any) -> Any:
        answer = next(self.answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Time:
    """A clock that moves when a sensor waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def clock(self) -> Clock:
        return Clock(
            wait=self.waits.append,
            monotonic=lambda: 1000 + sum(self.waits),
            now=lambda: NOW + timedelta(seconds=sum(self.waits)),
        )


@pytest.fixture
def time() -> Iterator[Time]:
    moving = Time()
    with waiting_by(moving.clock()):
        yield moving


def sensor(*answers: Any, **arguments: Any) -> Sensor:
    with dag():
        return Sensor(task_id="s", answers=list(answers), **arguments)


def test_a_sensor_waits_until_its_poke_is_true(time: Time) -> None:
    found = sensor(False, None, PokeReturnValue(True, {"x": 1}), poke_interval=timedelta(seconds=5)).execute({})
    assert found == {"x": 1}
    assert time.waits == [5, 5]
    assert sensor(True).execute({}) is None


@pytest.mark.parametrize(
    ("arguments", "error"), [({}, AirflowSensorTimeout), ({"soft_fail": True}, AirflowSkipException)]
)
def test_a_sensor_ends_after_its_timeout(time: Time, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"exceeds the specified timeout of 9\.0"):
        sensor(*[False] * 9, timeout=9, poke_interval=5, **arguments).execute({})
    assert time.waits == [5, 5]


@pytest.mark.parametrize(
    ("raised", "arguments", "error"),
    [
        (ValueError("x"), {}, ValueError),
        (ValueError("x"), {"soft_fail": True}, ValueError),
        (ValueError("x"), {"never_fail": True}, AirflowSkipException),
        (AirflowFailException("x"), {}, AirflowFailException),
        (AirflowFailException("x"), {"soft_fail": True}, AirflowSkipException),
        (AirflowSensorTimeout("x"), {"never_fail": True}, AirflowSkipException),
        (AirflowSkipException("x"), {}, AirflowSkipException),
    ],
)
def test_errors_of_a_poke(time: Time, raised: Exception, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        sensor(raised, **arguments).execute({})


def test_a_silent_sensor_goes_on_after_errors(time: Time) -> None:
    sensor(ValueError("x"), True, silent_fail=True).execute({})
    assert time.waits == [60]


def test_a_sensor_in_reschedule_mode_names_the_next_moment(time: Time) -> None:
    waiting = sensor(False, False, mode="reschedule", poke_interval=30, timeout=100)
    with pytest.raises(AirflowRescheduleException) as raised:
        waiting.execute({"ti": SimpleNamespace()})
    assert raised.value.reschedule_date == NOW + timedelta(seconds=30)
    assert time.waits == []
    started = SimpleNamespace(get_first_reschedule_date=lambda context: NOW - timedelta(seconds=101))
    with pytest.raises(AirflowSensorTimeout):
        waiting.execute({"ti": started})


def test_growing_intervals_are_those_of_airflow(time: Time) -> None:
    # Computed by BaseSensorOperator._get_next_poke_interval of Airflow 3.3.2 for this DAG, task and start.
    growing = sensor(exponential_backoff=True, poke_interval=5, timeout=1000)
    assert [growing._get_next_poke_interval(1000.0, lambda: 0.0, count) for count in range(1, 6)] == [3, 8, 16, 34, 50]
    late = sensor(exponential_backoff=True, poke_interval=5, timeout=1000, mode="reschedule")
    assert [late._get_next_poke_interval(NOW, lambda: 30.0, 1)] == [25]
    limited = sensor(exponential_backoff=True, poke_interval=5, timeout=1000, max_wait=7)
    assert limited._get_next_poke_interval(1000.0, lambda: 0.0, 9) == 7


def test_steps_of_a_sensor_can_be_driven_from_outside(time: Time) -> None:
    steps = sensor(False, PokeReturnValue(True, 3), poke_interval=4).poke_steps({})
    assert next(steps) == 4
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value == 3
    assert time.waits == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"mode": "sometimes"},
        {"soft_fail": True, "never_fail": True},
        {"poke_interval": -1},
        {"timeout": "long"},
        {"max_wait": -1},
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(DagDefinitionError):
        sensor(**arguments)


def test_a_sensor_can_be_limited_to_poke_mode() -> None:
    @poke_mode_only
    class Poking(Sensor):
        pass

    with dag():
        assert Poking(task_id="a", answers=[]).mode == "poke"
        with pytest.raises(ValueError, match="Only 'poke'"):
            Poking(task_id="b", answers=[], mode="reschedule")


@pytest.mark.parametrize(
    ("release", "arguments", "next_kwargs", "error"),
    [
        ("3", {}, {"error": "Trigger timeout"}, AirflowSensorTimeout),
        ("3", {"never_fail": True}, {"error": "x"}, AirflowSkipException),
        ("3", {"soft_fail": True}, {"error": "Trigger timeout"}, AirflowSkipException),
        ("2", {"soft_fail": True}, {"error": "x"}, AirflowSkipException),
        ("2", {"never_fail": True}, {"error": "x"}, AirflowException),
    ],
)
def test_a_deferred_sensor_ends_by_its_release(release: Any, arguments: Any, next_kwargs: Any, error: Any) -> None:
    with collecting(release):
        waiting = sensor(**arguments)
    with pytest.raises(error):
        waiting.resume_execution("__fail__", next_kwargs, {})
