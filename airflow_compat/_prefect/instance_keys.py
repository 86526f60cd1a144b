"""The keys of the task runs of a DAG's flow, which differ from the keys of ported tasks. Pure.

The names of these task runs do not end in a part of the dynamic key, as others do, and all these task runs run the same
function.
"""

from __future__ import annotations

from .._airflow.graph import UNMAPPED, InstanceKey

TRY = "airflow_compat.try."
"""The prefix for a try of a task instance; the task id follows."""

MARKER = "airflow_compat.marker."
"""The prefix for a task instance that received its state without having been tried."""

SUMMARY = "airflow_compat.summary."
"""The prefix for a run that summarises many task instances: edges start at this one run instead of at each instance."""


def task_in_key(task_key: str) -> str:
    """Return the task id in the key of a task instance's run; empty for the keys of other runs."""
    for prefix in (TRY, MARKER):
        if task_key.startswith(prefix):
            return task_key.removeprefix(prefix)
    return ""


def instance_in(task_key: str, name: str) -> InstanceKey | None:
    """Return the task instance that a task run shows; None for other runs.

    Args:
        task_key: The key of the task run.
        name: The name of the task run, which contains the map index: `load` or `load[3]`.
    """
    task_id = task_in_key(task_key)
    index = name.removeprefix(task_id).strip("[]")
    return InstanceKey(task_id, int(index) if index.isdecimal() else UNMAPPED) if task_id else None
