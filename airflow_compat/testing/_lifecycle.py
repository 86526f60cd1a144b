"""Start and end fakes: by a `with` block, a decorator, or the methods `start` and `stop`."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .._prefect.override import Override
from .._prefect.wrapped_function import decorate
from ..errors import FakeError

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])


class FakeLifecycle(AbstractContextManager["FakeLifecycle", None]):
    """Base of the fakes: an active fake replaces data that would come from the server or the run."""

    _place: ClassVar[Override[Any]]
    _function: ClassVar[str]
    _active = False

    def start(self) -> Self:
        """Activate the fake, for example in a `setUp` that also calls `self.addCleanup(fake.stop)`."""
        if self._active:
            raise FakeError(f"This {self._function}() is active already. Create another fake for a nested block.")
        self._begin()
        self._active = True
        self._place.put(self)
        return self

    def stop(self) -> None:
        """Deactivate the fake. Does nothing if the fake is not active."""
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
                f"{self._function}() decorates functions and coroutine functions, not {function!r}. Use `with "
                f"{self._function}(...):` inside the function, or in a test class, `.start()` in setUp and "
                "`self.addCleanup(fake.stop)`."
            )
        return decorate(function, self._twin)

    @abstractmethod
    def _begin(self) -> None:
        """Undo the changes that an earlier use of the fake made."""

    @abstractmethod
    def _twin(self) -> Self:
        """Return a copy for one call of a decorated function, because calls may overlap."""
