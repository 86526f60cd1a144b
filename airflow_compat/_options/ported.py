"""The task that `airflow_compat.task` makes: Prefect's own, with what no option of Prefect's says around it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from prefect import Task

from .._airflow.argument_values import text, whole
from .._airflow.context import KEYS
from .._airflow.outputs import returns_mapping
from .._callbacks.endings import OUTPUTS
from .._callbacks.ported_task import port
from ..errors import InvalidArgumentError
from ..pools import pool
from .around import Around
from .given import Given
from .task import limiting_tag, prefect_options, timeout_of

_DEFAULT_POOL = "default_pool"
_CONTEXT = KEYS["2"] | KEYS["3"]


def ported_task(fn: Callable[..., Any], given: Given, dag_id: str) -> Task[..., Any]:
    """The task of a function.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses, or there is no function.
        InvalidDagLimitError: `max_active_tis_per_dag` is no number from 1 on.
        InvalidCallbackError: A callback can't be called with one context.
        PoolNotReadyError: `pool_slots` or `priority_weight` is no number that a pool takes.
    """
    if isinstance(fn, Task) or not callable(getattr(fn, "__func__", fn)):
        raise InvalidArgumentError(
            f"{given.where}: @task was put on a {type(fn).__name__}; write it above a function, in place of Prefect's"
        )
    inner = getattr(fn, "__func__", fn)
    name = getattr(inner, "__name__", type(inner).__name__)
    options = prefect_options(given, task_id=name, dag_id=dag_id, docstring=inspect.getdoc(inner))
    passage = None
    if (pool_name := given.get("pool", _DEFAULT_POOL)) != _DEFAULT_POOL:
        slots = whole(given.where, "pool_slots", given.get("pool_slots", 1), least=1)
        weight = given.get("priority_weight", 1)
        passage = pool(text(given.where, "pool", pool_name), slots, priority_weight=weight)
        # The wait for the slots doesn't count, as in Airflow.
        options.pop("timeout_seconds", None)
    task: Task[..., Any] = Task(fn, **options)
    around = Around(
        passage=passage,
        timeout=timeout_of(given) if passage else None,
        tag=limiting_tag(given, task.name, dag_id),
        before=given.get("pre_execute"),
        after=given.get("post_execute"),
        version=given.version,
    )
    task.fn = around.wrap(task.fn)
    port(task)
    setattr(task.fn, OUTPUTS, _outputs(given, inner))
    return task


def pool_warnings(given: Given) -> list[str]:
    """How what was asked for differs, by its values."""
    if given.get("priority_weight", 1) == 1 or given.get("weight_rule") == "absolute":
        return []
    message = f"{given.where}: priority_weight differs from Airflow's, which adds those of the tasks after it: the "
    return [message + "task's own counts, as with weight_rule='absolute'"]


def context_warnings(given: Given, fn: Callable[..., Any]) -> list[str]:
    """Which parameters Airflow would fill in from the context; here they are None, and say nothing of it."""
    parameters = () if isinstance(fn, Task) or not callable(fn) else inspect.signature(fn).parameters.values()
    names = [each.name for each in parameters if each.name in _CONTEXT and each.default is None]
    if not names:
        return []
    message = f"{given.where}: Airflow fills in {', '.join(names)} from the context, and Prefect doesn't; "
    return [message + f"give it in the call, or write get_current_context()[{names[0]!r}] in the function"]


def _outputs(given: Given, fn: Callable[..., Any]) -> str:
    if not given.get("do_xcom_push", True):
        return "none"
    many = given.get("multiple_outputs")
    return "many" if (returns_mapping(fn) if many is None else many) else "one"
