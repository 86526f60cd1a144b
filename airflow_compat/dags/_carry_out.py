"""Carries out requests to clear, mark or cancel a run, in the loop that executes this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._airflow.graph import InstanceKey
from .._prefect.run_logger import Logger
from ..errors import DagRunRequestError
from ._clear_rules import FAILED, Selection, check_map_index, select
from ._expansion import Lengths
from ._requests import MARKED

if TYPE_CHECKING:
    from ._decisions import SettledState
    from ._loop import Loop
    from ._requests import Inbox, Request
    from ._run import DagRunState


def carry_out_all(loop: Loop, run: DagRunState, inbox: Inbox, logger: Logger) -> bool:
    """Carry out and answer the requests on the server. Return True if the loop has new decisions to carry out."""
    has_changed = False
    for request in filter(inbox.take, inbox.pending()):
        try:
            keys = _carry_out(request, loop, run)
        except DagRunRequestError as error:
            logger.warning("A request to this run was not carried out: %s", error)
            inbox.answer(request, error=str(error))
            continue
        has_changed = has_changed or bool(keys) or _is_for_run(request)
        inbox.answer(request, keys)
        if _is_for_run(request):
            # The request has ended the run, so no other request is carried out.
            break
    return has_changed


def _carry_out(request: Request, loop: Loop, run: DagRunState) -> list[InstanceKey]:
    selection = request.selection
    missing = [task_id for task_id in selection.task_ids if task_id not in run.graph.tasks]
    if missing:
        raise DagRunRequestError(
            f"DAG {run.dag.dag_id!r} has no task {missing[0]!r}. Its file may have changed; use one of "
            f"{', '.join(sorted(run.graph.tasks)[:20])}."
        )
    if _is_for_run(request):
        return _end_run(request, loop, run)
    if run.records.has_carried_out(request.id):
        return []
    loop.settled.wait()
    if request.action == "fail":
        return _fail(request, loop, run)
    return _clear(request, loop, run) if request.action == "clear" else _mark(request, loop, run)


def _is_for_run(request: Request) -> bool:
    return request.action == "cancel" or (request.action not in ("clear", "fail") and not request.selection.task_ids)


def _end_run(request: Request, loop: Loop, run: DagRunState) -> list[InstanceKey]:
    before = dict(run.progress.states)
    if request.action == "success":
        loop.stop(MARKED, "success", run_state="success")
    else:
        loop.stop("cancelled" if request.action == "cancel" else MARKED, "failed")
    return [key for key, state in run.progress.states.items() if before.get(key) != state]


def _clear(request: Request, loop: Loop, run: DagRunState) -> list[InstanceKey]:
    keys = [key for key in _chosen(request.selection, run) if _has_run(key, loop, run)]
    if keys:
        loop.begin_again(keys, {}, request.id, "The task instance was cleared while it ran.")
    return keys


def _mark(request: Request, loop: Loop, run: DagRunState) -> list[InstanceKey]:
    """Set the states of the selected task instances, and clear failed instances downstream of them, as Airflow does."""
    state: SettledState = "success" if request.action == "success" else "failed"
    chosen = request.selection
    keys = [key for key in _chosen(chosen, run, is_exact=True) if run.progress.states.get(key) != state]
    if not keys:
        return []
    below = _chosen(Selection(chosen.task_ids, downstream=True, failed=True), run)
    cleared = [key for key in below if key.task_id not in chosen.task_ids]
    killed = f"The task instance was marked as {state} while it ran."
    loop.begin_again([*keys, *cleared], dict.fromkeys(keys, state), request.id, killed)
    return keys


def _fail(request: Request, loop: Loop, run: DagRunState) -> list[InstanceKey]:
    """Fail the task instances that an earlier process left unfinished, so that the run continues to its end."""
    if any(map(loop.is_running, run.progress.active)):
        raise DagRunRequestError("The run has a process, and its tasks are running.")
    loop.begin()
    keys = list(run.progress.active)
    if keys:
        reason = "The process of the run was gone before the task ended."
        loop.begin_again(keys, dict.fromkeys(keys, "failed"), request.id, reason, reason=reason)
    return keys


def _chosen(selection: Selection, run: DagRunState, *, is_exact: bool = False) -> list[InstanceKey]:
    """Return the task instances that a selection contains; if `is_exact`, only instances of the named tasks."""
    instances = [key for task_id in run.graph.topological_order() for key in run.progress.instances(task_id)]
    check_map_index(selection, instances)
    selected = select(selection, run.graph, Lengths(run.graph, run.records.lengths))
    states = run.progress.states
    return [
        key
        for key in instances
        if key in selected
        and (not selection.failed or states.get(key) in FAILED)
        and (not is_exact or key.task_id in selection.task_ids)
    ]


def _has_run(key: InstanceKey, loop: Loop, run: DagRunState) -> bool:
    return loop.is_running(key) or run.records.latest(key) is not None
