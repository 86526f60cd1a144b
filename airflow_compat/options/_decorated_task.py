"""Build the task that `airflow_compat.task` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prefect import Task

from .._airflow.author_arguments import carry
from .._prefect.task_functions import put_around
from ..callbacks._ported_task import port
from ..callbacks._task_end import OUTPUTS
from ..errors import InvalidArgumentError
from ._context_parameters import context_parameters, unfilled_parameters
from ._merged_arguments import MergedArguments
from ._task_layer import TaskLayer
from ._task_options import read_task


def ported_task(fn: Callable[..., Any], given: MergedArguments, dag_id: str) -> Task[..., Any]:
    """Return the Prefect task for a function. Raises the errors of `airflow_compat.task`."""
    if isinstance(fn, Task) or not callable(getattr(fn, "__func__", fn)):
        raise InvalidArgumentError(
            f"{given.where}: @task was put on a {type(fn).__name__}. Put airflow_compat's @task above a function, "
            "instead of Prefect's @task."
        )
    inner = getattr(fn, "__func__", fn)
    options = read_task(given, dag_id, inner)
    task: Task[..., Any] = Task(fn, **options.for_prefect())
    layer = TaskLayer(
        passage=options.pool,
        timeout=options.timeout_seconds if options.pool else None,
        tag=options.tags[0] if options.tags else None,
        before=options.pre_execute,
        after=options.post_execute,
        parameters=context_parameters(inner, given.where, given.version),
        version=given.version,
    )
    if layer != TaskLayer(version=given.version):
        put_around(task, layer, layer.parameters.signature if layer.parameters else None)
    port(task)
    setattr(task.fn, OUTPUTS, options.outputs)
    carry(task.fn, given.told)
    return task


def context_warnings(given: MergedArguments, fn: Callable[..., Any]) -> Iterator[str]:
    """Return warnings about parameters that only the other Airflow version fills in."""
    names = () if isinstance(fn, Task) else unfilled_parameters(fn, given.version)
    if names:
        other = "3" if given.version == "2" else "2"
        yield (
            f"{given.where}: Airflow {given.version} has no {', '.join(names)} in its context, so Airflow "
            f'{given.version} fills in no value. Set airflow_version="{other}" in the decorator, or pass the value in '
            "the call."
        )
