"""Calls a callback as Airflow does: with the context, or with the five arguments of an SLA callback."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._airflow.callback import callback_name
from .._airflow.run_objects import TaskInstance
from ..errors import InvalidCallbackError
from ._results import finish


@dataclass(frozen=True)
class SlaMiss:
    """A task that missed its SLA, as passed to `sla_miss_callback`."""

    task_id: str
    dag_id: str
    execution_date: datetime


def invoke(callback: Any, context: Mapping[str, Any], arguments: Mapping[str, Any], *, alert: str) -> None:
    """Call a function or notifier class; if it returns an awaitable or a generator, run this to its end.

    `arguments` are passed to the notifier class or, together with the context, to the function. For `on_sla_miss`, a
    function with five parameters gets the arguments of Airflow 2's `sla_miss_callback`.

    Raises:
        InvalidCallbackError: The callback can't take these arguments.
    """
    call = callback
    if isinstance(callback, type):
        call, arguments = callback(**arguments), {}
    args, kwargs = _arguments(call, context, arguments, alert)
    finish(call(*args, **kwargs))


def _arguments(
    call: Any, context: Mapping[str, Any], arguments: Mapping[str, Any], alert: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    try:
        signature = inspect.signature(call)
    except ValueError:
        # Some callables written in C have no signature.
        return (context,), dict(arguments)

    def ways() -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        yield (context,), dict(arguments)
        if alert == "on_sla_miss":
            yield _sla_arguments(context), dict(arguments)
        if "context" in signature.parameters:
            # Airflow 3 passes the context by name to a deadline's callback.
            yield (), {**arguments, "context": context}

    for args, kwargs in ways():
        with suppress(TypeError):
            signature.bind(*args, **kwargs)
            return args, kwargs
    raise InvalidCallbackError(
        f"Callback {callback_name(call)} can't be called with the context"
        + (f" and {', '.join(arguments)}" if arguments else "")
        + f". Define `def {callback_name(call)}(context): ...`."
    )


def _sla_arguments(context: Mapping[str, Any]) -> tuple[Any, ...]:
    # `airflow.dag_processing.processor.DagFileProcessor.manage_slas` of 2.11
    ti: TaskInstance = context["ti"]
    date: datetime = context["logical_date"]
    said = f"{ti.task_id} on {date.isoformat()}"
    return context["dag"], said, said, [SlaMiss(ti.task_id, ti.dag_id, date)], [ti]
