"""What the three fakes have in common: how they begin and end, as a `with` block, a decorator, or by two calls."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from .._stand_ins.place import Place
from ..errors import FakeError

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])
V = TypeVar("V")


class Fake(AbstractContextManager["Fake[Any]", None], Generic[V]):
    """Stands in for the server's things of one kind while it is active.

    A fake inside of another of its kind has what that has, and its own on top; at its end all is as it was outside.
    """

    _place: ClassVar[Place[Any]]
    _function: ClassVar[str]

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._given = self._read(values)
        self._held: dict[str, V] = {}
        self._active = False

    def start(self) -> Self:
        """Begin; for a `setUp` that is followed by `self.addCleanup(fake.stop)`.

        Raises:
            FakeError: It is active already.
        """
        if self._active:
            raise FakeError(f"this {self._function}() is active already; make another one for a block inside of it")
        outer = self._place.here()
        self._held = {**(outer._held if isinstance(outer, Fake) else {}), **self._given}
        self._begin()
        self._active = True
        self._place.put(self)
        return self

    def stop(self) -> None:
        """End; one that isn't active changes nothing."""
        self._active = False
        self._place.take_out(self)

    def update(self, values: Mapping[str, Any]) -> None:
        """Add to what it has, or replace it. What is added while it is active is gone when it ends.

        Args:
            values: As the fake was made of.
        """
        (self._held if self._active else self._given).update(self._read(values))

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

    def __repr__(self) -> str:
        return f"<{self._function} of {', '.join(sorted(self._held or self._given)) or 'nothing'}>"

    def _twin(self) -> Self:
        """The same for one call of a decorated function, which may be called by many at once."""
        twin = type(self)({})
        twin._given = self._given
        return twin

    def _begin(self) -> None:
        """Forget what an earlier use has recorded."""

    def _read(self, values: Mapping[str, Any]) -> dict[str, V]:
        """What was given, as it is held.

        Raises:
            FakeError: It isn't a mapping of ids.
        """
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise FakeError(f"{self._function}() takes a dict of ids, not {type(values).__name__} of other things")
        return {name: self._read_one(name, value) for name, value in values.items()}

    def _read_one(self, name: str, value: Any) -> V:
        raise NotImplementedError

    def _known(self) -> str:
        """The ids that there are, for messages."""
        return ", ".join(sorted(self._held)) or "nothing"
