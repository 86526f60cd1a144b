"""`BaseAsyncOperator`."""

from __future__ import annotations

from typing import Any

from ._operator import BaseOperator
from ._runnable import run_async


class BaseAsyncOperator(BaseOperator):
    """An operator whose work is a coroutine. Subclasses override `aexecute`."""

    @property
    def is_async(self) -> bool:
        return True

    async def aexecute(self, context: Any) -> Any:
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        return run_async(self, context)
