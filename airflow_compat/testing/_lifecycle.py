"""How a fake begins and ends: as a `with` block, a decorator, or by two calls; all fakes share it."""

from __future__ import annotations

import functools
import inspect
from abc import abstractmethod
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from .._stand_ins.place import Place
from ..errors import FakeError

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])


class Activated(AbstractContextManager["Activated", None]):
    """Stands in for something of the server's or the run's while it is active; at its end all is as it was before."""

    _place: ClassVar[Place[Any]]
    _function: ClassVar[str]
    _active = False

    def start(self) -> Self:
        """Begin; for a `setUp` that is followed by `self.addCleanup(fake.stop)`.

        Raises:
            FakeError: It is active already.
        """
        if self._active:
            raise FakeError(f"this {self._function}() is active already; make another one for a block inside of it")
        self._begin()
        self._active = True
        self._place.put(self)
        return self

    def stop(self) -> None:
        """End; one that isn't active changes nothing."""
        self._active = False
        self._place.take_out(self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, function: F) -> F:
        if isinstance(function, type) or inspect.isasyncgenfunction(function) or not callable(function):
            raise FakeError(
                f"{self._function}() decorates functions and coroutine functions, not {function!r}; write "
                f"`with {self._function}(...):` inside, or `.start()` in its setUp and `self.addCleanup(fake.stop)`"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def faked_async(*args: Any, **kwargs: Any) -> Any:
                with self._twin():
                    return await function(*args, **kwargs)

            return cast("F", faked_async)
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def faked_generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with self._twin():
                    return (yield from function(*args, **kwargs))

            return cast("F", faked_generator)

        @functools.wraps(function)
        def faked(*args: Any, **kwargs: Any) -> Any:
            with self._twin():
                return function(*args, **kwargs)

        return cast("F", faked)

    @abstractmethod
    def _begin(self) -> None:
        """Be as new, whatever an earlier use has left."""

    @abstractmethod
    def _twin(self) -> Self:
        """The same for one call of a decorated function, which may be called by many at once."""
