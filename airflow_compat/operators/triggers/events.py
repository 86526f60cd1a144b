"""Events that end a deferred task without continuing it (`airflow.triggers.base`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...authoring import TaskInstanceState, TriggerEvent


class BaseTaskEndEvent(TriggerEvent):
    """Ends the deferred task in the state that the subclass sets.

    Args:
        xcoms: XComs to store for the task, as values by key.
    """

    task_instance_state: TaskInstanceState

    def __init__(self, *, xcoms: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(self.task_instance_state))
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    """Ends the task as a success."""

    task_instance_state = TaskInstanceState.SUCCESS


class TaskFailedEvent(BaseTaskEndEvent):
    """Ends the task as a failure."""

    task_instance_state = TaskInstanceState.FAILED


class TaskSkippedEvent(BaseTaskEndEvent):
    """Ends the task as skipped."""

    task_instance_state = TaskInstanceState.SKIPPED
