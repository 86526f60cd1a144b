"""Wraps a user's function in layers: plain functions, coroutine functions, and generators of both kinds.

Each feature adds a `Layer`. All layers share one wrapper, so a traceback shows only one extra frame, `wrapper`, before
the function.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    aclosing,
    suppress,
)
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_WRAPPED = "__airflow_compat_wrapped__"


@dataclass
class Call:
    """A call of a wrapped function.

    Attributes:
        wrapper: The called wrapper.
        stack: Exited at the end of the call; an `AsyncExitStack` for async functions.
        args: The positional arguments, which a layer may replace.
        kwargs: The keyword arguments, which a layer may replace.
        value: The return value. A layer that suppresses an exception must set this value.
    """

    wrapper: Callable[..., Any]
    stack: ExitStack | AsyncExitStack
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any = None

    def on_end(self, then: Callable[[BaseException | None], bool | None]) -> None:
        """Register a function for the end of the call.

        The function is called with the exception or None. If the registered function returns True, the exception is
        suppressed.
        """

        def leave(_: type[BaseException] | None, exc: BaseException | None, __: TracebackType | None) -> bool | None:
            return then(exc)

        self.stack.push(leave)

    def on_return(self, then: Callable[[Any], None]) -> None:
        """Register a function that is called with the return value, after the inner layers have ended."""
        self.on_end(lambda exc: then(self.value) if exc is None else None)

    def enter(self, layers: Iterable[Layer]) -> None:
        """Enter the layers, the outermost first."""
        for layer in layers:
            layer.enter(self)

    async def aenter(self, layers: Iterable[Layer]) -> None:
        for layer in layers:
            await layer.aenter(self)

    async def enter_async(self, context: AbstractAsyncContextManager[Any]) -> None:
        """Enter an async context manager, in `aenter` of a layer."""
        await cast("AsyncExitStack", self.stack).enter_async_context(context)


class Layer(ABC):
    """What one feature does before and after a call of a function.

    `enter` runs before the function, and registers callbacks for the call's end. The callbacks run in reverse order,
    and get exceptions of the function, of inner layers, and of callbacks that were registered later.
    """

    @abstractmethod
    def enter(self, call: Call) -> None: ...

    async def aenter(self, call: Call) -> None:
        self.enter(call)


class _Wrapped(NamedTuple):
    """The function and layers of a wrapper. `wrapper` names the owner, as `functools.wraps` copies this data."""

    wrapper: Callable[..., Any]
    function: Callable[..., Any]
    layers: tuple[Layer, ...]


def wrap(fn: F, layer: Layer) -> F:
    """Return the function with one more layer. The result's attribute `__wrapped__` is the user's function.

    For a generator, `value` is its return value; an async generator has no return value.

    Args:
        fn: The function, or a wrapper of this module. The object passed here is not changed.
        layer: The outermost layer.
    """
    found = getattr(fn, _WRAPPED, None)
    function, layers = found[1:] if found and found.wrapper is fn else (fn, ())
    wrapper = _wrapper(function, (layer, *layers))
    functools.update_wrapper(wrapper, fn).__wrapped__ = function
    setattr(wrapper, _WRAPPED, _Wrapped(wrapper, function, (layer, *layers)))
    return cast("F", wrapper)


def layers_of(fn: object) -> tuple[Layer, ...]:
    """Return a wrapper's layers, outermost first; empty for other functions."""
    found = getattr(fn, _WRAPPED, None)
    return found.layers if found and found.wrapper is fn else ()


def decorate(fn: F, within: Callable[[], AbstractContextManager[Any]]) -> F:
    """Return a wrapper that runs each call in a context manager.

    Prefect resolves a flow's text annotations in the function's globals (`prefect._internal.pydantic.validated_func`),
    but a wrapper and a pickled flow lack these globals. Therefore, the signature of the wrapper contains resolved
    types, if they can be resolved.

    Args:
        fn: The function.
        within: A function that makes the context manager; for async functions, this must also be an async context
            manager.
    """
    wrapper: Any = wrap(fn, Within(within))
    # An annotation is the user's code, which may raise any exception.
    with suppress(Exception):
        wrapper.__signature__ = inspect.signature(fn, eval_str=True)
    return cast("F", wrapper)


class Within(Layer):
    """Runs each call in a new context manager, made by `make`."""

    def __init__(self, make: Callable[[], AbstractContextManager[Any]]) -> None:
        self.make = make

    def enter(self, call: Call) -> None:
        call.stack.enter_context(self.make())

    async def aenter(self, call: Call) -> None:
        made = self.make()
        if isinstance(made, AbstractAsyncContextManager):
            await call.enter_async(made)
        else:
            call.stack.enter_context(made)


def _wrapper(fn: Callable[..., Any], layers: tuple[Layer, ...]) -> Callable[..., Any]:
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(fn):

        async def wrapper(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            async with AsyncExitStack() as stack:
                call = Call(wrapper, stack, args, kwargs)
                await call.aenter(layers)
                # If the wrapper is closed early, the generator is closed before the layers end.
                async with aclosing(fn(*call.args, **call.kwargs)) as values:
                    async for value in values:
                        yield value

    elif inspect.isgeneratorfunction(fn):

        def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with ExitStack() as stack:
                call = Call(wrapper, stack, args, kwargs)
                call.enter(layers)
                call.value = yield from fn(*call.args, **call.kwargs)
            return call.value

    elif inspect.iscoroutinefunction(fn):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            async with AsyncExitStack() as stack:
                call = Call(wrapper, stack, args, kwargs)
                await call.aenter(layers)
                call.value = await fn(*call.args, **call.kwargs)
            return call.value

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with ExitStack() as stack:
                call = Call(wrapper, stack, args, kwargs)
                call.enter(layers)
                call.value = fn(*call.args, **call.kwargs)
            return call.value

    return wrapper
