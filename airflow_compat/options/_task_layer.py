"""Wraps a task's function to apply arguments without a Prefect option, such as `pool`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prefect.utilities.timeout import timeout, timeout_async

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._prefect.limits import tag_limit_exists
from .._prefect.run_logger import run_logger
from .._prefect.task_functions import run_of
from .._prefect.wrapped_function import Call, Layer
from ..callbacks._results import finish
from ..context import Context, get_current_context
from ..context._override import CONTEXTS
from ..errors import InvalidDagLimitError
from ..pools._slot_context import PoolContext
from ._context_parameters import ContextParameters

Function = Callable[..., Any]

# Tags that have a concurrency limit on the server; cached, so that a process asks the server once for each tag.
_limited: set[str] = set()


@dataclass(frozen=True)
class TaskLayer(Layer):
    """Wraps the function of one task, and applies the arguments without a Prefect option.

    Outside a task run, the layer only fills in parameters from a `fake_context`.

    Attributes:
        passage: Holds the pool's slots while the task's function runs.
        timeout: The time limit in seconds, which does not include the wait for slots.
        tag: The tag for `max_active_tis_per_dag`.
        before: `pre_execute`.
        after: `post_execute`.
    """

    passage: PoolContext | None = None
    timeout: float | None = None
    tag: str | None = None
    before: Function | None = None
    after: Function | None = None
    parameters: ContextParameters | None = None
    version: AirflowVersion = DEFAULT_VERSION

    def enter(self, call: Call) -> None:
        if run_of(call.wrapper):
            self._check_tag()
            if self.passage is not None:
                call.stack.enter_context(self.passage)
            call.stack.enter_context(timeout(self._said_timeout()))
            context = self._begun(call)
        else:
            context = get_current_context() if CONTEXTS.current() else None
        if self.parameters is not None and context is not None:
            call.args, call.kwargs = self.parameters.fill(call.args, call.kwargs, context)

    async def aenter(self, call: Call) -> None:
        # Requests to the server must not block the event loop.
        if run_of(call.wrapper):
            await asyncio.to_thread(self._check_tag)
            if self.passage is not None:
                await call.enter_async(self.passage)
            call.stack.enter_context(timeout_async(self.timeout))
            context = self._begun(call)
        else:
            context = get_current_context() if CONTEXTS.current() else None
        if self.parameters is not None and context is not None:
            # Looking up the logical date may send a request to the server.
            call.args, call.kwargs = await asyncio.to_thread(self.parameters.fill, call.args, call.kwargs, context)

    def _begun(self, call: Call) -> Context | None:
        """Call `pre_execute`, and return the run's context if an argument of the task needs a context."""
        if self.before is None and self.after is None and self.parameters is None:
            return None
        context = get_current_context(airflow_version=self.version)
        if self.before is not None:
            finish(self.before(context))
        if (after := self.after) is not None:
            call.on_return(lambda value: finish(after(context, value)))
        return context

    def _said_timeout(self) -> float | None:
        """Return the timeout, and warn if the timeout can't interrupt a synchronous function in this thread."""
        if self.timeout is not None and threading.current_thread() is not threading.main_thread():
            run_logger().warning(
                "execution_timeout of %s seconds can't interrupt a task that blocks in a thread. Call the task instead "
                "of submitting it, or make the task async.",
                self.timeout,
            )
        return self.timeout

    def _check_tag(self) -> None:
        """Check that the tag has a limit: Prefect silently ignores a tag without a limit."""
        if self.tag is None or self.tag in _limited:
            return
        if not tag_limit_exists(self.tag):
            raise InvalidDagLimitError(
                f"max_active_tis_per_dag: The server has no limit for the tag {self.tag!r}, so the task would run "
                f"without a limit. Run `prefect concurrency-limit create {self.tag} LIMIT`."
            )
        _limited.add(self.tag)
