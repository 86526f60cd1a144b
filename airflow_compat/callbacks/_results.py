"""Runs the result of a callback to its end: awaits it if it is an awaitable, exhausts it if it is a generator.

If a task's callback is a generator function, Airflow 3 runs it to its end
(`airflow.sdk.execution_time.callback_runner`). For other callbacks, Airflow only calls the function, so the body of a
generator function never runs.
"""

from __future__ import annotations

import inspect
from collections import deque
from typing import Any

from prefect.utilities.asyncutils import run_coro_as_sync


def finish(result: Any) -> None:
    if inspect.isgenerator(result):
        deque(result, maxlen=0)
    elif inspect.isawaitable(result) or inspect.isasyncgen(result):
        run_coro_as_sync(finish_async(result))


async def finish_async(result: Any) -> None:
    if inspect.isasyncgen(result):
        async for _ in result:
            pass
    elif inspect.isawaitable(result):
        await result
    else:
        finish(result)
