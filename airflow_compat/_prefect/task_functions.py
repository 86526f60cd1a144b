"""Wraps a task's function."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prefect.context import TaskRunContext

from .internals.engine import identify_as, replace_function
from .wrapped_function import Layer, wrap

if TYPE_CHECKING:
    from prefect import Task

PORTED = "__airflow_compat__"
"""The attribute that marks the function of a task as one in which Airflow's exceptions work."""


def put_around(task: Task[..., Any], layer: Layer, signature: inspect.Signature | None = None) -> None:
    """Wrap a task's function. Callers and Prefect's caches treat the wrapper as if it were the function.

    Args:
        task: The task. It is modified.
        layer: The outermost layer.
        signature: The parameters of the wrapper, if they differ from those of the function.
    """
    wrapper: Any = wrap(task.fn, layer)
    # Set the signature once, because Prefect reads it four times per run and would search all wrappers for it each
    # time.
    with contextlib.suppress(TypeError, ValueError):
        wrapper.__signature__ = signature or inspect.signature(task.fn)
    identify_as(wrapper, wrapper.__wrapped__)
    replace_function(task, wrapper)


def run_of(wrapper: Callable[..., Any]) -> TaskRunContext | None:
    """Return the context of the task run that calls this wrapper; None for a plain call."""
    context = TaskRunContext.get()
    if context is None:
        return None
    function: Any = context.task.fn
    # The function of the task may be another wrapper, which contains this one.
    while function is not wrapper:
        function = getattr(function, "__wrapped__", None)
        if function is None:
            return None
    return context
