"""The task that `airflow_compat.task` makes: Prefect's own, with what no option of Prefect's says around it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from prefect import Task

from .._airflow.argument_values import text, whole
from .._airflow.context_parameters import context_parameters, unfilled_parameters
from .._airflow.outputs import returns_mapping
from .._airflow.told_arguments import carry
from .._callbacks.endings import OUTPUTS
from .._callbacks.ported_task import port
from ..errors import InvalidArgumentError
from ..pools import pool
from .around import Around
from .given import Given
from .task import limiting_tag, prefect_options, timeout_of

_DEFAULT_POOL = "default_pool"


def ported_task(fn: Callable[..., Any], given: Given, dag_id: str) -> Task[..., Any]:
    """The task of a function.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses, there is no function, or a parameter of it has the
            name of a key of the context and a default other than None.
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
        parameters=context_parameters(inner, given.where, given.version),
        version=given.version,
    )
    task.fn = around.wrap(task.fn)
    port(task)
    setattr(task.fn, OUTPUTS, _outputs(given, inner))
    carry(task.fn, given.told)
    return task


def pool_warnings(given: Given) -> list[str]:
    """How what was asked for differs, by its values."""
    if given.get("priority_weight", 1) == 1 or given.get("weight_rule") == "absolute":
        return []
    message = f"{given.where}: priority_weight differs from Airflow's, which adds those of the tasks after it: the "
    return [message + "task's own counts, as with weight_rule='absolute'"]


def context_warnings(given: Given, fn: Callable[..., Any]) -> list[str]:
    """Which parameters the other version of Airflow would fill in from the context; here they are None."""
    names = () if isinstance(fn, Task) else unfilled_parameters(fn, given.version)
    if not names:
        return []
    other = "3" if given.version == "2" else "2"
    message = f"{given.where}: Airflow {given.version} has no {', '.join(names)} in its context to fill in; "
    return [message + f'say airflow_version="{other}" in the decorator, or give the value in the call']


def _outputs(given: Given, fn: Callable[..., Any]) -> str:
    if not given.get("do_xcom_push", True):
        return "none"
    many = given.get("multiple_outputs")
    return "many" if (returns_mapping(fn) if many is None else many) else "one"
