"""Undocumented behaviour of Prefect's flow and task engines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import FrameType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from prefect import Task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, RunInput, TaskRun
from prefect.context import AsyncClientContext, FlowRunContext, TaskRunContext
from prefect.exceptions import Pause, TerminationSignal
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry
from prefect.task_engine import run_task_async

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from prefect import Flow
    from prefect.client.schemas.objects import State
    from prefect.futures import PrefectFuture


def task_in_frame(frame: FrameType) -> tuple[Task[..., Any], TaskRun] | None:
    """Return the task and its run if this is a frame of Prefect's task engine.

    Prefect: functions of `prefect.task_engine` that run a task have the engine in the local variable `engine`, with the
        attributes `task` and `task_run`. An exception that leaves a task passes through a frame of the engine.
    Since: before 3.7.0.
    If this behaviour changes: find the engine's new variable; otherwise a flow's alert names the server's last failed
        task.
    """
    if frame.f_globals.get("__name__") != "prefect.task_engine":
        return None
    engine = frame.f_locals.get("engine")
    task, task_run = getattr(engine, "task", None), getattr(engine, "task_run", None)
    return (task, task_run) if isinstance(task, Task) and isinstance(task_run, TaskRun) else None


def identify_as(wrapper: Any, fn: Callable[..., Any]) -> None:
    """Let Prefect identify a task by the function in the wrapper's `__wrapped__`.

    Prefect: a task's key contains a hash of the function's code object with its constants. Since 3.9, the wrapper's
        attribute `__prefect_task_source__` names the function to hash, which must be the wrapper's `__wrapped__`.
        Earlier releases hash the wrapper's code, which is the same for all tasks, so the function's code is added to
        its constants. Results are cached by the source of `__wrapped__`.
    Since: the attribute exists since 3.9; it is in 3.9.1, but not in 3.8.8.
    If this behaviour changes: two decorated tasks may get the same key, and one gets the other's cached result. Read
        `_generate_task_key` in `prefect.tasks`, and give the tasks different keys.
    """
    wrapper.__prefect_task_source__ = fn
    if isinstance(fn, FunctionType):
        code = wrapper.__code__
        wrapper.__code__ = code.replace(co_consts=(*code.co_consts, fn.__code__))


def replace_class(task: Task[..., Any], kind: type[Task[..., Any]]) -> None:
    """Change the class of a plain task to a subclass.

    Prefect: `Task` has no slots and no metaclass, which would forbid the change. The engine and the task runners call
        methods of the object.
    Since: before 3.7.0.
    If this behaviour changes: build a new task with `Task.with_options`, and return it from the decorators.
    """
    task.__class__ = kind


def replace_function(task: Task[..., Any], fn: Callable[..., Any]) -> None:
    """Replace a task's function by a function of the same kind, such as another async function.

    Prefect: the engine reads `task.fn` for each call. Attributes that were set at the task's creation (`isasync`,
        `isgenerator`, `task_key`) stay unchanged.
    Since: before 3.7.0.
    If this behaviour changes: build a new task with the wrapped function, and return it from the decorators.
    """
    task.fn = fn


def replace_retry_condition(task: Task[..., Any], condition: Callable[..., Any] | None) -> None:
    """Replace a task's `retry_condition_fn`. The condition must be a function, not another callable.

    Prefect: after a failed try with retries left, the engine calls the condition before the run's state changes, with a
        state whose `data` is the exception. Before 3.9, a condition that is another callable object stops all retries.
    Since: before 3.7.0.
    If this behaviour changes: callbacks of `on_retry` are not called. Find where the engine decides on a further try.
    """
    task.retry_condition_fn = condition


def run_again(flow: Flow[..., Any], flow_run: FlowRun) -> None:
    """Continue a scheduled flow run in this process, with the parameters of the run.

    Prefect: `prefect.flow_engine.run_flow` executes a given flow run. With `return_type="state"`, `run_flow` returns
        the final state.
    Since: before 3.7.0.
    If this behaviour changes: execute the run as `prefect flow-run retry --entrypoint` does.
    """
    run_flow(flow, flow_run=flow_run, parameters=dict(flow_run.parameters), return_type="state")


def run_that_asks(delays: Sequence[float]) -> TaskRunContext | None:
    """Return the context of the task run that is reading its retry delay from this list; None for other callers.

    Prefect: after each failed try, the engine reads an item of the task's original list `retry_delay_seconds`. While
        the engine reads the item, the run's context is active, and `task_run.run_count` is the number of the failed
        try.
    Since: before 3.7.0.
    If this behaviour changes: find another hook for delays that depend on the run; without such a hook, retries have no
        jitter.
    """
    context = TaskRunContext.get()
    return context if context is not None and context.task.retry_delay_seconds is delays else None


def is_further_try(flow_run: FlowRun) -> bool:
    """Return True in a flow's `on_running` hook if an earlier try failed in this process.

    Prefect: the engine sets the state `Retrying` and calls the hooks in the context of the failed try. Before the first
        try, no context of the flow run is active.
    Since: before 3.7.0.
    If this behaviour changes: `on_retry` callbacks of flows are possibly not called. Detect a further try by the flow
        run's states instead.
    """
    before = FlowRunContext.get()
    return bool(before and before.flow_run and before.flow_run.id == flow_run.id)


def exception_of_try_before() -> BaseException | None:
    """Return the exception of the previous try, in the `on_running` hook of a flow that is tried again.

    Prefect: the engine calls `on_running` hooks while it handles the exception of the previous try.
    Since: before 3.7.0.
    If this behaviour changes: in the `on_retry` callbacks of flows, the context has no exception. Take the exception
        from the previous state.
    """
    return sys.exc_info()[1]


def number_of_try_that_begins(flow_run: FlowRun) -> int:
    """Return the number of the try that starts, in a flow's `on_running` hook.

    Prefect: the engine reads the flow run before the server counts the new try.
    Since: before 3.7.0.
    If this behaviour changes: in the `on_execute` callbacks of flows, `try_number` is one too high. Use `run_count`
        unchanged.
    """
    return flow_run.run_count + 1


def is_of_try(task_run: TaskRun, run_count: int) -> bool:
    """Return True if a task run started in this try of its flow run.

    Prefect: when a task run starts, the engine copies the flow run's `run_count` to its `flow_run_run_count`.
    Since: before 3.7.0.
    If this behaviour changes: compare the task run's start with the time of the flow run's last state `Running`.
    """
    return task_run.flow_run_run_count == run_count


def submit_with_edges(
    context: FlowRunContext, task: Task[..., Any], parameters: dict[str, Any], inputs: Iterable[RunInput]
) -> PrefectFuture[Any]:
    """Start a task run of a flow run, with edges from other runs, but without waiting for those runs.

    Prefect: the context of a flow run contains the task runner, which is already started. The argument `dependencies`
        of `TaskRunner.submit` adds runs to the inputs of a parameter of the task. The runs in `dependencies` can have
        any state, and an earlier process may have executed them. The future contains the task run's id before the run
        starts.
    Since: before 3.7.0.
    If this behaviour changes: the graph in the UI has no edges; pass futures in `wait_for` with `allow_failure`.
    """
    future: PrefectFuture[Any] = context.task_runner.submit(
        task, parameters, dependencies={next(iter(parameters)): set(inputs)}
    )
    return future


def quiet_failures() -> dict[str, Any]:
    """Return the options of a task whose function logs its own failures and returns failed states.

    Prefect: if a task without retries left returns a failed state, the engine logs an error with the empty traceback
        "NoneType: None". If retries are left, but the retry condition refuses a retry, nothing is logged.
    Since: before 3.7.0.
    If this behaviour changes: failed task instances log a second error, or Prefect tries them again.
    """
    return {"retries": 1, "retry_condition_fn": lambda *_: False}


def continue_later(flow_run_id: UUID, seconds: float) -> NoReturn:
    """End the process of a deployment's flow run, and give back the run's slot. The run continues in a new process.

    Prefect: the state AwaitingRetry, set by force, releases the slot of the deployment's concurrency limit. A worker
        starts scheduled runs again, whatever they did before. The engine lets the exception `Pause` end the flow
        without setting a state.
    Since: before 3.7.0.
    If this behaviour changes: let the flow wait in its process. If the flow waits in its process, the run keeps its
        slot, so with `max_active_runs=1`, the earlier run for which this run waits may be unable to start.
    """
    state: State[Any] = AwaitingRetry(scheduled_time=datetime.now(timezone.utc) + timedelta(seconds=seconds))
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run_id, state, force=True)
    raise Pause(f"The flow run continues in {seconds:.0f} seconds.", state=state)


def one_async_client() -> AbstractAsyncContextManager[object]:
    """Return a context manager in which all task runs of an event loop share one client.

    Prefect: the task engine opens a client, unless the context variable of `AsyncClientContext` contains one for this
        event loop.
    Since: before 3.7.0.
    If this behaviour changes: each waiting sensor opens its own client, which takes about 20 ms and its own
        connections.
    """
    return AsyncClientContext.get_or_create()


def run_async_with_edges(
    task: Task[..., Any], task_run_id: UUID, parameters: dict[str, Any], inputs: Iterable[RunInput]
) -> Coroutine[Any, Any, State[Any]]:
    """Return a coroutine that runs an async task in the current event loop, with edges from other runs.

    Prefect: for threads, `TaskRunner.submit` runs an async task with `run_task_async`, in a thread and an event loop of
        its own. `run_task_async` also runs in an event loop that other task runs use.
    Since: before 3.7.0.
    If this behaviour changes: each waiting sensor needs a thread; submit the task to the task runner instead.
    """
    run: Coroutine[Any, Any, Any] = run_task_async(
        task,
        task_run_id=task_run_id,
        parameters=parameters,
        return_type="state",
        dependencies={next(iter(parameters)): set(inputs)},
    )
    return run


PROCESS_ENDS: tuple[type[BaseException], ...] = (TerminationSignal, KeyboardInterrupt, SystemExit)
"""The exceptions that leave a task's function if its process gets a signal to end.

Prefect: while a flow runs in the main thread, SIGTERM raises `TerminationSignal` there.
Since: before 3.7.0.
If this behaviour changes: failure callbacks of a killed task are not called. Add the new exception to this tuple.
"""
