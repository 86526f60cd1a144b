"""Sends requests to runs of DAGs, and waits until the runs have carried them out. See `airflow_compat.dags.runs`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._prefect.internals.engine import run_again
from .._prefect.polling import poll_until
from ..errors import DagRunRequestError, ServerError
from . import _server_runs as server
from ._requests import Answer, Request, answer_to, send, withdraw
from ._run_control import is_final

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from ._flow import DagFlow

_SECONDS_BETWEEN_LOOKS = 0.5
_REASON = "Task instances were cleared or marked"


@dataclass(frozen=True)
class RunChange:
    """The changes that a request has made in a run.

    Attributes:
        flow_run_id: The flow run.
        instances: The names of the task instances: `load` or `load[3]`.
        is_done: Whether the run has carried out the request. If False, the run carries out the request when a worker
            starts it, and `instances` comes from the server's task runs.
        others: The changes that a clear has made in runs of other DAGs, which `ExternalTaskMarker` tasks name.
        notes: For each `ExternalTaskMarker` that clears nothing: the reason.
    """

    flow_run_id: UUID
    instances: tuple[str, ...]
    is_done: bool
    others: tuple[OtherRunChange, ...] = field(default=(), kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class OtherRunChange(RunChange):
    """The changes that a clear has made in the run of another DAG, which an `ExternalTaskMarker` names.

    Attributes:
        dag_id: The other DAG.
        name: The name of the flow run.
    """

    dag_id: str
    name: str


@dataclass(frozen=True)
class Wanted:
    """A request to a run. `shown` has the names of the selected task instances, from the states on the server."""

    flow_run: FlowRun
    request: Request
    shown: tuple[str, ...]


def request_all(wanted: Sequence[Wanted], *, entrypoint: str | None, options: Any, timeout: float) -> list[RunChange]:
    """Send requests, and wait until each run has carried out its request or is scheduled for a worker.

    Nothing is sent if one of the runs has ended and can't run again. If a run does not answer in time, its request is
    withdrawn.

    Args:
        wanted: The requests. The first request goes to the run that the user chose.
        entrypoint: The DAG file of the first run, if the run has no deployment. With an entrypoint, runs without a
            deployment continue in this process; the folder of the file has the DAGs of the other runs.
        options: Further arguments of `load_flow`.
        timeout: How many seconds to wait for the answer of an active run.

    Raises:
        DagFileError: The entrypoint can't be loaded.
        DagRunRequestError: A run can't carry out its request, or does not answer.
        ServerError: A request to the server failed.
    """
    files = _DagFiles(wanted[0].flow_run, entrypoint, options)
    for each in wanted:
        if is_final(each.flow_run) and each.flow_run.deployment_id is None:
            files.flow_of(each.flow_run)
    changes: list[RunChange] = []
    errors: list[DagRunRequestError] = []
    waiting = [*wanted]
    try:
        for each in wanted:
            send(each.flow_run.id, each.request)
        while waiting:
            try:
                changes.append(_carried_out(waiting[0], files, timeout))
            except DagRunRequestError as error:
                withdraw(waiting[0].flow_run.id, waiting[0].request)
                errors.append(error)
            waiting.pop(0)
    finally:
        # For example after Ctrl-C: the run must not carry out the requests later.
        for each in waiting:
            with suppress(ServerError):
                withdraw(each.flow_run.id, each.request)
    if errors:
        raise errors[0]
    return changes


def _carried_out(wanted: Wanted, files: _DagFiles, timeout: float) -> RunChange:
    answer, flow_run = _wait(wanted.flow_run, wanted.request, timeout)
    if answer is not None:
        return _change(flow_run.id, answer)
    if _is_scheduled(flow_run):
        # At the moment, no process executes the flow run. The next process carries out the request when it begins.
        return RunChange(flow_run.id, wanted.shown, is_done=False)
    if not is_final(flow_run):
        said = f"Flow run {flow_run.name!r} in state {flow_run.state_name} has not answered for {timeout:g} seconds"
        if withdraw(flow_run.id, wanted.request):
            raise DagRunRequestError(
                f"{said}, so the request was withdrawn. If `airflow-compat runs lost` lists the run, its process is "
                "gone: restart the run before you repeat the request."
            )
        raise DagRunRequestError(
            f"{said}, but has taken up the request. `airflow-compat runs tasks` shows whether the run carried it out."
        )
    if flow_run.deployment_id is not None:
        server.schedule_again(flow_run.id, _REASON)
        return RunChange(flow_run.id, wanted.shown, is_done=False)
    _run_here(flow_run, files.flow_of(flow_run))
    answer = answer_to(flow_run.id, wanted.request)
    return _change(flow_run.id, answer or Answer(error="The run ended before it carried out the request. See its log."))


class _DagFiles:
    """The DAG files of runs that continue in this process.

    Args:
        first: The run that the user chose.
        entrypoint: The DAG file of this run; None without a file.
        options: Further arguments of `load_flow`.
    """

    def __init__(self, first: FlowRun, entrypoint: str | None, options: Any) -> None:
        self._first, self._entrypoint, self._options = first, entrypoint, options
        self._flows: dict[UUID, DagFlow] = {}

    def flow_of(self, flow_run: FlowRun) -> DagFlow:
        """Return the flow of a run.

        Raises:
            DagFileError: The file can't be loaded.
            DagRunRequestError: The file is missing, or defines another DAG.
        """
        if flow_run.id not in self._flows:
            self._flows[flow_run.id] = self._load(flow_run)
        return self._flows[flow_run.id]

    def _load(self, flow_run: FlowRun) -> DagFlow:
        from . import load_flow, load_flows

        dag_id = server.read_flow_name(flow_run)
        if self._entrypoint is None:
            raise DagRunRequestError(
                f"Flow run {flow_run.name!r} of DAG {dag_id!r} has ended and has no deployment, so no worker can run "
                "it again. Pass the DAG file as the entrypoint: dags/etl.py:etl."
            )
        if flow_run.id == self._first.id:
            flow = load_flow(self._entrypoint, **self._options)
            if flow.dag.dag_id != dag_id:
                raise DagRunRequestError(
                    f"{self._entrypoint} has DAG {flow.dag.dag_id!r}, but the run is one of DAG {dag_id!r}."
                )
            return flow
        folder = Path(self._entrypoint.partition(":")[0]).parent
        found = load_flows(folder, **self._options).get(dag_id)
        if found is None:
            raise DagRunRequestError(
                f"An ExternalTaskMarker names flow run {flow_run.name!r} of DAG {dag_id!r}, which has ended, has no "
                f"deployment, and has no file in {folder}. Deploy the DAG, or pass recursive=False (--no-recursive)."
            )
        return found


def _wait(flow_run: FlowRun, wanted: Request, timeout: float) -> tuple[Answer | None, FlowRun]:
    """Wait until an active run answers or is no longer active."""
    id_ = flow_run.id

    def look() -> tuple[Answer | None, FlowRun]:
        now = server.read_run(id_)
        if now is None:
            raise DagRunRequestError(f"Flow run {id_} was deleted.")
        # If the run has ended, it may still have answered the request before its end.
        return answer_to(id_, wanted), now

    def is_over(seen: tuple[Answer | None, FlowRun]) -> bool:
        return seen[0] is not None or is_final(seen[1]) or _is_scheduled(seen[1])

    return poll_until(look, is_over, within=timeout, every=_SECONDS_BETWEEN_LOOKS)


def _change(flow_run_id: UUID, answer: Answer) -> RunChange:
    if answer.error:
        raise DagRunRequestError(answer.error)
    names = (key.task_id if key.map_index < 0 else f"{key.task_id}[{key.map_index}]" for key in answer.instances)
    return RunChange(flow_run_id, tuple(names), is_done=True)


def _run_here(flow_run: FlowRun, flow: DagFlow) -> None:
    """Run an ended flow run again in this process, as `prefect flow-run retry --entrypoint` does."""
    server.schedule_again(flow_run.id, _REASON)
    again = server.read_run(flow_run.id)
    if again is None:
        raise DagRunRequestError(f"Flow run {flow_run.name!r} was deleted before it could continue.")
    run_again(flow, again)


def _is_scheduled(flow_run: FlowRun) -> bool:
    return flow_run.state is not None and flow_run.state.is_scheduled()


def cancel_run(flow_run: FlowRun, *, timeout: float) -> RunChange:
    """Stop a run: its worker cancels it; a run without a deployment stops itself.

    Raises:
        DagRunRequestError: The run has ended, or does not answer.
        ServerError: A request to the server failed.
    """
    if is_final(flow_run):
        raise DagRunRequestError(f"Flow run {flow_run.name!r} has ended already, in state {flow_run.state_name}.")
    if flow_run.deployment_id is not None or flow_run.start_time is None:
        return RunChange(flow_run.id, (), is_done=server.ask_to_cancel(flow_run.id))
    wanted = Wanted(flow_run, Request("cancel"), ())
    return request_all([wanted], entrypoint=None, options={}, timeout=timeout)[0]
