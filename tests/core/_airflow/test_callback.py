"""Valid and invalid callbacks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from airflow_compat._airflow.callback import callback_name, check_callbacks
from airflow_compat.errors import InvalidCallbackError


def alert(context: dict[str, Any]) -> None: ...


def alert_with_a_channel(channel: str, context: dict[str, Any]) -> None: ...


async def async_alert(context: dict[str, Any]) -> None: ...


def nothing_to_say() -> None: ...


def by_keyword(*, context: dict[str, Any]) -> None: ...


def two(context: dict[str, Any], more: str) -> None: ...


class Notifier:
    def __init__(self, channel: str = "alerts") -> None:
        self.channel = channel

    def __call__(self, context: dict[str, Any]) -> None: ...

    def notify(self, context: dict[str, Any]) -> None: ...

    @classmethod
    def broadcast(cls, context: dict[str, Any]) -> None: ...

    @staticmethod
    def log(context: dict[str, Any]) -> None: ...


class Silent:
    def __call__(self) -> None: ...


notifier = Notifier()
ACCEPTED: list[Callable[..., Any]] = [
    alert,
    async_alert,
    lambda context: None,
    lambda *args: None,
    lambda context, more=None: None,
    lambda context, **more: None,
    functools.partial(alert_with_a_channel, "alerts"),
    functools.partial(two, more="x"),
    functools.partial(notifier.notify),
    notifier,
    notifier.notify,
    Notifier.broadcast,
    Notifier.log,
    print,
    # A class is called with the context, as in Airflow.
    Notifier,
    # It has no signature to look at.
    dict,
]


@pytest.mark.parametrize("callback", ACCEPTED, ids=callback_name)
def test_callables_with_one_argument_are_accepted(callback: Callable[..., Any]) -> None:
    assert check_callbacks("on_failure", [callback]) == (callback,)


def test_lists_are_flattened_in_order() -> None:
    assert check_callbacks("on_failure", [alert, [notifier, print], [], [async_alert]]) == (
        alert,
        notifier,
        print,
        async_alert,
    )


def test_repeated_callback_is_kept() -> None:
    assert check_callbacks("on_failure", [alert, [alert]]) == (alert, alert)


@pytest.mark.parametrize("callbacks", [[], [[]], [[], []]])
def test_missing_callback_is_refused(callbacks: list[object]) -> None:
    with pytest.raises(InvalidCallbackError, match=r"on_retry\(\) needs a callback. Put @on_retry\(my_callback\)"):
        check_callbacks("on_retry", callbacks)


@pytest.mark.parametrize("callback", ["alert", None, 5, (alert,), {"a": alert}, {alert}, b"alert", [alert]])
def test_uncallable_object_is_refused(callback: object) -> None:
    # A list in a list is none of Airflow's.
    with pytest.raises(InvalidCallbackError) as caught:
        check_callbacks("on_failure", [[callback]])
    assert f"{type(callback).__name__} can't be called. Pass the function itself" in str(caught.value)
    assert str(caught.value).startswith(f"on_failure({callback!r})")


@pytest.mark.parametrize(
    "callback",
    [
        nothing_to_say,
        by_keyword,
        two,
        Silent(),
        Notifier.notify,
        lambda: None,
        lambda **context: None,
        functools.partial(alert, {}),
        functools.partial(two, context={}),
    ],
    ids=callback_name,
)
def test_callable_without_context_argument_is_refused(callback: Callable[..., Any]) -> None:
    with pytest.raises(InvalidCallbackError) as caught:
        check_callbacks("on_failure", [callback])
    name = callback_name(callback)
    assert str(caught.value) == (
        f"on_failure({name}): the callback can't be called with one argument, the context. Define `def "
        f"{name}(context): ...`"
    )
    assert isinstance(caught.value, TypeError)
    assert caught.value.__suppress_context__


def test_first_invalid_callback_is_named() -> None:
    with pytest.raises(InvalidCallbackError, match="nothing_to_say"):
        check_callbacks("on_failure", [alert, [nothing_to_say, "alert"]])


@pytest.mark.parametrize(
    ("callback", "name"),
    [
        (alert, "alert"),
        (functools.partial(alert_with_a_channel, "alerts"), "alert_with_a_channel"),
        (functools.partial(functools.partial(two, more="x")), "two"),
        (functools.partial(notifier), "Notifier"),
        (notifier, "Notifier"),
        (notifier.notify, "notify"),
        (Notifier, "Notifier"),
        (print, "print"),
    ],
)
def test_callback_name(callback: Callable[..., Any], name: str) -> None:
    assert callback_name(callback) == name
