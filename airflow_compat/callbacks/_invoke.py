"""How Airflow calls a callback: with the context, or with the five arguments of an SLA's."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._airflow.callback import callback_name
from .._airflow.run_objects import TaskInstance
from ..errors import InvalidCallbackError
from .results import finish


@dataclass(frozen=True)
class SlaMiss:
    """What `sla_miss_callback` gets of each task that missed its SLA."""

    task_id: str
    dag_id: str
    execution_date: datetime


def invoke(callback: Any, context: Mapping[str, Any], arguments: Mapping[str, Any], *, alert: str) -> None:
    """Call it, and run what it returns to its end.

    Args:
        callback: A function, or a notifier's class.
        context: What it is told.
        arguments: What a class is made with, or a function gets besides.
        alert: What happened, by the name of the alert: an `on_sla_miss` gives a function what Airflow 2 gives
            `sla_miss_callback`, if it takes five arguments.

    Raises:
        InvalidCallbackError: It takes neither.
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
        # A callable of C has none.
        return (context,), dict(arguments)

    def takes(*args: Any, **kwargs: Any) -> bool:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            return False
        return True

    if alert == "on_sla_miss" and not takes(context, **arguments):
        five = _sla_arguments(context)
        if takes(*five, **arguments):
            return five, dict(arguments)
    if takes(context, **arguments):
        return (context,), dict(arguments)
    if "context" in signature.parameters and takes(context=context, **arguments):
        # As Airflow 3 gives it to the callback of a deadline.
        return (), {**arguments, "context": context}
    raise InvalidCallbackError(
        f"callback {callback_name(call)} can't be called with one context"
        + (f" and {', '.join(arguments)}" if arguments else "")
        + f"; write `def {callback_name(call)}(context): ...`"
    )


def _sla_arguments(context: Mapping[str, Any]) -> tuple[Any, ...]:
    # `airflow.dag_processing.processor.DagFileProcessor.manage_slas` of 2.11
    ti: TaskInstance = context["ti"]
    date: datetime = context["logical_date"]
    said = f"{ti.task_id} on {date.isoformat()}"
    return context["dag"], said, said, [SlaMiss(ti.task_id, ti.dag_id, date)], [ti]
