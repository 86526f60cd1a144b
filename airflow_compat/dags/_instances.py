"""Runs a try of a task instance in its task run: executes the operator, records the outcome, calls the callbacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from prefect.context import TaskRunContext

from .._airflow.graph import InstanceKey
from .._prefect.run_logger import logger_of
from ..authoring._current import defining_for
from ..context._running import running
from ..exceptions import AirflowTaskTerminated, RebuiltException
from ..operators._execution import execute
from ..operators._interruption import Interruptible
from ..operators._outcome import Outcome, Resume
from ..operators._triggers import until_triggered
from ..options._backoff import Backoff, multiplier_of
from ._asset_events import OutletEvents
from ._callbacks import call_on_execute, call_pending, kinds_of
from ._context import InstanceServices, in_state, instance_context
from ._records import Record, moment
from ._task_runs import Request, shown_state
from ._xcoms import Resolver, clear_xcoms

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun

    from ..context import Context
    from ._run import DagRunState


WAITING = ("up_for_reschedule", "deferred")
"""The states in which a try waits, and after which the same try continues."""


@dataclass(eq=False)
class Try:
    """One try of a task instance, while it runs or waits in this process.

    Attributes:
        operator: The operator of this instance.
        context: The context that all executions of the operator and its callbacks share.
        wait_began: For a sensor in reschedule mode, the time of its first execution.
        is_first: Whether the next execution of the operator is the first one in this try.
        is_stopped: Whether the try was killed. The outcome of a killed try is not recorded.
        execution: The running code, which another thread can interrupt.
        pauses: Whether the try frees its thread between two pokes of a sensor in poke mode.
        executing: A function to call when the operator's code begins.
    """

    run: DagRunState
    request: Request
    task_run: TaskRun
    operator: Any
    services: InstanceServices
    context: Context
    start: float
    outcome: Outcome | None = None
    wait_began: datetime | None = None
    is_first: bool = True
    is_stopped: bool = False
    execution: Interruptible = field(default_factory=Interruptible)
    pauses: bool = True
    executing: Callable[[], None] = lambda: None

    def execute(self, resume: Resume | None = None) -> Outcome:
        """Execute the operator once."""
        if self.outcome is not None and self.outcome.state == "failed":
            return self.outcome
        paused = self.outcome.paused if self.outcome else None

        def started() -> None:
            if self.is_first:
                call_on_execute(self.operator, self.context, logger_of(self.task_run))
            self.is_first = False
            self.executing()

        with self.run.imports(), self.execution.running():
            if paused is not None:
                self.outcome = outcome = paused.step()
            else:
                self.outcome = outcome = execute(
                    self.operator,
                    self.context,
                    resolve=Resolver(self.run, self.request.key),
                    resume=resume,
                    started=started,
                    pause_pokes=self.pauses,
                )
        if outcome.state == "up_for_reschedule" and self.wait_began is None:
            self.wait_began = moment(self.start)
        return outcome

    @property
    def pushed(self) -> Collection[str]:
        """The keys of the XComs that the try has pushed."""
        return self.services.pushed

    def stop(self) -> None:
        """Kill the try as far as a thread allows that: call `on_kill`, interrupt the operator, record nothing more."""
        self.is_stopped = True
        self.call_on_kill()
        self.execution.interrupt(AirflowTaskTerminated)

    def call_on_kill(self) -> None:
        """Call the operator's `on_kill`, which ends its work on other systems, and then refuse XComs of the try."""
        try:
            with self.run.imports(), running(self.context):
                self.context["task"].on_kill()
        except Exception:  # noqa: BLE001 - an author's code must not stop the others
            logger_of(self.task_run).exception("on_kill of %s raised an exception", self.request.name)
        self.services.is_stopped = True

    def end(self) -> State[Any]:
        """Record the outcome of the try, call the callbacks for it, and return the state of the task run."""
        assert self.outcome is not None
        if self.is_stopped:
            return state_of_stopped()
        record = self.record()
        self.run.records.write(record)
        self.call_callbacks(record)
        return state_of_record(record, self.outcome.error)

    def call_callbacks(self, record: Record) -> None:
        """Call the callbacks of the try. Its record must have been written before."""
        assert self.outcome is not None
        error = self.outcome.error
        if record.has_callbacks:
            in_state(self.context, record.state, exception=error, has_exception=error is not None)
            with self.run.imports():
                call_pending(self.run, record, self.operator, self.context, logger_of(self.task_run))

    def record(self) -> Record:
        """Return the record of the try's outcome, after which the instance has ended or has another try."""
        assert self.outcome is not None
        outcome = self.outcome
        state: str = outcome.state
        now, number = time.time(), self.request.try_number
        retry_at = None
        most = self.run.max_tries(self.request.key, self.operator.retries or 0)
        if state == "failed" and outcome.may_retry and number <= most:
            state, retry_at = "up_for_retry", now + retry_delay(self.run, self.operator, number)
        return Record(
            task_id=self.request.task_id,
            map_index=self.request.map_index,
            try_number=number,
            state=state,
            at=now,
            task_run_id=str(self.task_run.id),
            start_date=self.start,
            xcom_keys=tuple(self.services.pushed),
            skips=tuple(sorted(outcome.skips.task_ids)),
            callbacks=kinds_of(self.operator, state, self.run.version),
            assets=self._assets() if state == "success" and self.operator.outlets else (),
            error=None if outcome.error is None else text_of(outcome.error),
            retry_at=retry_at,
        )

    def _assets(self) -> tuple[dict[str, Any], ...]:
        events: OutletEvents = self.context["outlet_events"]
        return tuple(asdict(event) for event in events.sent(self.operator.outlets))


async def wait_for(outcome: Outcome) -> Resume | None:
    """Wait as the outcome of an execution requires, and return the data with which the operator continues."""
    if outcome.deferral is not None:
        return await until_triggered(outcome.deferral)
    assert outcome.reschedule_at is not None
    left = (outcome.reschedule_at - datetime.now(timezone.utc)).total_seconds()
    await asyncio.sleep(max(left, 0.0))
    return None


def begin_try(run: DagRunState, request: Request) -> Try:
    """Prepare a try in the task run that this thread executes."""
    start = time.time()
    forget_earlier_try(run, request, start)
    return try_in_task_run(run, request, start)


def try_in_task_run(run: DagRunState, request: Request, start: float, *, pushed: Iterable[str] = ()) -> Try:
    """Return a try that belongs to the task run which this thread executes.

    Args:
        run: The run.
        request: The key of the task instance.
        start: The start of the try, in seconds since the epoch.
        pushed: The keys of the XComs that this try has already pushed in other processes.
    """
    here = TaskRunContext.get()
    assert here is not None
    services = InstanceServices(run, here.task_run, dict.fromkeys(pushed))
    outcome = None
    try:
        operator = operator_of(run, request.key)
    except Exception as error:  # noqa: BLE001 - a mapped argument or the operator's constructor is wrong
        operator = run.dag.get_task(request.task_id)
        outcome = Outcome("failed", error=error, may_retry=True)
    begun: list[Try] = []
    context = instance_context(
        run,
        operator,
        request.key,
        services,
        try_number=request.try_number,
        start_date=moment(start),
        waits=lambda: begun[0].wait_began,
    )
    begun.append(Try(run, request, here.task_run, operator, services, context, start, outcome=outcome))
    return begun[0]


def operator_of(run: DagRunState, key: InstanceKey) -> Any:
    """Return the operator of one task instance. For a mapped task, a new operator is created for this instance.

    Raises:
        MappingError: The value over which the task is mapped has the wrong type.
    """
    task: Any = run.dag.get_task(key.task_id)
    if task.is_mapped and key.map_index >= 0:
        with run.imports(), defining_for(run.version):
            return task.unmap(task.expand_input.row(key.map_index, Resolver(run, key)))
    return task


def call_pending_of(run: DagRunState, record: Record) -> None:
    """Call the pending callbacks of a record that an earlier process wrote."""
    services = InstanceServices(run, run.flow_run, dict.fromkeys(record.xcom_keys))
    operator = operator_of(run, record.key)
    context = instance_context(
        run, operator, record.key, services, try_number=record.try_number, start_date=moment(record.start_date)
    )
    error = rebuilt_error(record)
    in_state(context, record.state, exception=error, has_exception=error is not None)
    with run.imports():
        call_pending(run, record, operator, context, logger_of(run.flow_run))


def retry_delay(run: DagRunState, operator: Any, try_number: int) -> float:
    """Return the seconds between a failed try and the next one."""
    delay: float = operator.retry_delay.total_seconds()
    multiplier = multiplier_of(operator.retry_exponential_backoff, run.version)
    if multiplier is None:
        return delay
    longest = operator.max_retry_delay
    backoff = Backoff(delay, multiplier, longest.total_seconds() if longest else None)
    date = run.dates.logical_date
    return backoff.seconds(
        try_number, dag_id=run.dag.dag_id, task_id=operator.task_id, logical_date=date.astimezone(timezone.utc)
    )


def forget_earlier_try(run: DagRunState, request: Request, now: float) -> None:
    """Remove the XComs of the previous try."""
    earlier = run.records.try_before(request.key)
    if earlier is not None and earlier.xcom_keys:
        clear_xcoms(run, request.key, earlier.xcom_keys, now)


def text_of(error: BaseException) -> str:
    """Return the class name and the text of an error of the user's code.

    The error's own `__str__` may raise an error; this function does not.
    """
    text = "its text can't be read"
    with suppress(Exception):
        text = str(error)
    return f"{getattr(error, 'type_name', None) or type(error).__name__}: {text}"


def state_of_stopped() -> State[Any]:
    """Return the Prefect state for the task run of a try that was stopped."""
    return shown_state("failed", "The run was stopped while this task ran.")


def state_of_record(record: Record, error: BaseException | None) -> State[Any]:
    """Return the Prefect state for the task run of a record."""
    return shown_state(record.state, _message(record), error)


def _message(record: Record) -> str:
    if record.state == "up_for_retry" and (next_try := moment(record.retry_at)) is not None:
        at = f"{next_try:%Y-%m-%d %H:%M:%S}"
        error = (record.error or "").rstrip(".")
        return f"Try {record.try_number} failed with {error}. The next try starts at {at} UTC."
    return record.error or ""


def rebuilt_error(record: Record) -> RebuiltException | None:
    """Return an exception with the class name and text of the error in a record."""
    if record.error is None:
        return None
    name, _, text = record.error.partition(": ")
    return RebuiltException(text, name)
