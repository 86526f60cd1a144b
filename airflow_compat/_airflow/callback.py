"""What a callback may be, anything that can be called with one context, and the events that there are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias, get_args

from ..errors import InvalidCallbackError

Callback: TypeAlias = Callable[[Any], Any]

Kind: TypeAlias = Literal["on_failure", "on_success", "on_retry", "on_execute", "on_skipped"]
"""The events of Airflow's callbacks, by the names of our decorators."""

KINDS: tuple[Kind, ...] = get_args(Kind)


def check_callbacks(kind: str, callbacks: Iterable[object]) -> tuple[Callback, ...]:
    """The callbacks, lists flattened, in order.

    Args:
        kind: `on_failure`, for messages.
        callbacks: Callables, and lists of them as Airflow takes them.

    Raises:
        InvalidCallbackError: There is none, or one of them can't be called with one argument.
    """
    flat: list[object] = []
    for callback in callbacks:
        flat.extend(callback if isinstance(callback, list) else [callback])
    if not flat:
        raise InvalidCallbackError(f"{kind}() needs a callback: write @{kind}(my_callback) above @flow or @task")
    return tuple(_checked(kind, callback) for callback in flat)


def callback_name(callback: object) -> str:
    """A name for logs: the function's own, a partial's function's, else the class's."""
    inner = getattr(callback, "func", callback)
    return getattr(inner, "__name__", None) or type(inner).__name__


def is_async(callback: Callback) -> bool:
    """Whether calling it gives a coroutine or an asynchronous generator."""
    inner = getattr(callback, "func", callback)
    call = getattr(type(inner), "__call__", None)  # noqa: B004 - it is what would be called that counts
    return any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in (inner, call))


def _checked(kind: str, callback: object) -> Callback:
    if not callable(callback):
        raise InvalidCallbackError(
            f"{kind}({callback!r}): {type(callback).__name__} can't be called; give the function itself, not its name "
            "and not its result"
        )
    try:
        inspect.signature(callback).bind(object())
    except TypeError:
        raise InvalidCallbackError(
            f"{kind}({callback_name(callback)}): it can't be called with one context; "
            f"write `def {callback_name(callback)}(context): ...`"
        ) from None
    except ValueError:
        # A callable of C has no signature to look at.
        pass
    return callback
