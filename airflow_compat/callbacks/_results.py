"""Runs what a call of a callback gives: an awaitable is awaited, and a generator is run to its end.

Airflow 3 runs the generators among a task's callbacks (`airflow.sdk.execution_time.callback_runner`). Everywhere else
Airflow calls the function, and its body never runs.
"""

from __future__ import annotations

import inspect
from collections import deque
from typing import Any

from prefect.utilities.asyncutils import run_coro_as_sync


def finish(result: Any) -> None:
    """Run a result to its end, and block meanwhile.

    Args:
        result: What the callback returned.
    """
    if inspect.isgenerator(result):
        deque(result, maxlen=0)
    elif inspect.isawaitable(result) or inspect.isasyncgen(result):
        run_coro_as_sync(finish_async(result))


async def finish_async(result: Any) -> None:
    """Run a result to its end.

    Args:
        result: What the callback returned.
    """
    if inspect.isasyncgen(result):
        async for _ in result:
            pass
    elif inspect.isawaitable(result):
        await result
    else:
        finish(result)
