"""Sends Airflow's metrics of flow runs, and finds the tasks of a flow to measure.

The measured tasks are those whose names appear in the flow's code, or in functions of its module that this code uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from prefect import Flow, Task

from .._prefect.internals.hooks import Event, hooks_of, set_hooks
from .._prefect.run_dates import run_dates
from ..errors import AirflowCompatError
from ._names import normal_name
from ._sample import Sample
from ._start_times import StartTimes
from ._stats import emit, is_connected
from ._tasks import first_starts, instrument_task

if TYPE_CHECKING:
    from datetime import datetime

    from prefect.client.schemas.objects import FlowRun, State

_MARK = "__airflow_compat_metrics__"
_ENDS: tuple[Event, ...] = ("completion", "failure", "crashed", "cancellation")

_beginnings: StartTimes[datetime] = StartTimes()


def instrument_flow(flow: Flow[..., Any], tasks: Iterable[Task[..., Any]]) -> None:
    """Measure the flow's runs, the given tasks, and the tasks that the flow's code names."""
    for task in tasks:
        instrument_task(task)
    # A DAG's flow sends the metrics of its runs itself.
    if hasattr(flow, "dag") or any(getattr(hook, _MARK, False) for hook in hooks_of(flow, "running")):
        return
    set_hooks(flow, "running", [*hooks_of(flow, "running"), _flow_began])
    for event in _ENDS:
        set_hooks(flow, event, [*hooks_of(flow, event), _flow_ended])


# Prefect may pass a hook's arguments by name, so the parameters must have Prefect's names.
def _flow_began(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    # Search for tasks again: those that the file defines below the flow did not exist when the flow was decorated.
    for task in _tasks_in(flow.fn, set()):
        instrument_task(task)
    if not is_connected() or flow_run.id in _beginnings:
        return
    _beginnings.begin(flow_run.id, state.timestamp)
    tags = _flow_tags(flow, flow_run)
    if tags.get("run_type") == "scheduled" and flow_run.expected_start_time and not flow_run.run_count:
        first_starts.watch(flow_run.id)
        # Airflow sends this metric without a tag for the run type.
        _emit("schedule_delay", flow_run.expected_start_time, state.timestamp, {"dag_id": tags["dag_id"]})


def _flow_ended(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    if not is_connected():
        return
    # If another process started the run, this process has not stored the run's start time.
    began = _beginnings.taken(flow_run.id) or flow_run.start_time
    tags = _flow_tags(flow, flow_run)
    if began:
        _emit(f"duration.{'success' if state.is_completed() else 'failed'}", began, state.timestamp, tags)
    first = first_starts.taken(flow_run.id)
    if first and flow_run.expected_start_time:
        _emit("first_task_scheduling_delay", flow_run.expected_start_time, first, tags)


setattr(_flow_began, _MARK, True)


def _emit(name: str, earlier: datetime, later: datetime, tags: dict[str, str]) -> None:
    emit(Sample("timing", f"dagrun.{name}", (later - earlier).total_seconds() * 1000, tags))


def _flow_tags(flow: Flow[..., Any], flow_run: FlowRun) -> dict[str, str]:
    tags = {"dag_id": normal_name(flow.name)}
    # Ignore an invalid label of the run here: the code that reads the run's dates raises the error.
    with suppress(AirflowCompatError):
        tags["run_type"] = run_dates(flow_run, airflow_version="3").run_type
    return tags


def _tasks_in(function: Callable[..., Any], seen: set[int]) -> Iterator[Task[..., Any]]:
    """Yield the tasks that a flow's code names, some more than once.

    Does not find tasks that the flow itself creates, or that are attributes of objects other than modules.

    Args:
        function: The flow's function, or a function of the same module that this function uses.
        seen: The ids of the functions that were searched.
    """
    function = getattr(function, "__wrapped__", function)
    if not isinstance(function, FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    for value in _named(function):
        if isinstance(value, Task):
            yield value
        elif isinstance(value, FunctionType) and value.__module__ == function.__module__:
            yield from _tasks_in(value, seen)


def _named(function: FunctionType) -> Iterator[object]:
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        if isinstance(value, ModuleType):
            # The code object of a call such as `tasks.load()` contains the names `tasks` and `load` separately.
            yield from (
                vars(value)[other] for other in names & vars(value).keys() if isinstance(vars(value)[other], Task)
            )
    for cell in function.__closure__ or ():
        # The closure's variable may have no value yet.
        with suppress(ValueError):
            yield cell.cell_contents


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
