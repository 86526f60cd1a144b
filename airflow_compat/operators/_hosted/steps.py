"""Executes one try of a task in a host: the first execution, and one after each wait."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..._airflow.version import AirflowVersion
from ..._prefect.run_dates import previous_successful_run, run_dates
from ...errors import HostError, UnsupportedFeatureError
from ...exceptions import RebuiltException
from ...hosting._child.messages import Ended, RunTask
from ...hosting._processes import processes_of
from ...hosting._task import HostedTask
from ...hosting._triggers import HostedEvent, HostedTrigger, TaskEnd
from ...hosting._xcom_values import from_airflow
from .._outcome import Deferral, Outcome, Resume, Skips
from .._results import RETURN_KEY

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from ...hosting import AirflowHost
    from ...hosting._services import TaskServices
    from ...hosting._task_processes import DagFile


@dataclass(frozen=True)
class _Continuation:
    """The name of the method that continues a deferred task, and the method's arguments, as Airflow serializes them."""

    method: str
    kwargs: Any


@dataclass(eq=False)
class HostedSteps:
    """Executes one try of a task in a host: the task is executed once, and again after each wait.

    Attributes:
        file: The DAG file that the host loads for the task.
        release: The major version of Airflow for which the task was written.
        task: The try of the task that runs in the host.
        ended: The `Ended` message of the latest execution.
    """

    host: AirflowHost
    file: DagFile
    release: AirflowVersion
    services: TaskServices
    ended: Ended | None = None
    task: HostedTask = field(init=False)
    _reschedules: int = 0
    _continuation: _Continuation | None = None

    def __post_init__(self) -> None:
        self.task = HostedTask(self.host, self.services)

    def execute(self, request: RunTask, resume: Resume | None) -> Outcome:
        """Execute the operator once.

        Args:
            request: The message for the task's first execution. For a later execution, the fields that differ are
                replaced.
            resume: The trigger's event, or its failure, with which a deferred task continues.

        Raises:
            HostError: The host can't be started, or has another major version of Airflow.
        """
        self.ended = None
        payload = resume.event.payload if resume is not None and resume.event is not None else None
        if isinstance(payload, TaskEnd):
            return self._ended_by_trigger(request, payload)
        what = "the DAG file was loaded" if self.file.path else "the task was made"
        check_release(self.host, self.release, what)
        self.ended = ended = self.task.execute(self._continued(request, resume))
        if ended.state == "up_for_reschedule":
            self._reschedules += 1
        return self._outcome(ended)

    def _continued(self, request: RunTask, resume: Resume | None) -> RunTask:
        request = replace(request, reschedules=self._reschedules)
        if resume is None or self._continuation is None:
            return request
        payload = resume.event.payload if resume.event is not None else None
        return replace(
            request,
            next_method=self._continuation.method,
            next_kwargs=self._continuation.kwargs,
            event=payload.data if isinstance(payload, HostedEvent) else None,
            failure=_failure(resume),
        )

    def _outcome(self, ended: Ended) -> Outcome:
        error = None if ended.error is None else RebuiltException(ended.error[1], ended.error[0])
        if ended.state == "success":
            return Outcome("success", skips=Skips(frozenset(ended.skips or ())), map_index_label=ended.label)
        if ended.state == "skipped":
            return Outcome("skipped", error=error, map_index_label=ended.label)
        if ended.state == "up_for_reschedule":
            return Outcome("up_for_reschedule", reschedule_at=datetime.fromisoformat(str(ended.reschedule_at)))
        if ended.state == "deferred":
            trigger = ended.trigger
            assert trigger is not None
            self._continuation = _Continuation(str(ended.next_method), ended.next_kwargs)
            timeout = trigger["timeout"]
            return Outcome(
                "deferred",
                deferral=Deferral(
                    HostedTrigger(self.host, self.file, trigger["classpath"], trigger["kwargs"]),
                    self._continuation.method,
                    timeout=None if timeout is None else timedelta(seconds=timeout),
                ),
            )
        return Outcome("failed", error=error, may_retry=ended.state == "up_for_retry", map_index_label=ended.label)

    def _ended_by_trigger(self, request: RunTask, event: TaskEnd) -> Outcome:
        for key, value in event.xcoms.items():
            self.services.xcom_push(request.task_id, request.map_index, key, from_airflow(value))
        state: Any = event.state
        return Outcome(state, result_pushed=RETURN_KEY in event.xcoms, may_retry=state == "failed")


def check_release(host: AirflowHost, release: AirflowVersion, what: str) -> None:
    """Check that a host has the given major version of Airflow.

    Raises:
        HostError: The host has another major version of Airflow, or does not start.
    """
    found = str(processes_of(host).start().airflow)
    if found.partition(".")[0] != release:
        raise HostError(
            f"The host {host.python} has Airflow {found}, but {what} for Airflow {release}. "
            f"Pass airflow_version={found[0]!r}, or a host with Airflow {release}."
        )


def _failure(resume: Resume) -> dict[str, Any] | None:
    if resume.timed_out:
        return {"error": "Trigger timeout"}
    if resume.error is not None:
        return {"error": "Trigger failure", "traceback": [f"{line}\n" for line in str(resume.error).splitlines()]}
    return None


def fields_of_previous(flow_run: FlowRun | None, state: str | None, release: AirflowVersion) -> dict[str, Any] | None:
    """Return the fields of the latest earlier run that succeeded, with dates as text; None without such a run.

    Raises:
        UnsupportedFeatureError: `state` is not "success".
    """
    if state != "success":
        raise UnsupportedFeatureError(
            f"A task in a host requested the previous run with the state {state!r}. Only `success` is supported."
        )
    found = None if flow_run is None else previous_successful_run(flow_run, airflow_version=release)
    if found is None:
        return None
    dates = run_dates(found, airflow_version=release)
    names = ("logical_date", "data_interval_start", "data_interval_end")
    values = {name: getattr(dates, name) for name in names}
    values |= {"start_date": found.start_time, "end_date": found.end_time}
    texts = {name: iso(value) for name, value in values.items()}
    return {"run_type": dates.run_type, "state": state, **texts}


def iso(moment: datetime | None) -> str | None:
    """Return a date and time in ISO format."""
    return None if moment is None else moment.isoformat()
