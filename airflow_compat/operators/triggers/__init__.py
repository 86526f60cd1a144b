"""The triggers of Airflow's standard provider."""

from __future__ import annotations

from .events import BaseTaskEndEvent, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent
from .external_task import DagStateTrigger, WorkflowTrigger
from .file import FileTrigger
from .temporal import DateTimeTrigger, TimeDeltaTrigger

__all__ = [
    "BaseTaskEndEvent",
    "DagStateTrigger",
    "DateTimeTrigger",
    "FileTrigger",
    "TaskFailedEvent",
    "TaskSkippedEvent",
    "TaskSuccessEvent",
    "TimeDeltaTrigger",
    "WorkflowTrigger",
]
