"""Executes one run of a DAG, from the start or restart of its flow run to its final state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed, Failed

from .._airflow.data_interval import LABEL_RUN_ID, LABEL_UNDATED, run_id
from .._airflow.version import AirflowVersion
from .._prefect.internals.engine import continue_later
from .._prefect.internals.names import STATES
from .._prefect.internals.results import storage_of_run
from .._prefect.run_logger import logger_of
from ..errors import DagRunFailedError, ServerError
from ..logs import forward
from ..operators._dag_runs import providing
from ._callbacks import call_end_callbacks
from ._changed_dag import take_changes
from ._graph_of_dag import graph_of
from ._identity import RunClaim, dates_as_text, dates_from_text, dates_of, show_run_id, write_labels
from ._instances import call_pending_of
from ._killed_tries import record_killed_tries
from ._loop import Loop
from ._marker_templates import markers_of
from ._metrics import metrics_of
from ._objects import StoredObjects
from ._other_dags import OtherDags
from ._past_runs import PastRuns
from ._published import publish, publish_instances
from ._records import Records, RunEnd
from ._requests import MARKED, Inbox
from ._result import DagRunResult, TaskInstanceResult
from ._resume import clear_failed, load_records, progress_of
from ._run import GIVEN_RUN_ID, IS_TEST, IS_UNDATED, RESULTS, DagRunState, Isolation, max_map_length
from ._run_index import index_run
from ._run_schedule import run_schedule_of
from ._server import wait_for_server
from ._xcoms import know_xcoms, xcoms_of

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State

    from .._airflow.data_interval import RunDates
    from ..authoring import DAG
    from ._loading import LoadedFile

_MOST_NAMED = 10
# The seconds after which a run that waits for the DAG's previous run starts again, in a new process.
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 600.0


def execute_run(
    dag: DAG,
    logical_date: datetime | None,
    conf: Mapping[str, Any],
    *,
    loaded: LoadedFile | None,
    version: AirflowVersion,
    isolation: Isolation,
) -> State[Any]:
    """Run a DAG in the current flow run, and return the final state of the flow run.

    Raises:
        DagRunExistsError: Another flow run runs the DAG for this logical date.
    """
    here = FlowRunContext.get()
    assert here is not None
    assert here.flow is not None
    assert here.flow_run is not None
    flow_run, logger = here.flow_run, logger_of(here.flow_run)
    graph = graph_of(dag)
    records = Records(StoredObjects(storage_of_run(here), flow_run.id))
    begun = records.begun()
    dates = dates_from_text(begun) if begun else _new_dates(dag, logical_date, flow_run, loaded)
    if dates.is_dated:
        RunClaim(dag.dag_id, dates.logical_date).take(flow_run, replaces=IS_TEST.get())
    write_labels(flow_run, dates)
    name = begun["run_id"] if begun else _given_run_id(flow_run) or run_id(dates, airflow_version=version)
    if here.flow.flow_run_name is None:
        show_run_id(flow_run, name)
    GIVEN_RUN_ID.set(None)
    IS_UNDATED.set(False)
    run = DagRunState(
        dag=dag,
        graph=graph,
        records=records,
        dates=dates,
        run_id=name,
        conf=conf,
        flow=here.flow,
        flow_run=flow_run,
        version=version,
        progress=progress_of(records, graph, version),
        loaded=loaded,
        max_map_length=max_map_length(loaded),
        isolation=isolation,
    )
    if begun:
        _take_up(run)
    else:
        take_changes(records, graph)
        index_run(records.objects, dag.dag_id, flow_run.id, dates, name)
        records.begin({**dates_as_text(dates), "run_id": name, "began": str(time.time())})
    metrics = metrics_of(run, begun, logger)
    publish(flow_run.id, graph, markers_of(run), is_first=not begun)
    storage = storage_of_run(here)
    others, past = OtherDags(flow_run, loaded, storage, isolation), PastRuns(run, storage, logger)
    timeout = _seconds_left(dag, begun if not records.clears else None)
    with forward(), providing(others):
        end = Loop(run, past, timeout=timeout, metrics=metrics, logger=logger).run()
        others.wait_for_all()
    if end is None:
        continue_later(flow_run.id, min(_FIRST_PAUSE * 2 ** max(flow_run.run_count - 1, 0), _LONGEST_PAUSE))
    records.write_end(end)
    metrics.run_ended(end)
    if end.reason not in (MARKED, "cancelled"):
        with run.imports():
            call_end_callbacks(run, end)
    result = _result(run, end)
    # Prefect sends the final state only once. If the server can't be reached at that moment, it shows the run as
    # running forever.
    with suppress(ServerError):
        wait_for_server()
        # The markers are stored again, because their templates may use XComs of the run.
        publish_instances(flow_run, result.task_instances, markers_of(run))
    return _state_of(result)


def _new_dates(dag: DAG, logical_date: datetime | None, flow_run: FlowRun, loaded: LoadedFile | None) -> RunDates:
    with loaded.active() if loaded else nullcontext():
        schedule = run_schedule_of(dag, logger_of(flow_run))
        # If a task of a test run started this run, the run counts as triggered.
        is_test = IS_TEST.get() and GIVEN_RUN_ID.get() is None
        is_undated = IS_UNDATED.get() or LABEL_UNDATED in flow_run.labels
        return dates_of(flow_run, logical_date, schedule, is_undated=is_undated, is_test=is_test)


def _given_run_id(flow_run: FlowRun) -> str:
    """Return the run id that the task which started the run has chosen; empty if no task started the run."""
    return GIVEN_RUN_ID.get() or str(flow_run.labels.get(LABEL_RUN_ID) or "")


def _seconds_left(dag: DAG, begun: Mapping[str, str] | None) -> float | None:
    """Return the seconds that remain of `dagrun_timeout`, also for a run that began in an earlier process."""
    if dag.dagrun_timeout is None:
        return None
    now = time.time()
    return dag.dagrun_timeout.total_seconds() - (now - float((begun or {}).get("began", now)))


def _take_up(run: DagRunState) -> None:
    """Continue from the records of earlier processes, and call the callbacks that those processes did not call."""
    records = run.records
    load_records(records, run.graph)
    take_changes(records, run.graph)
    end, was_stopped = records.end(), bool(records.stopped())
    if end is None and not was_stopped:
        record_killed_tries(records, run.graph, run.flow_run.id)
    know_xcoms(run, [*records.all(), *filter(None, records.removed.values())])
    if records.removed:
        gone = sorted({key.task_id for key in records.removed})
        logger_of(run.flow_run).warning(
            "Tasks that the DAG no longer has are removed from this run: %s", ", ".join(gone)
        )
    run.progress = progress_of(records, run.graph, run.version)
    for record in records.pending():
        call_pending_of(run, record)
    if was_stopped or (end is not None and end.state == "failed"):
        if end is not None and end.reason not in (MARKED, "cancelled"):
            with run.imports():
                call_end_callbacks(run, end)
        # If there is a request, such as a clear, it determines which tasks run again.
        if not Inbox(run.flow_run.id, logger_of(run.flow_run)).pending():
            clear_failed(records, run.graph)
        run.progress = progress_of(records, run.graph, run.version)


def _state_of(result: DagRunResult) -> State[Any]:
    """Return the Prefect state of the flow run."""
    if (results := RESULTS.get()) is not None:
        results.append(result)
    if result.state == "success":
        return Completed(data=result)
    failed = [each.name for each in result.task_instances if each.state == "failed"]
    message = f"The run of DAG {result.dag_id!r} failed ({result.reason})."
    if failed:
        message += (
            f" Failed tasks: {', '.join(failed[:_MOST_NAMED])}{' and more' if len(failed) > _MOST_NAMED else ''}."
        )
    error = DagRunFailedError(message, result)
    if result.reason == "cancelled":
        return Cancelled(message=message, data=error)
    if result.reason == "timed_out":
        return Failed(name=STATES.timed_out, message=message, data=error)
    return Failed(message=message, data=error)


def _result(run: DagRunState, end: RunEnd) -> DagRunResult:
    instances, states = [], run.progress.states
    places = {task_id: place for place, task_id in enumerate(run.graph.topological_order())}
    for key in sorted(states, key=lambda key: (places.get(key.task_id, len(places)), key)):
        record = run.records.latest(key) or run.records.removed.get(key)
        instances.append(
            TaskInstanceResult.of(record, is_hosted=record.has_begun and key.task_id in run.hosted)
            if record
            else TaskInstanceResult(*key, state=states[key], try_number=0)
        )
    return DagRunResult(
        run.dag.dag_id,
        run.run_id,
        end.state,
        end.reason,
        run.dates.logical_date if run.dates.is_dated else None,
        tuple(instances),
        partial(xcoms_of, run),
    )
