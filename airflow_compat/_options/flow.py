"""A DAG's arguments as options for `prefect.flow`."""

from __future__ import annotations

from typing import Any

from .._airflow.argument_values import seconds, text
from .._airflow.told_arguments import Named, carry
from .._specs.dag_limits import TaskRunnerLimit, limit_from_max_active_tasks
from .given import Given
from .hooks import flow_hooks


def flow_options_of(given: Given) -> dict[str, Any]:
    """The options; those that aren't asked for are left out.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses.
        InvalidDagLimitError: `max_active_tasks` is no number from 1 on.
        InvalidCallbackError: A callback can't be called with one context.
    """
    options: dict[str, Any] = {}
    if given.get("dag_id") is not None:
        options["name"] = carry(Named(text(given.where, "dag_id", given.get("dag_id"))), given.told)
    if description := description_of(given):
        options["description"] = description
    timeout = given.get("dagrun_timeout")
    if timeout is not None and (longest := seconds(given.where, "dagrun_timeout", timeout, only_timedelta=True)):
        options["timeout_seconds"] = longest
    limit = given.get("concurrency") or given.get("max_active_tasks")
    if limit is not None:
        from prefect.task_runners import ThreadPoolTaskRunner

        # In both versions it is the flow run's own: a limit on all runs together would need a tag on each task.
        found = limit_from_max_active_tasks(given.get("dag_id", ""), limit, airflow_version="3")
        if isinstance(found, TaskRunnerLimit):
            options["task_runner"] = ThreadPoolTaskRunner(max_workers=found.max_workers)
    return {**options, **flow_hooks(given)}


def more_warnings(given: Given) -> list[str]:
    """How what was asked for differs by the version."""
    if given.version == "2" and (given.get("concurrency") or given.get("max_active_tasks")) is not None:
        message = f"{given.where}: max_active_tasks differs from Airflow 2's, which counts the tasks of all runs: here "
        return [message + "it is each run's own. With max_active_runs=1 both are the same"]
    return []


def description_of(given: Given) -> str:
    """The display name, the description and the documentation, one below the other."""
    names = ("dag_display_name", "description", "doc_md")
    return "\n\n".join(text(given.where, name, given.get(name)) for name in names if given.get(name))
