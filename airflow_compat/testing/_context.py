"""A fake current context for a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..context._lazy_dict import Context
from ..context._override import CONTEXTS
from ..errors import FakeError
from ._lifecycle import FakeLifecycle

if TYPE_CHECKING:
    from typing_extensions import Self


class FakeContext(FakeLifecycle):
    """The fake that `fake_context` returns."""

    _place = CONTEXTS
    _function = "fake_context"

    def __init__(self, context: Context) -> None:
        if not isinstance(context, Context):
            raise FakeError(f"fake_context() got a {type(context).__name__}. Pass the result of make_context().")
        self.context = context

    def __repr__(self) -> str:
        return f"<fake_context of {self.context['ti'].task_id}>"

    def _begin(self) -> None:
        """Do nothing: values that the code pushed stay in the context."""

    def _twin(self) -> Self:
        return type(self)(self.context)
