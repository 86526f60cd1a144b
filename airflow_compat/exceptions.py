"""Airflow's exceptions for DAG code: `from airflow_compat.exceptions import ...`.

The names and base classes are the same as in `airflow.exceptions` (2.11 and 3.3). In tasks with a decorator of this
package, `AirflowSkipException` skips the task, and `AirflowFailException` lets the task fail without a retry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

__all__ = [
    "AirflowBadRequest",
    "AirflowConfigException",
    "AirflowDagCycleException",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowProviderDeprecationWarning",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTerminated",
    "AirflowTaskTimeout",
    "AirflowTimetableInvalid",
    "DagNotFound",
    "DagRunAlreadyExists",
    "DownstreamTasksSkipped",
    "DuplicateTaskIdFound",
    "FailFastDagInvalidTriggerRule",
    "FailStopDagInvalidTriggerRule",
    "NodeNotFound",
    "ParamValidationError",
    "RebuiltException",
    "RemovedInAirflow3Warning",
    "RemovedInAirflow4Warning",
    "TaskAlreadyInTaskGroup",
    "TaskDeferralError",
    "TaskDeferralTimeout",
    "TaskDeferred",
    "TaskNotFound",
    "UnmappableOperator",
    "UnmappableXComLengthPushed",
    "UnmappableXComTypePushed",
    "XComForMappingNotPushed",
    "XComNotFound",
]


class AirflowException(Exception):
    """The base class of Airflow's exceptions. Raise this exception to fail a task."""

    status_code: int = 500


class AirflowBadRequest(AirflowException):
    """A request or its parameters are invalid."""

    status_code: int = 400


class AirflowNotFoundException(AirflowException):
    """A connection or another object does not exist."""

    status_code: int = 404


class AirflowConfigException(AirflowException):
    """Airflow's configuration is invalid."""


class AirflowSensorTimeout(AirflowException):
    """A sensor has reached its timeout."""


class AirflowSkipException(AirflowException):
    """Skips the task: its task run ends as `Completed(name="Skipped")` with the exception's text, and returns None."""


class AirflowFailException(AirflowException):
    """Fails the task without a retry."""


class AirflowTaskTimeout(BaseException):
    """A task has reached its timeout.

    As in Airflow, the class is not derived from `Exception`, so `except Exception` doesn't catch it.
    """


class AirflowTaskTerminated(BaseException):
    """The task was terminated from outside."""


class AirflowRescheduleException(AirflowException):
    """Ends the try without a result. The task runs again at a given date.

    Attributes:
        reschedule_date: The date.
    """

    def __init__(self, reschedule_date: datetime) -> None:
        super().__init__()
        self.reschedule_date = reschedule_date


class TaskDeferred(BaseException):
    """Ends the try without a result. When a trigger fires, a method of the operator continues the task.

    Attributes:
        trigger: The trigger.
        method_name: The method that continues the task.
        kwargs: Further arguments for the method. The method also receives the context and the event.
        timeout: The maximum time to wait for the trigger.
    """

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout: timedelta | None = timedelta(seconds=timeout) if isinstance(timeout, (int, float)) else timeout

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger} method={self.method_name}>"


class TaskDeferralError(AirflowException):
    """A trigger failed."""


class TaskDeferralTimeout(AirflowException):
    """A trigger did not fire within its timeout."""


class DownstreamTasksSkipped(AirflowException):
    """Ends the task as a success, and skips the given tasks downstream of it.

    Attributes:
        tasks: The ids of the tasks to skip, or pairs of a task id and a map index.
    """

    def __init__(self, *, tasks: Sequence[str | tuple[str, int]]) -> None:
        super().__init__()
        self.tasks = tasks


class XComNotFound(AirflowException):
    """The result of a task is needed, but the task has not pushed a result."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.task_id = task_id
        self.key = key

    def __str__(self) -> str:
        return f'XComArg result from {self.task_id} at {self.dag_id} with key="{self.key}" is not found!'


class UnmappableXComTypePushed(AirflowException, TypeError):
    """A task returned a value over which downstream mapped tasks can't be expanded."""

    def __init__(self, value: Any, *values: Any) -> None:
        super().__init__(value, *values)

    def __str__(self) -> str:
        first, *inner = (type(value).__qualname__ for value in self.args)
        return f"unmappable return type {first + ''.join(f'[{name}]' for name in inner)!r}"


class UnmappableXComLengthPushed(AirflowException):
    """A task returned more elements than a mapped task may have instances."""

    def __init__(self, value: Any, max_length: int) -> None:
        super().__init__(value, max_length)
        self.value = value
        self.max_length = max_length

    def __str__(self) -> str:
        return f"unmappable return value length: {len(self.value)} > {self.max_length}"


class XComForMappingNotPushed(AirflowException, TypeError):
    """A task returned None, but downstream mapped tasks are expanded over its result."""

    def __str__(self) -> str:
        return "did not push XCom for task mapping"


class AirflowDagCycleException(AirflowException):
    """Tasks of a DAG depend on each other in a cycle."""


class DagNotFound(AirflowNotFoundException):
    """A DAG does not exist."""


class DagRunAlreadyExists(AirflowBadRequest):
    """The DAG already has a run with this id or logical date."""


class AirflowTimetableInvalid(AirflowException):
    """A timetable is invalid."""


class DuplicateTaskIdFound(AirflowException):
    """Two tasks or groups of a DAG have the same id."""


class TaskAlreadyInTaskGroup(AirflowException):
    """A task already belongs to one group, and is added to another group."""

    def __init__(self, task_id: str, existing_group_id: str | None, new_group_id: str | None) -> None:
        super().__init__(task_id, new_group_id)
        self.task_id = task_id
        self.existing_group_id = existing_group_id
        self.new_group_id = new_group_id

    def __str__(self) -> str:
        existing = "the DAG's root group" if self.existing_group_id is None else f"group {self.existing_group_id!r}"
        return f"cannot add {self.task_id!r} to {self.new_group_id!r} (already in {existing})"


class TaskNotFound(AirflowNotFoundException):
    """The DAG has no task with this id."""


class NodeNotFound(TaskNotFound, KeyError):
    """The DAG has no task or task group with this id."""

    # `KeyError.__str__` would put the message in quotes.
    def __str__(self) -> str:
        return Exception.__str__(self)


class ParamValidationError(AirflowException, ValueError):
    """A param's value does not match its schema."""


class FailStopDagInvalidTriggerRule(AirflowException):
    """A DAG with `fail_fast` or `fail_stop` has a task whose trigger rule is not `all_success`."""

    def __str__(self) -> str:
        return "A 'fail-stop' dag can only have all_success trigger rule"


class FailFastDagInvalidTriggerRule(FailStopDagInvalidTriggerRule):
    """The name of `FailStopDagInvalidTriggerRule` in Airflow 3."""

    def __str__(self) -> str:
        return "A 'fail_fast' dag can only have all_success trigger rule"


class UnmappableOperator(AirflowException):
    """An operator can't be used as a mapped task."""


class RemovedInAirflow3Warning(DeprecationWarning):
    """The code uses a feature of Airflow 2 that Airflow 3 does not have."""


class RemovedInAirflow4Warning(DeprecationWarning):
    """The code uses a feature of Airflow 3 that Airflow 4 will not have."""


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """A feature of a provider is deprecated."""


class RebuiltException(AirflowException):
    """Replaces, in a context, the exception that was raised in a process that has already ended.

    Attributes:
        type_name: The name of the original exception's class; None if unknown.
    """

    _NAMED = re.compile(
        r"encountered an exception:? (?P<type>[A-Za-z_][\w.]*)(?:\((?P<args>.*)\)|: (?P<text>.*))?$", re.DOTALL
    )

    def __init__(self, message: str, type_name: str | None = None) -> None:
        super().__init__(message)
        self.type_name = type_name

    @classmethod
    def from_message(cls, message: str) -> RebuiltException:
        """Rebuild an exception from the message of a Prefect state."""
        found = cls._NAMED.search(message)
        if found is None:
            return cls(message)
        return cls(found["text"] or found["args"] or "", found["type"])

    def __repr__(self) -> str:
        return f"<rebuilt {self.type_name or 'exception'}: {self}>"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.type_name)
