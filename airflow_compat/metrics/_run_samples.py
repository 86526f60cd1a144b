"""Converts the server's data on ended runs to measurements under Airflow's metric names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.data_interval import LABEL_RUN_TYPE
from .._airflow.zones import api_moment
from .._prefect.instance_keys import MARKER, SUMMARY, task_in_key
from .._prefect.internals.names import STATES, ending_of_run_name, function_in_task_key
from ._names import normal_name
from ._sample import Sample

_NAMED_STATES = {"Skipped": "skipped", "UpForRetry": "up_for_retry"}
_STATES = {"COMPLETED": "success", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "failed"}


def flow_run_samples(run: Mapping[str, Any], flow_name: str) -> list[Sample]:
    is_scheduled = run["auto_scheduled"] or (run.get("created_by") or {}).get("type") == "SCHEDULE"
    labels = run.get("labels") or {}
    run_type = str(labels.get(LABEL_RUN_TYPE) or ("scheduled" if is_scheduled else "manual"))
    tags = {"dag_id": normal_name(flow_name), "run_type": run_type}
    samples = []
    milliseconds = _milliseconds(run["start_time"], run["end_time"])
    if milliseconds is not None:
        end = "success" if run["state_type"] == "COMPLETED" else "failed"
        samples.append(Sample("timing", f"dagrun.duration.{end}", milliseconds, tags))
    delay = _milliseconds(run["expected_start_time"], run["start_time"])
    if run_type == "scheduled" and delay is not None:
        samples.append(Sample("timing", "dagrun.schedule_delay", delay, {"dag_id": tags["dag_id"]}))
    return samples


def task_run_samples(run: Mapping[str, Any], flow_name: str) -> list[Sample]:
    """Return the measurements of a task run. If no flow called the task, the measurements have no tag `dag_id`.

    Earlier tries of a task of `airflow_compat.task` have no measurements, because the server stores only the last try.
    Runs that executed no code have no measurements either: cached results, and task instances of a DAG file whose state
    was set without a try.
    """
    if run["state_name"] == STATES.cached or str(run["task_key"]).startswith((MARKER, SUMMARY)):
        return []
    tags = {"dag_id": normal_name(flow_name)} if flow_name else {}
    tags["task_id"] = normal_name(_task_name(run))
    state = _NAMED_STATES.get(run["state_name"]) or _STATES.get(run["state_type"], "failed")
    samples = [Sample("counter", "ti.finish", 1, {**tags, "state": state})]
    # For a skipped task, Airflow 3 sends no further metrics.
    if state == "skipped":
        return samples
    milliseconds = _milliseconds(run["start_time"], run["end_time"])
    if milliseconds is not None:
        samples.append(Sample("timing", "task.duration", milliseconds, tags))
    samples.append(Sample("counter", "ti_successes" if state == "success" else "ti_failures", 1, tags))
    return samples


def _task_name(run: Mapping[str, Any]) -> str:
    """Return the task's name, as found in the run's name, or else the name of the task's function.

    A custom run name is not used: each run would have a name of its own, and therefore a metric of its own.
    """
    if task_id := task_in_key(str(run["task_key"])):
        return task_id
    ending = ending_of_run_name(run["dynamic_key"])
    name, function = str(run["name"]), function_in_task_key(str(run["task_key"]))
    if name.endswith(ending) or not (run["flow_run_id"] and function):
        return name.removesuffix(ending)
    return function


def _milliseconds(start: str | None, end: str | None) -> float | None:
    if not start or not end:
        return None
    return max(0.0, (api_moment(end) - api_moment(start)).total_seconds() * 1000)
