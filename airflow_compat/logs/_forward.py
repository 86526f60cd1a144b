"""Hands what loggers such as `airflow.task` say to the run that it is said in."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._airflow.signatures import keep_signature
from ..errors import InvalidCallbackError

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])

_lock = threading.Lock()


@dataclass
class _Attached:
    """A logger that is forwarded; by how many at once."""

    handler: logging.Handler
    level_before: int
    times: int = 1


_attached: dict[str, _Attached] = {}


class Forwarding(AbstractContextManager["Forwarding", None]):
    """What `logs.forward()` returns: a context manager, a decorator, and `start` and `stop`.

    One object can be entered many times, also at once.
    """

    def __init__(self, names: Sequence[str], level: int) -> None:
        self._names = names
        self._level = level

    def start(self) -> None:
        """Forward from now on, until `stop`."""
        for name in self._names:
            _attach(name, self._level)

    def stop(self) -> None:
        """Undo one `start`. The loggers are as they were when each was undone."""
        for name in self._names:
            _detach(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, function: F) -> F:
        if not inspect.isfunction(function):
            raise InvalidCallbackError(
                f"logs.forward() was put on {type(function).__name__}, not on a function: write it below @flow or @task"
            )
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise InvalidCallbackError(
                f"logs.forward() was put on {function.__name__}, which yields: write `with logs.forward(...):` in it"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def forwarding_async(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            keep_signature(forwarding_async, function)
            return cast("F", forwarding_async)

        @functools.wraps(function)
        def forwarding(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        keep_signature(forwarding, function)
        return cast("F", forwarding)


def _attach(name: str, level: int) -> None:
    from .._prefect.logs import RunHandler

    logger = logging.getLogger(name)
    with _lock:
        if held := _attached.get(name):
            held.times += 1
        else:
            _attached[name] = _Attached(RunHandler(), logger.level)
            logger.addHandler(_attached[name].handler)
        # One who wants more of it than another gets it.
        if not logger.isEnabledFor(level):
            logger.setLevel(level)


def _detach(name: str) -> None:
    with _lock:
        held = _attached.get(name)
        if held is None:
            return
        held.times -= 1
        if held.times == 0:
            del _attached[name]
            logger = logging.getLogger(name)
            logger.removeHandler(held.handler)
            logger.setLevel(held.level_before)


def _after_fork() -> None:
    # Another thread of the parent's, which isn't here, may hold it.
    globals()["_lock"] = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
