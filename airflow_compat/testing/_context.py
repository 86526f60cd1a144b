"""A context for code that asks for its run's, where there is no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._context.mapping import Context
from .._stand_ins.kinds import CONTEXTS
from ..errors import FakeError
from .active import Activated

if TYPE_CHECKING:
    from typing_extensions import Self


class FakeContext(Activated):
    """What `fake_context` gives.

    Attributes:
        context: The context.
    """

    _place = CONTEXTS
    _function = "fake_context"

    def __init__(self, context: Context) -> None:
        if not isinstance(context, Context):
            raise FakeError(f"fake_context() takes a context, as make_context() makes it, not {type(context).__name__}")
        self.context = context

    def __repr__(self) -> str:
        return f"<fake_context of {self.context['ti'].task_id}>"

    def _begin(self) -> None:
        """What the code has pushed stays with the context."""

    def _twin(self) -> Self:
        return type(self)(self.context)
