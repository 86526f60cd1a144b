"""Shows the task instances of a DAG's run as Prefect's task runs, with the DAG's edges.

Prefect only displays the edges: it does not wait for the upstream task runs. Each event of a task run contains all
inputs of the task run. To keep events small, a task run with many upstream runs is connected through summary runs,
which are not task instances.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRunResult
from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Completed, Failed

from .._airflow.graph import UNMAPPED, InstanceKey
from .._prefect.instance_keys import MARKER, SUMMARY, TRY
from .._prefect.internals.engine import quiet_failures, run_async_with_edges, submit_with_edges

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State
    from prefect.futures import PrefectFuture

    from ._run import DagRunState
    from ._waits import Waits

MOST_EDGES = 100
"""The maximum number of upstream runs to which a task run is connected directly.

If a task run has more upstream runs, it is connected to them through summary runs.
"""
_MOST_SUMMARISED = 1000

Ended = Callable[[], None]


@dataclass(frozen=True)
class Request:
    """What a task run needs to execute a try of a task instance. All values can be pickled.

    Attributes:
        try_number: The number of the try, from 1; 0 for a task run that is not a try.
        name: The name of the task run.
    """

    task_id: str
    map_index: int
    try_number: int
    name: str

    @property
    def key(self) -> InstanceKey:
        return InstanceKey(self.task_id, self.map_index)


def request_for(key: InstanceKey, try_number: int = 0) -> Request:
    """Return a request.

    The name of the task run in Prefect's UI is Airflow's name of the instance: `load` or `load[3]`.
    """
    name = key.task_id if key.map_index == UNMAPPED else f"{key.task_id}[{key.map_index}]"
    return Request(key.task_id, key.map_index, try_number, name)


class TaskRuns:
    """The task runs of one flow run, which are started from the flow's thread.

    Args:
        run: The run; the edges of its DAG are shown as edges between task runs.
        waits: The event loop for task runs with an async function.
    """

    def __init__(self, run: DagRunState, waits: Waits) -> None:
        context = FlowRunContext.get()
        assert context is not None
        self._context, self._run, self._waits = context, run, waits
        self._tasks: dict[str, Task[..., Any]] = {}
        self._summaries: dict[tuple[str, int, int], set[UUID]] = {}
        # For each task id and map index: the latest task run of the instance.
        self._shown: dict[str, dict[int, UUID]] = {}

    def note(self, key: InstanceKey, task_run_id: UUID) -> None:
        """Record the task run that shows an instance. Edges to later instances start at this task run."""
        self._shown.setdefault(key.task_id, {})[key.map_index] = task_run_id

    def shown(self, key: InstanceKey) -> UUID:
        """Return the latest task run that shows an instance."""
        return self._shown[key.task_id][key.map_index]

    def forget_summaries(self) -> None:
        """From now on, create new summary runs, because upstream instances run again."""
        self._summaries.clear()

    def start(self, request: Request, edges: set[UUID], run: Callable[[Request], State[Any]], ended: Ended) -> None:
        """Run a try of a task instance in a thread. `ended` is called in that thread."""
        self._start(self._task(request.task_id, run), request, edges).add_done_callback(lambda _: ended())

    def start_async(
        self, request: Request, edges: set[UUID], run: Callable[[Request], Awaitable[State[Any]]], ended: Ended
    ) -> None:
        """Run a try in the event loop for waits."""
        id_ = uuid4()
        self.note(request.key, id_)
        task = self._task(request.task_id, run)
        future = self._waits.start(run_async_with_edges(task, id_, {"request": request}, _inputs(edges)))
        future.add_done_callback(lambda _: ended())

    def mark(self, key: InstanceKey, edges: set[UUID], state_in: Callable[[UUID], State[Any]]) -> PrefectFuture[Any]:
        """Show a task instance that ends without a try.

        `state_in` is called with the id of the task run, and returns the state.

        The state is created while the task run is running, because the server drops a state that is older than
        `Running`.
        """

        def marker(request: Request) -> State[Any]:  # noqa: ARG001 - the run gets its name from it
            context = TaskRunContext.get()
            assert context is not None
            return state_in(context.task_run.id)

        return self._start(_task(key.task_id, marker, MARKER), request_for(key), edges)

    def edges_to(self, key: InstanceKey) -> set[UUID]:
        """Return the task runs from which edges to an instance are shown: its upstream task runs, or summary runs.

        A repeated try has only an edge from the previous try.
        """
        before = self._shown.get(key.task_id, {}).get(key.map_index)
        if before is not None:
            return {before}
        wanted = []
        for task_id in self._run.graph.tasks[key.task_id].upstream & self._shown.keys():
            indexes = self._run.progress.map_indexes_for(key, task_id)
            wanted.append((task_id, (indexes,) if isinstance(indexes, int) else indexes))
        if sum(len(indexes) for _, indexes in wanted) <= MOST_EDGES:
            return {id_ for task_id, indexes in wanted for id_ in self._ids(task_id, indexes)}
        return {id_ for task_id, indexes in wanted for id_ in self._summarised(task_id, indexes)}

    def _ids(self, task_id: str, indexes: tuple[int, ...]) -> list[UUID]:
        shown = self._shown[task_id]
        return [shown[index] for index in indexes if index in shown]

    def _summarised(self, task_id: str, indexes: tuple[int, ...]) -> set[UUID]:
        if len(indexes) == 1:
            return set(self._ids(task_id, indexes))
        place = task_id, len(indexes), len(self._shown[task_id])
        if place not in self._summaries:
            ids = self._ids(task_id, indexes)
            chunks = [ids[start : start + _MOST_SUMMARISED] for start in range(0, len(ids), _MOST_SUMMARISED)]
            self._summaries[place] = {self._summary(task_id, chunk) for chunk in chunks}
        return self._summaries[place]

    def _summary(self, task_id: str, ids: list[UUID]) -> UUID:
        message = f"A summary of {len(ids)} task instances of {task_id}, from which edges start."

        def summary(request: Request) -> State[Any]:  # noqa: ARG001 - the run gets its name from it
            return Completed(name="Summary", message=message)

        request = Request(task_id, UNMAPPED, 0, f"{task_id} ({len(ids)})")
        task = _task(task_id, summary, SUMMARY)
        return submit_with_edges(self._context, task, {"request": request}, _inputs(set(ids))).task_run_id

    def _start(self, task: Task[..., Any], request: Request, edges: set[UUID]) -> PrefectFuture[Any]:
        future = submit_with_edges(self._context, task, {"request": request}, _inputs(edges))
        self.note(request.key, future.task_run_id)
        return future

    def _task(self, task_id: str, function: Callable[[Request], Any]) -> Task[..., Any]:
        task = self._tasks.get(task_id)
        if task is None:
            task = self._tasks[task_id] = _task(task_id, function, TRY)
        return task


def _task(task_id: str, function: Callable[[Request], Any], key_prefix: str) -> Task[..., Any]:
    task: Task[..., Any] = Task(
        function,
        name=task_id,
        task_run_name="{request.name}",
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=True,
        **quiet_failures(),
    )
    task.task_key = f"{key_prefix}{task_id}"
    return task


def _inputs(ids: set[UUID]) -> list[TaskRunResult]:
    return [TaskRunResult(id=id_) for id_ in ids]


def shown_state(state: str, message: str = "", error: BaseException | None = None) -> State[Any]:
    """Return a Prefect state for a task instance, with Airflow's word for the state as its name."""
    if state == "success":
        return Completed(message=message or None)
    if state == "skipped":
        return Completed(name="Skipped", message=message or None)
    name = {"upstream_failed": "UpstreamFailed", "up_for_retry": "UpForRetry"}.get(state, "Failed")
    return Failed(name=name, message=message, data=error)
