"""What is around a task's function that no option of Prefect's says: a pool, context for its arguments, callbacks."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from prefect.context import TaskRunContext
from prefect.utilities.timeout import timeout, timeout_async

from .._airflow.context_parameters import Arguments, ContextParameters
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._callbacks.results import finish
from .._pools.passage import Passage
from .._prefect.limits import tag_limit_exists
from .._prefect.logs import run_logger
from .._prefect.task_functions import stand_for
from .._stand_ins.kinds import CONTEXTS
from ..context import Context, get_current_context
from ..errors import InvalidDagLimitError

Function = Callable[..., Any]

# Tags whose limits the server has: a process asks once for each.
_limited: set[str] = set()


@dataclass(frozen=True)
class Around:
    """What is around the function of one task while a run of it goes on.

    Attributes:
        passage: The pool's slots.
        timeout: The seconds that the function may take once it holds them.
        tag: The tag whose limit has to be there.
        before: `pre_execute`.
        after: `post_execute`.
        parameters: What is filled in from the context; in a test with a fake context too.
        version: Whose context these three get.
    """

    passage: Passage | None = None
    timeout: float | None = None
    tag: str | None = None
    before: Function | None = None
    after: Function | None = None
    parameters: ContextParameters | None = None
    version: AirflowVersion = DEFAULT_VERSION

    def wrap(self, fn: Function) -> Function:
        """The function with all of this around it; unchanged for who calls it as a function."""
        if self == Around(version=self.version):
            return fn
        wrapped: Any
        if inspect.isasyncgenfunction(fn):

            async def wrapped(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                async with self._entered_async(fn) as context:
                    args, kwargs = await self._filled_async(args, kwargs, context)
                    async for value in fn(*args, **kwargs):
                        yield value
                    self._call_after(fn, context, None)

        elif inspect.isgeneratorfunction(fn):

            def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._entered(fn) as context:
                    args, kwargs = self._filled(args, kwargs, context)
                    value = yield from fn(*args, **kwargs)
                    self._call_after(fn, context, value)
                return value

        elif inspect.iscoroutinefunction(fn):

            async def wrapped(*args: Any, **kwargs: Any) -> Any:
                async with self._entered_async(fn) as context:
                    args, kwargs = await self._filled_async(args, kwargs, context)
                    value = await fn(*args, **kwargs)
                    self._call_after(fn, context, value)
                return value

        else:

            def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._entered(fn) as context:
                    args, kwargs = self._filled(args, kwargs, context)
                    value = fn(*args, **kwargs)
                    self._call_after(fn, context, value)
                return value

        stand_for(wrapped, fn, self.parameters.signature if self.parameters else None)
        return wrapped  # type: ignore[no-any-return]

    @contextmanager
    def _entered(self, fn: Function) -> Iterator[Context | None]:
        if not _is_running(fn):
            yield self._fake_context()
            return
        self._check_tag()
        with ExitStack() as stack:
            if self.passage is not None:
                stack.enter_context(self.passage)
            stack.enter_context(timeout(self._said_timeout()))
            yield self._begun()

    @asynccontextmanager
    async def _entered_async(self, fn: Function) -> AsyncIterator[Context | None]:
        if not _is_running(fn):
            yield self._fake_context()
            return
        await asyncio.to_thread(self._check_tag)
        async with AsyncExitStack() as stack:
            if self.passage is not None:
                await stack.enter_async_context(self.passage)
            stack.enter_context(timeout_async(self.timeout))
            yield self._begun()

    def _begun(self) -> Context | None:
        """The context of this run, where anything is to see it; `pre_execute` has seen it."""
        if self.before is None and self.after is None and self.parameters is None:
            return None
        context = get_current_context(airflow_version=self.version)
        if self.before is not None:
            finish(self.before(context))
        return context

    def _fake_context(self) -> Context | None:
        return get_current_context() if CONTEXTS.current() else None

    def _filled(self, args: tuple[Any, ...], kwargs: dict[str, Any], context: Context | None) -> Arguments:
        if self.parameters is None or context is None:
            return args, kwargs
        return self.parameters.fill(args, kwargs, context)

    async def _filled_async(self, args: tuple[Any, ...], kwargs: dict[str, Any], context: Context | None) -> Arguments:
        if self.parameters is None or context is None:
            return args, kwargs
        # The server may be asked for a date.
        return await asyncio.to_thread(self.parameters.fill, args, kwargs, context)

    def _said_timeout(self) -> float | None:
        """The timeout of a plain function, which has no way to interrupt it in another thread while it blocks."""
        if self.timeout is not None and threading.current_thread() is not threading.main_thread():
            run_logger().warning(
                "execution_timeout of %s seconds: in a thread the task ends when what blocks in it returns; call it "
                "instead of submitting it, or make it async",
                self.timeout,
            )
        return self.timeout

    def _check_tag(self) -> None:
        """Without a limit for its tag Prefect limits nothing, and says nothing.

        Raises:
            InvalidDagLimitError: There is none.
            ServerError: The server can't be asked.
        """
        if self.tag is None or self.tag in _limited:
            return
        if not tag_limit_exists(self.tag):
            raise InvalidDagLimitError(
                f"max_active_tis_per_dag: the server has no limit for the tag {self.tag!r}, so that nothing would be "
                f"limited; run `prefect concurrency-limit create {self.tag} LIMIT`"
            )
        _limited.add(self.tag)

    def _call_after(self, fn: Function, context: Context | None, value: Any) -> None:
        if self.after is not None and _is_running(fn):
            finish(self.after(context, value))


def _is_running(fn: Function) -> bool:
    """Whether this is a run of its task; somebody may call the function itself, in a test or in another task."""
    context = TaskRunContext.get()
    return context is not None and inspect.unwrap(context.task.fn) is inspect.unwrap(fn)
