"""A try of a task instance whose operator runs in an Airflow host."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..._airflow.graph import UNMAPPED
from ..._prefect.claims import claimed
from ..._prefect.run_logger import logger_of
from ...errors import HostError
from ...hosting._child.messages import RunTask
from ...operators._hosted.steps import HostedSteps, iso
from ...operators._outcome import Outcome, Resume
from ...xcom import RETURN_KEY
from ...xcom._values import KEEPS_HOSTED
from .._asset_events import AssetEvent
from .._callbacks import send_assets
from .._context import dag_run
from .._instances import Try, forget_earlier_try, try_in_task_run
from .._records import moment
from .files import file_in
from .services import RunServices

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from .._context import InstanceServices
    from .._records import Record
    from .._run import DagRunState
    from .._task_runs import Request


@dataclass(eq=False)
class HostedTry(Try):
    """A try of a task instance in a host, including its waits. The callbacks of the try are called in the host, too."""

    outlets: tuple[AssetEvent, ...] = ()
    steps: HostedSteps = field(init=False)

    def __post_init__(self) -> None:
        host, loaded = self.run.host, self.run.loaded
        assert host is not None
        assert loaded is not None
        services = RunServices(
            self.run, self.request.key, self.task_run, self.services, lambda: self.context["task_instance"]
        )
        self.steps = HostedSteps(host, file_in(host, loaded.source), self.run.version, services)

    def execute(self, resume: Resume | None = None) -> Outcome:
        """Execute the operator once in the host."""
        if self.outcome is not None and self.outcome.state == "failed":
            return self.outcome
        self.executing()
        try:
            outcome = self.steps.execute(self._request(), resume)
        except HostError as error:
            logger_of(self.task_run).error("%s", error)
            outcome = Outcome("failed", error=error, may_retry=True)
        ended = self.steps.ended
        if ended is not None and outcome.state == "success":
            self.outlets = tuple(_asset_event(each) for each in ended.outlets or ())
            outcome = replace(outcome, result_pushed=RETURN_KEY in self.services.pushed)
        if outcome.state == "up_for_reschedule":
            self.wait_began = self.wait_began or moment(self.start)
        self.outcome = outcome
        return outcome

    def stop(self) -> None:
        """Tell Airflow in the host to kill the task, and record nothing about the try from now on."""
        self.is_stopped = True
        self.steps.task.stop()

    def end(self) -> State[Any]:
        """Record the outcome, tell the host to call the callbacks, and return the state of the task run."""
        try:
            return super().end()
        finally:
            self.steps.task.close()

    def call_callbacks(self, record: Record) -> None:
        """Tell the host to call the callbacks of the try, after its record was written."""
        logger = logger_of(self.task_run)
        event = send_assets(self.run, record, logger)
        if not record.callbacks:
            self.steps.task.finish(record.state)
        else:
            with claimed(
                self.run.flow_run.id, record.callbacks[0], 0, "in the host", logger, event=event
            ) as is_to_call:
                if is_to_call:
                    self.steps.task.finish(record.state)
        if record.has_callbacks:
            self.run.records.callbacks_called(record)

    def _assets(self) -> tuple[dict[str, Any], ...]:
        given: dict[str, list[AssetEvent]] = {}
        for event in self.outlets:
            given.setdefault("" if event.alias else event.uri, []).append(event)
        found = list(given.get("", ()))
        for each in super()._assets():
            events = given.get(each["uri"]) or [AssetEvent(**each)]
            found += (replace(event, extra={**each["extra"], **event.extra}) for event in events)
        return tuple(asdict(event) for event in found)

    def _request(self) -> RunTask:
        run, key, file = self.run, self.request.key, self.steps.file
        return RunTask(
            file=file.path,
            search_path=list(file.search_path),
            dag_id=run.dag.dag_id,
            task_id=key.task_id,
            map_index=key.map_index,
            id=str(self.task_run.id),
            try_number=self.request.try_number,
            max_tries=run.max_tries(key, self.operator.retries or 0),
            start_date=str(iso(moment(self.start))),
            run=fields_of_run(run, self.services),
            first_start=iso(self.wait_began),
            map_indexes=self._upstream_indexes(),
        )

    def _upstream_indexes(self) -> dict[str, Any] | None:
        if self.request.map_index == UNMAPPED:
            return None
        upstream = self.run.graph.tasks[self.request.task_id].upstream
        services: Any = self.steps.services
        return {task_id: services.map_indexes(task_id) for task_id in upstream}


def begin_hosted(run: DagRunState, request: Request) -> HostedTry:
    """Prepare a try in the task run that this thread executes."""
    start = time.time()
    forget_earlier_try(run, request, start)
    token = KEEPS_HOSTED.set(True)
    try:
        plain = try_in_task_run(run, request, start)
    finally:
        KEEPS_HOSTED.reset(token)
    return HostedTry(
        run, request, plain.task_run, plain.operator, plain.services, plain.context, start, outcome=plain.outcome
    )


def fields_of_run(run: DagRunState, services: InstanceServices) -> dict[str, Any]:
    """Return the fields of a run in the form that a host expects."""
    described = dag_run(run, services)
    dates = ("logical_date", "data_interval_start", "data_interval_end", "run_after", "start_date")
    return {
        "run_id": run.run_id,
        "run_type": described.run_type,
        "external_trigger": described.external_trigger,
        "conf": described.conf,
        **{name: iso(getattr(described, name)) for name in dates},
    }


def _asset_event(given: Mapping[str, Any]) -> AssetEvent:
    extra = dict(given["extra"] or {})
    if given.get("partition") is not None:
        extra["partition_key"] = given["partition"]
    return AssetEvent(given["uri"], given["name"], extra, alias=given.get("alias"))
