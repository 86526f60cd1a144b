"""Creates the entries of `prefect.yaml`, as JSON data, in the process that loads the DAG files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._airflow.version import AirflowVersion
from .._airflow.zones import zone_name
from .._dag_source.dags import DagFile, DagSource
from .._dag_source.problems import Problem
from ..deployments._specs import DeploymentSpec, GenerateOptions, deployment_specs
from ._job_hints import JobHints, job_hints

if TYPE_CHECKING:
    from ..authoring import DAG
    from ._loading import LoadedFile

# Airflow's default for `max_active_runs`. If a DAG has this value, its deployment needs no concurrency limit.
_USUAL_ACTIVE_RUNS = 16
_MOST_NAMED = 3


def options_for(module: str, airflow_version: AirflowVersion, work_pool: str = "") -> GenerateOptions:
    """Return the options for entries whose flows are in a module."""
    return GenerateOptions(
        datetime.now(timezone.utc),
        f"{module}:{{function}}",
        work_pool,
        airflow_version=airflow_version,
        holds_dag_flows=lambda file: file == module,
    )


def entries_of(loaded: LoadedFile, module: str) -> Iterator[dict[str, Any]]:
    """Yield, as JSON data, the entry for each DAG of a file."""
    for dag in loaded.dags.values():
        options = options_for(module, loaded.airflow_version)
        if dag.start_date is None:
            options = replace(options, timezone=zone_name(dag.timezone))
        source = _source_of(dag, str(loaded.path))
        hints = job_hints(dag)
        specs, problems = deployment_specs([DagFile(source.path, (source,))], options)
        for spec in specs:
            yield {
                "dag_id": dag.dag_id,
                "name": spec.name,
                "values": dict(spec.values),
                "unknown": sorted(spec.unknown),
                "work_queue": _work_queue(dag, loaded),
                "job_variables": dict(hints.job_variables),
                "problems": [each.as_dict() for each in (*problems, *_hints(dag, loaded, hints))],
            }


def spec_of(entry: Mapping[str, Any], file: str) -> DeploymentSpec:
    """Convert the JSON data of an entry to its spec."""
    problems = tuple(Problem(**each) for each in entry["problems"])
    source = DagSource(entry["dag_id"], file, 0, {})
    return DeploymentSpec(
        entry["name"],
        source,
        entry["values"],
        frozenset(entry["unknown"]),
        problems,
        work_queue=entry["work_queue"],
        job_variables=entry["job_variables"],
    )


def _source_of(dag: DAG, path: str) -> DagSource:
    runs = dag.max_active_runs
    arguments = {
        "schedule": dag.schedule,
        "start_date": dag.local_start_date,
        "end_date": dag.end_date,
        "catchup": dag.catchup,
        "tags": sorted(map(str, dag.tags or ())),
        "description": dag.description,
        "doc_md": dag.doc_md,
        "max_active_runs": None if runs == _USUAL_ACTIVE_RUNS else runs,
        "is_paused_upon_creation": dag.is_paused_upon_creation,
    }
    return DagSource(dag.dag_id, path, 0, arguments)


def _work_queue(dag: DAG, loaded: LoadedFile) -> str:
    """Return the queue that all tasks of a DAG use; empty if it is the default queue, or if they use several queues."""
    queues = {str(getattr(task, "queue", None) or "") for task in dag.task_dict.values()}
    queue = queues.pop() if len(queues) == 1 else ""
    return "" if queue == loaded.configuration.get("operators", "default_queue") else queue


def _hints(dag: DAG, loaded: LoadedFile, hints: JobHints) -> Iterator[Problem]:
    """Yield notes on arguments that choose a task's worker in Airflow; in Prefect, the work pool does."""
    usual: dict[str, Any] = {
        "queue": loaded.configuration.get("operators", "default_queue"),
        "executor": None,
        "resources": None,
    }
    if _work_queue(dag, loaded):
        del usual["queue"]
    for name, value in usual.items():
        found = [str(task.task_id) for task in dag.task_dict.values() if getattr(task, name, None) not in (None, value)]
        if found:
            message = (
                f"`{name}` of tasks does nothing; choose the deployment's work pool and job variables with "
                "`airflow-compat work-pools recommend`"
            )
            yield Problem(str(loaded.path), message, 0, dag.dag_id, "warning", _shown(found))
    for message, task_ids in hints.notes:
        yield Problem(str(loaded.path), message, 0, dag.dag_id, "warning", _shown(task_ids))


def _shown(task_ids: list[str]) -> str:
    more = f" and {len(task_ids) - _MOST_NAMED} more" if len(task_ids) > _MOST_NAMED else ""
    return f"{', '.join(task_ids[:_MOST_NAMED])}{more}"
