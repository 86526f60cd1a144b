"""Forwards the messages of loggers such as `airflow.task` to the log of the current run."""

from __future__ import annotations

import inspect
import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .._prefect.wrapped_function import decorate
from ..errors import InvalidCallbackError

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])

_lock = threading.Lock()


@dataclass
class _Attached:
    handler: logging.Handler
    level_before: int
    times: int = 1


_attached: dict[str, _Attached] = {}


class Forwarding(AbstractContextManager["Forwarding", None]):
    """The result of `logs.forward()`: use it in a `with` statement, as a decorator, or with `start` and `stop`.

    The same object can be used several times, also at the same time.
    """

    def __init__(self, names: Sequence[str], level: int) -> None:
        self._names = names
        self._level = level

    def start(self) -> None:
        """Start forwarding."""
        for name in self._names:
            _attach(name, self._level)

    def stop(self) -> None:
        """Undo one `start`.

        After as many calls of `stop` as of `start`, the loggers have their original levels and handlers.
        """
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
                f"logs.forward() decorates functions, not {type(function).__name__}. Put @logs.forward(...) below "
                "@flow or @task"
            )
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise InvalidCallbackError(
                f"logs.forward() can't decorate the generator {function.__name__}. Use `with logs.forward(...):` "
                "inside the generator"
            )
        return decorate(function, lambda: self)


def _attach(name: str, level: int) -> None:
    from .._prefect.run_logger import RunHandler

    logger = logging.getLogger(name)
    with _lock:
        if held := _attached.get(name):
            held.times += 1
        else:
            _attached[name] = _Attached(RunHandler(), logger.level)
            logger.addHandler(_attached[name].handler)
        # If several `forward` calls name the logger, the lowest of their levels applies.
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
    # In the parent, a thread may have held the lock during the fork.
    globals()["_lock"] = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
