"""Waiting for the server: reading until a condition holds, and calling again while an error lasts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from airflow_compat._prefect.polling import poll_until, retry_on

LONG = 60.0


def counted(calls: list[int]) -> Iterator[int]:
    for number in itertools.count(1):
        calls.append(number)
        yield number


def test_reading_ends_with_the_first_value_that_is_done() -> None:
    calls: list[int] = []
    numbers = counted(calls)
    assert poll_until(lambda: next(numbers), lambda number: number == 3, within=LONG, every=0) == 3
    assert calls == [1, 2, 3]


@pytest.mark.parametrize("within", [0.0, -5.0])
def test_without_time_the_value_is_read_once(within: float) -> None:
    calls: list[int] = []
    numbers = counted(calls)
    assert poll_until(lambda: next(numbers), lambda _: False, within=within, every=LONG) == 1
    assert calls == [1]


def test_the_last_value_is_read_after_the_time_is_up() -> None:
    calls: list[int] = []
    numbers = counted(calls)
    # The pause is longer than the time: one read before it, and one after it.
    assert poll_until(lambda: next(numbers), lambda _: False, within=0.001, every=0.01) == 2
    assert calls == [1, 2]


def test_each_value_is_judged_once() -> None:
    judged: list[int] = []

    def done(number: int) -> bool:
        judged.append(number)
        return number == 2

    assert poll_until(itertools.count(1).__next__, done, within=LONG, every=0) == 2
    assert judged == [1, 2]


def test_an_error_of_the_read_ends_the_wait() -> None:
    def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        poll_until(fail, bool, within=LONG, every=0)


def test_a_call_is_repeated_while_its_error_lasts() -> None:
    answers: Iterator[Exception | str] = iter([ConnectionError(), ConnectionResetError(), "there"])
    pauses: list[float] = []

    def call() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def noted() -> Iterator[float]:
        for number in itertools.count():
            pauses.append(number)
            yield 0

    assert retry_on(ConnectionError, call, within=LONG, pauses=noted()) == "there"
    assert pauses == [0, 1]


def test_the_error_is_raised_when_the_time_is_up() -> None:
    calls: list[int] = []
    numbers = counted(calls)

    def call() -> None:
        raise ConnectionError(next(numbers))

    with pytest.raises(ConnectionError) as error:
        retry_on(ConnectionError, call, within=0.001, pauses=itertools.repeat(0.01))
    assert error.value.args == (2,)
    assert calls == [1, 2]


def test_another_error_is_raised_at_once() -> None:
    calls: list[int] = []
    numbers = counted(calls)

    def call() -> None:
        raise KeyError(next(numbers))

    with pytest.raises(KeyError):
        retry_on(ConnectionError, call, within=LONG, pauses=itertools.repeat(0))
    assert calls == [1]
