"""A callback that records its calls, and functions that check these calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import FakeError

# The attributes of `ti` by which calls are compared.
_OF_TI = ("task_id", "dag_id", "state", "try_number")


class RecordingCallback:
    """A callback that records its calls, for use in place of any Airflow callback.

    Attributes:
        contexts: The contexts of the calls, in order.
    """

    def __init__(self, *, raises: BaseException | None = None) -> None:
        self.contexts: list[Mapping[str, Any]] = []
        self._raises = raises

    def __call__(self, context: Mapping[str, Any]) -> None:
        # Read the values now, because the run's state may change.
        summary(context)
        self.contexts.append(context)
        if self._raises is not None:
            raise self._raises

    def __repr__(self) -> str:
        return f"<RecordingCallback, called {_times(len(self.contexts))}>"


def contexts_of(callback: Any) -> list[Mapping[str, Any]]:
    if isinstance(callback, RecordingCallback):
        return list(callback.contexts)
    calls = getattr(callback, "call_args_list", None)
    if calls is None:
        raise FakeError(
            f"assert_called_with_context() got {callback!r}, which records no calls. Pass the callback as a "
            "RecordingCallback() or a Mock()."
        )
    given = (call.args[0] if call.args else call.kwargs.get("context") for call in calls)
    return [context for context in given if isinstance(context, Mapping)]


def summary(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a context by which calls are compared."""
    ti = context["ti"]
    found = {name: getattr(ti, name) for name in _OF_TI}
    # A context raises an error for a key that its event doesn't have, even in `get`.
    return {**found, "exception": context["exception"]} if "exception" in context else {**found, "exception": None}


def matches(context: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    found = summary(context)
    return all(
        _is_exception(found[name], value) if name == "exception" else found[name] == value
        for name, value in expected.items()
    )


def complaint(contexts: list[Mapping[str, Any]], expected: Mapping[str, Any]) -> str:
    wanted = f"a call with {_shown(expected)}" if expected else "a call"
    lines = [f"{wanted} was expected. The callback was called {_times(len(contexts))}" + (":" if contexts else ".")]
    for number, context in enumerate(contexts, 1):
        found = summary(context)
        wrong = [name for name in expected if not matches(context, {name: expected[name]})]
        lines.append(f"  {number}. {_shown(found)}; differs in {', '.join(wrong)}")
    return "\n".join(lines)


def _is_exception(found: Any, expected: Any) -> bool:
    if isinstance(expected, type):
        return isinstance(found, expected)
    if isinstance(expected, BaseException):
        return type(found) is type(expected) and found.args == expected.args
    return bool(str(found) == expected)


def _shown(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value.__name__ if isinstance(value, type) else repr(value)}" for name, value in values.items()
    )


def _times(number: int) -> str:
    return {0: "not at all", 1: "once"}.get(number, f"{number} times")
