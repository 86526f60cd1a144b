"""Calls a DAG author's function as Airflow does: with arguments from the context, and generators run to their end.

The rules are the same as in `airflow.sdk.bases.decorator.KeywordParameters` and
`airflow.sdk.execution_time.callback_runner`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import logging
from collections.abc import Callable, Collection, Generator, Mapping
from typing import Any

from ..authoring import Metadata
from ..options._context_parameters import context_value

_log = logging.getLogger("airflow.task")


def determine_kwargs(fn: Callable[..., Any], args: Collection[Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context's values that a function accepts as named arguments; all of them if it accepts `**kwargs`.

    Raises:
        ValueError: A positional argument has the name of a context key.
    """
    parameters = inspect.signature(fn).parameters
    for name, parameter in itertools.islice(parameters.items(), len(args)):
        if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD) and name in context:
            raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return {name: context_value(context, name) for name in context}
    return {name: context[name] for name in parameters if name in context}


def call(fn: Callable[..., Any], context: Mapping[str, Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a function, and return its result.

    A generator function is run to its end, and each `Metadata` object that the function yields is added to the events
    of the task's outlets. A coroutine function runs in a new event loop.
    """
    if is_async_callable(fn):
        return asyncio.run(_call_async(fn, context, args, kwargs))
    if not inspect.isgeneratorfunction(fn):
        return fn(*args, **kwargs)
    result = None

    def run() -> Generator[Any, None, None]:
        nonlocal result
        result = yield from fn(*args, **kwargs)

    for value in run():
        if not _add_metadata(value, context):
            _log.warning("Ignoring unknown data of %r received from task", type(value))
    return result


async def _call_async(
    fn: Callable[..., Any], context: Mapping[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    if not inspect.isasyncgenfunction(fn):
        return await fn(*args, **kwargs)
    results = []
    async for value in fn(*args, **kwargs):
        _add_metadata(value, context)
        results.append(value)
    return results


def _add_metadata(value: Any, context: Mapping[str, Any]) -> bool:
    if not isinstance(value, Metadata):
        return False
    events = context["outlet_events"]
    events[value.asset].extra.update(value.extra)
    if value.alias:
        events[value.alias].add(value.asset, extra=value.extra)
    return True


def is_async_callable(fn: Callable[..., Any]) -> bool:
    """Return True for an async function, even if `functools.partial` or a decorator with `functools.wraps` wraps it."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    fn = inspect.unwrap(fn)
    target = fn if inspect.isfunction(fn) or inspect.ismethod(fn) else getattr(type(fn), "__call__", fn)  # noqa: B004
    return inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target)
