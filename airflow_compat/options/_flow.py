"""Convert a DAG's arguments to options of `prefect.flow`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prefect.task_runners import ThreadPoolTaskRunner

from .._airflow.author_arguments import Named, carry
from .._airflow.callback import Kind
from .._airflow.dag_limits import TaskRunnerLimit, limit_from_max_active_tasks
from ..callbacks._hooks import flow_hook
from ._merged_arguments import MergedArguments

# The flow options that carry the DAG's arguments, so that contexts of the flow's runs have these arguments.
_CARRIERS = ("name", "description", "on_failure", "on_completion")
_KINDS: tuple[Kind, ...] = ("on_failure", "on_success")


def flow_options_of(given: MergedArguments) -> dict[str, Any]:
    """Return the options that the arguments set. Raises the errors of `flow_options`."""
    options: dict[str, Any] = {}
    if (name := given.text("dag_id")) is not None:
        options["name"] = carry(Named(name), given.told)
    if description := description_of(given):
        options["description"] = carry(Named(description), given.told)
    if timeout := given.seconds("dagrun_timeout", only_timedelta=True):
        options["timeout_seconds"] = timeout
    limit = given.get("concurrency") or given.get("max_active_tasks")
    if limit is not None:
        # The limit applies to each flow run in both Airflow versions: a limit on all runs would need a tag on each
        # task.
        found = limit_from_max_active_tasks(given.get("dag_id", ""), limit, airflow_version="3")
        if isinstance(found, TaskRunnerLimit):
            options["task_runner"] = ThreadPoolTaskRunner(max_workers=found.max_workers)
    failure, success = (
        [carry(flow_hook(callback, kind, given.version), given.told) for callback in given.callbacks(kind)]
        for kind in _KINDS
    )
    # Failure hooks are also called for crashes, once per failure.
    hooks = {"on_failure": failure, "on_crashed": list(failure), "on_completion": success}
    return {**options, **{name: called for name, called in hooks.items() if called}}


def more_warnings(given: MergedArguments, options: Mapping[str, Any]) -> Iterator[str]:
    """Return warnings about limits that work differently in Airflow 2, and about arguments that contexts can't show."""
    unseen = sorted(name for name in ("default_args", "params") if given.get(name))
    if unseen and not any(options.get(name) for name in _CARRIERS):
        yield (
            f"{given.where}: The context doesn't show {' and '.join(unseen)}, because no option of the flow carries "
            "these arguments. Pass dag_id to flow_options."
        )
    if given.version == "2" and (given.get("concurrency") or given.get("max_active_tasks")) is not None:
        yield (
            f"{given.where}: max_active_tasks limits each run, while Airflow 2's counts the tasks of all runs. Set "
            "max_active_runs=1 to make both the same."
        )


def description_of(given: MergedArguments) -> str:
    return "\n\n".join(given.texts("dag_display_name", "description", "doc_md"))
