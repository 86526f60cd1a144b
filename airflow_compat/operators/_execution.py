"""Executes a task instance once, as Airflow's task runner does.

`execute` does not handle retries, pool slots or Prefect's states: this is up to its caller, which receives the outcome.
The steps have the same order as in `airflow.models.taskinstance` (Airflow 2.11) and
`airflow.sdk.execution_time.task_runner` (Airflow 3.3).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Generator, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn, cast

from .._airflow.version import AirflowVersion
from ..authoring import BaseOperator, BaseSensorOperator
from ..authoring._current import defining_for
from ..authoring._dependencies import Resolve
from ..authoring._runnable import TRIGGER_FAIL_REPR, TRIGGER_TIMEOUT
from ..authoring._skip import collecting_skips
from ..authoring._templating import resolving
from ..authoring._waiting import Clock, waiting_by
from ..context._running import running
from ..exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DownstreamTasksSkipped,
    TaskDeferred,
)
from ._callable import call
from ._outcome import Deferral, Outcome, Resume, Skips
from ._results import push_lineage, push_result
from ._time_limit import time_limit
from ._traceback import authors_traceback
from .triggers.events import BaseTaskEndEvent

_log = logging.getLogger("airflow.task")

Context = MutableMapping[str, Any]

# The exceptions that end only the task. In the main thread, other exceptions, such as KeyboardInterrupt, must end the
# process.
_OF_THE_TASK = (Exception, AirflowTaskTimeout, AirflowTaskTerminated, SystemExit)


def execute(
    operator: BaseOperator,
    context: Context,
    *,
    resolve: Resolve,
    resume: Resume | None = None,
    started: Callable[[], None] | None = None,
    pause_pokes: bool = False,
) -> Outcome:
    """Execute an operator once, or continue a deferred operator after its trigger.

    A copy of the operator becomes `context["task"]`. The operator's templates are rendered, and `pre_execute`,
    `execute` and `post_execute` are called. XComs are stored with `context["ti"].xcom_push`.

    Args:
        operator: The operator. An instance of a mapped operator must already be unmapped.
        context: Airflow's context.
        resolve: A function that returns the value of each `PlainXComArg`.
        resume: The trigger's event, or its failure, with which a deferred task continues.
        started: A function that calls `on_execute_callback`. The function is called after `pre_execute` and before
            `execute`.
        pause_pokes: Whether a sensor in the mode "poke" returns an outcome between two calls of `poke`, instead of
            sleeping. Then `outcome.paused.step()` calls `poke` again on the same operator, or `execute`, if the
            sensor's class overrides `execute`.

    Returns:
        The outcome. A failure of the task is an outcome, too, and not raised as an exception.
    """
    if resume is not None and isinstance(resume.event, BaseTaskEndEvent):
        return _ended_by_trigger(resume.event, context["ti"])
    task = operator.prepare_for_execution()
    context["task"] = task
    pauses = pause_pokes and isinstance(task, BaseSensorOperator) and not task.reschedule
    return _Execution(task, context, resolve, resume, started, pauses=pauses).step()


class _Wait(BaseException):
    """Raised to leave the sensor's code when the sensor has to wait for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _wait(seconds: float) -> NoReturn:
    raise _Wait(seconds)


class _Execution:
    """Executes a task instance once, step by step.

    Attributes:
        map_index_label: The rendered `map_index_template`; None until it is rendered.
    """

    def __init__(
        self,
        task: BaseOperator,
        context: Context,
        resolve: Resolve,
        resume: Resume | None,
        started: Callable[[], None] | None,
        *,
        pauses: bool,
    ) -> None:
        self._task, self._context, self._resolve, self._resume = task, context, resolve, resume
        # Keep the task instance, because the task may replace keys of the context, for example by its `op_kwargs`.
        self._ti = context["ti"]
        self._started = started or (lambda: None)
        self._release: AirflowVersion = task.airflow_version
        self._pauses = pauses
        self._pokes: Generator[float, None, Any] | None = None
        self._has_begun = False
        self._begin = time.monotonic()
        self.map_index_label: str | None = None

    def step(self) -> Outcome:
        """Execute the task until it ends, or until a sensor has to wait."""
        with (
            running(self._context),
            defining_for(self._release),
            resolving(self._resolve),
            collecting_skips(self._ti) as skipped,
        ):
            try:
                pushed = self._run()
            except _Wait as wait:
                # Don't wait beyond the task's time limit, which also applies to a sensor that waits.
                seconds = min(wait.seconds, self._seconds() or wait.seconds)
                at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
                return Outcome("up_for_reschedule", reschedule_at=at, paused=self)
            except BaseException as ended:
                is_main = threading.current_thread() is threading.main_thread()
                if is_main and not isinstance(ended, (TaskDeferred, *_OF_THE_TASK)):
                    raise
                outcome = _outcome_of(ended, self._release)
                with contextlib.suppress(Exception):
                    self._label()
            else:
                outcome = Outcome("success", result_pushed=pushed)
        skips = Skips(frozenset(skipped.task_ids)) if outcome.state == "success" else Skips()
        return replace(outcome, map_index_label=self.map_index_label, skips=skips)

    def _run(self) -> bool:
        """Run all steps, and return True if the task pushed its result as an XCom."""
        task, context = self._task, self._context
        if not self._has_begun:
            self._has_begun = True
            task.render_template_fields(context)
            self._call_hooks("pre_execute")
            self._started()
        message = f"Timeout: the execution_timeout of task {task.task_id!r} is {task.execution_timeout}."
        with time_limit(self._seconds(), task.on_kill, message=message):
            result = self._result()
        self._label()
        if self._release == "3":
            self._call_hooks("post_execute", result)
            return push_result(task, self._ti, result, "3")
        pushed = push_result(task, self._ti, result, "2")
        self._call_hooks("post_execute", result)
        push_lineage(task, self._ti)
        return pushed

    def _label(self) -> None:
        """Render `map_index_template`, which may use values that the task has added to the context."""
        template = self._task.map_index_template
        if template is not None:
            self.map_index_label = str(self._task.render_template(template, self._context))

    def _result(self) -> Any:
        try:
            if self._resume is not None:
                return self._task.resume_execution(*_continuation(self._resume), self._context)
            if self._pauses:
                return self._poke()
            return call(self._task.execute, self._context, self._context)
        except SystemExit as ended:
            if self._release == "2" and ended.code in (None, 0):
                return None
            raise

    def _poke(self) -> Any:
        """Call a sensor's `poke` once.

        If the sensor must wait, raise `_Wait`; otherwise, return the sensor's result.
        """
        sensor = cast("BaseSensorOperator", self._task)
        # If a sensor of this package overrides `execute`, it does so only in order to defer.
        if sensor.execute.__module__.startswith("airflow_compat.") and not getattr(sensor, "deferrable", False):
            self._pokes = self._pokes or sensor.poke_steps(self._context)
            try:
                _wait(next(self._pokes))
            except StopIteration as done:
                return done.value
        with waiting_by(Clock(wait=_wait, monotonic=self._clock())):
            return call(sensor.execute, self._context, self._context)

    def _clock(self) -> Callable[[], float]:
        """Return a clock whose first reading is the start of the execution: a sensor first reads its start time."""
        shown = iter([self._begin])
        return lambda: next(shown, None) or time.monotonic()

    def _seconds(self) -> float | None:
        """Return the remaining seconds of the task's time limit; None if there is no limit.

        In Airflow 2, the time limit counts from the start of the try, so it includes the time for which the task was
        deferred.
        """
        limit: timedelta | None = self._task.execution_timeout
        if limit is None:
            return None
        start: datetime | None = self._ti.start_date
        if start is not None and self._resume is not None and self._release == "2":
            return (limit - (datetime.now(timezone.utc) - start)).total_seconds()
        return limit.total_seconds() - (time.monotonic() - self._begin)

    def _call_hooks(self, name: str, *results: Any) -> None:
        """Call the function passed as `pre_execute` or `post_execute`, and the method if a subclass overrides it."""
        hook = getattr(self._task, f"_{name}_hook")
        if hook is not None:
            call(hook, self._context, self._context, *results)
        if getattr(type(self._task), name) is not getattr(BaseOperator, name):
            # Unlike Airflow 2, Airflow 3 does not pass the task's result to the method `post_execute`.
            method = getattr(self._task, name)
            call(method, self._context, self._context, *(results if self._release == "2" else ()))


def _continuation(resume: Resume) -> tuple[str, dict[str, Any]]:
    """Return the name of the method that continues a deferred task, and the method's arguments."""
    if resume.timed_out:
        return TRIGGER_FAIL_REPR, {"error": TRIGGER_TIMEOUT}
    if resume.error is not None:
        trace = traceback.format_exception(resume.error)
        return TRIGGER_FAIL_REPR, {"error": "Trigger failure", "traceback": trace}
    event = {} if resume.event is None else {"event": resume.event.payload}
    return resume.method, {**resume.kwargs, **event}


def _outcome_of(ended: BaseException, release: AirflowVersion) -> Outcome:
    """Return the outcome of a task whose execution ended with an exception."""
    if isinstance(ended, DownstreamTasksSkipped):
        return Outcome("success")
    if isinstance(ended, TaskDeferred):
        return Outcome(
            "deferred", deferral=Deferral(ended.trigger, ended.method_name, ended.kwargs or {}, ended.timeout)
        )
    if isinstance(ended, AirflowSkipException):
        _log.info("Skipping task: %s", ended)
        return Outcome("skipped", error=ended)
    if isinstance(ended, AirflowRescheduleException):
        return Outcome("up_for_reschedule", reschedule_at=ended.reschedule_date)
    _log.error("Task failed with exception", exc_info=(type(ended), ended, authors_traceback(ended)))
    is_final = isinstance(ended, (AirflowFailException, AirflowSensorTimeout)) or (
        release == "3" and isinstance(ended, AirflowTaskTerminated)
    )
    return Outcome("failed", error=ended, may_retry=not is_final)


def _ended_by_trigger(event: BaseTaskEndEvent, ti: Any) -> Outcome:
    for key, value in (event.xcoms or {}).items():
        ti.xcom_push(key=key, value=value)
    state = str(event.task_instance_state)
    is_pushed = "return_value" in (event.xcoms or {})
    return Outcome(state, result_pushed=is_pushed, may_retry=state == "failed")  # type: ignore[arg-type]
