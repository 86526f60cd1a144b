"""The methods of an operator that are called to execute its task."""

from __future__ import annotations

import asyncio
import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from ..exceptions import TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from ._abstract_operator import AbstractOperator
from ._templating import Templater

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from ._triggers import BaseTrigger

TRIGGER_FAIL_REPR = "__fail__"
"""The name of the method that continues a task after its trigger failed. The method's arguments are `error` and
`traceback`."""

TRIGGER_TIMEOUT = "Trigger timeout"


class RunnableOperator(Templater, AbstractOperator):
    """The methods that execute a task; subclasses override them."""

    overwrite_rtif_after_execution: bool = False
    _task_display_name: str | None

    def pre_execute(self, context: Any) -> None:
        """Run before `execute`."""

    def execute(self, context: Any) -> Any:
        """Do the task's work, and return its result. Subclasses override this."""
        raise NotImplementedError

    def post_execute(self, context: Any, result: Any = None) -> None:
        """Run after `execute`."""

    def on_kill(self) -> None:
        """Clean up when the task is killed."""

    def defer(
        self,
        *,
        trigger: BaseTrigger,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> NoReturn:
        """Pause the task and free its pool slots until the trigger fires; then continue it in the named method."""
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Continue the task after its trigger has fired.

        Raises:
            TaskDeferralTimeout: The trigger did not fire before its timeout.
            TaskDeferralError: The trigger failed.
        """
        arguments = next_kwargs or {}
        if next_method == TRIGGER_FAIL_REPR:
            if traceback := arguments.get("traceback"):
                self.log.error("Trigger failed:\n%s", "\n".join(traceback))
            error = arguments.get("error", "Unknown")
            timed_out = error == TRIGGER_TIMEOUT and self.airflow_version == "3"
            raise (TaskDeferralTimeout if timed_out else TaskDeferralError)(error)
        return getattr(self, next_method)(context, **arguments)

    def dry_run(self) -> None:
        """Log the template fields."""
        for name in self.template_fields:
            content = getattr(self, name)
            if content and isinstance(content, str):
                self.log.info("Rendering template for %s", name)
                self.log.info(content)

    def prepare_for_execution(self) -> Self:
        """Return a copy of the operator, so that setting its attributes does not change the operator in the DAG."""
        twin = copy.copy(self)
        twin._lock_for_execution = True  # type: ignore[attr-defined]
        return twin

    def unmap(self, row: Mapping[str, Any] | None = None) -> Self:  # noqa: ARG002
        """Return the operator itself, because it is not mapped."""
        return self

    def xcom_push(self, context: Any, key: str, value: Any) -> None:
        """Push an XCom (Airflow 2)."""
        context["ti"].xcom_push(key=key, value=value)

    def xcom_pull(self, context: Any, **arguments: Any) -> Any:
        """Pull XComs (Airflow 2)."""
        return context["ti"].xcom_pull(**arguments)

    @property
    def operator_class(self) -> type:
        return type(self)

    @property
    def task_type(self) -> str:
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        return getattr(self, "custom_operator_name", self.task_type)

    @property
    def task_display_name(self) -> str:
        return self._task_display_name or self.task_id

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {self.task_id}>"


def run_async(operator: Any, context: Any) -> Any:
    """Run `aexecute` of an async operator in a new event loop, with its `execution_timeout`."""
    timeout: timedelta | None = operator.execution_timeout
    work = operator.aexecute(context)
    if timeout is None:
        return asyncio.run(work)

    async def limited() -> Any:
        return await asyncio.wait_for(work, timeout.total_seconds())

    return asyncio.run(limited())
