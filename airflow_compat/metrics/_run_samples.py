"""What a run that has ended gives in metrics, under Airflow's names; from what the server says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._airflow.data_interval import LABEL_RUN_TYPE
from .._airflow.metric_names import normal_name
from .sample import Sample

_STATES = {"COMPLETED": "success", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "failed"}


def flow_run_samples(run: Mapping[str, Any], flow_name: str) -> list[Sample]:
    """The samples of a flow run: how long it took, and how late it began where a schedule made it."""
    labels = run.get("labels") or {}
    creator = run.get("created_by") or {}
    is_scheduled = run["auto_scheduled"] or creator.get("type") == "SCHEDULE"
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
    """The samples of a task run; one of no flow has no `dag_id`. Its tries before the last one aren't known.

    A result from the cache has none, since nothing was run.
    """
    if run["state_name"] == "Cached":
        return []
    tags = {"dag_id": normal_name(flow_name)} if flow_name else {}
    tags["task_id"] = normal_name(_task_name(run))
    state = "skipped" if run["state_name"] == "Skipped" else _STATES.get(run["state_type"], "failed")
    samples = [Sample("counter", "ti.finish", 1, {**tags, "state": state})]
    # Of a skipped one Airflow 3 sends nothing more, and no duration either.
    if state == "skipped":
        return samples
    milliseconds = _milliseconds(run["start_time"], run["end_time"])
    if milliseconds is not None:
        samples.append(Sample("timing", "task.duration", milliseconds, tags))
    samples.append(Sample("counter", "ti_successes" if state == "success" else "ti_failures", 1, tags))
    return samples


def _task_name(run: Mapping[str, Any]) -> str:
    """The task's name: a run has it, with the beginning of its own key; else the function's, which the task's key has.

    A task that names its runs itself gives each another name, and a metric of its own to each would be without end.
    """
    ending = f"-{run['dynamic_key'][:3]}"
    name, function = str(run["name"]), str(run["task_key"]).rpartition("-")[0]
    if name.endswith(ending) or not (run["flow_run_id"] and function):
        return name.removesuffix(ending)
    return function


def _milliseconds(start: str | None, end: str | None) -> float | None:
    if not start or not end:
        return None
    return max(0.0, (_moment(end) - _moment(start)).total_seconds() * 1000)


def _moment(text: str) -> datetime:
    # Before Python 3.11, Z is no time zone.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
