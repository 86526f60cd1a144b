"""What is put around a task's function: it stays the same function for Prefect, and knows when a run calls it."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from prefect.context import TaskRunContext

PORTED = "__airflow_compat__"
"""What marks a function that Airflow's exceptions work in."""


def stand_for(wrapper: Any, fn: Callable[..., Any], signature: inspect.Signature | None = None) -> None:
    """Make a wrapper one that passes for the function: for who reads it, and for Prefect's caches.

    Args:
        wrapper: What is around it.
        fn: The function.
        signature: What a caller of the wrapper has to give, where that isn't what the function wants.
    """
    functools.update_wrapper(wrapper, fn)
    # Prefect reads it four times a run, through what stands around the function too.
    with contextlib.suppress(TypeError, ValueError):
        wrapper.__signature__ = signature or inspect.signature(fn)
    wrapper.__prefect_task_source__ = fn
    # The caches tell functions apart by their code.
    if isinstance(fn, FunctionType):
        code = wrapper.__code__
        wrapper.__code__ = code.replace(co_consts=(*code.co_consts, fn.__code__))


def run_of(wrapper: Callable[..., Any]) -> TaskRunContext | None:
    """The run whose task calls this wrapper; None where somebody calls it as a function, in a test or another task."""
    context = TaskRunContext.get()
    if context is None:
        return None
    function: Any = context.task.fn
    # Others may have been put around it.
    while function is not wrapper:
        function = getattr(function, "__wrapped__", None)
        if function is None:
            return None
    return context
