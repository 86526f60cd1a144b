"""Tells a host to call the callbacks of a DAG that the host has loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..._airflow.graph import InstanceKey
from ..._prefect.claims import claimed
from ..._prefect.run_logger import logger_of
from ...errors import HostError
from ...hosting._child.messages import CallDagCallbacks, RunTask
from ...hosting._task import HostedTask
from .._context import InstanceServices
from .._records import moment
from .files import file_in
from .services import RunServices
from .tries import fields_of_run

if TYPE_CHECKING:
    from .._records import Record, RunEnd
    from .._run import DagRunState


def call_end_in_host(run: DagRunState, end: RunEnd, record: Record, kind: str) -> None:
    """Tell the host to call the DAG's callbacks at the end of a run, unless another process has done so.

    Args:
        run: The run.
        end: How it ended.
        record: The task instance that the context describes.
        kind: `on_failure` or `on_success`.
    """
    logger = logger_of(run.flow_run)
    with claimed(run.flow_run.id, kind, 0, "in the host", logger, event=f"dag-{run.records.clears}") as is_to_call:
        if not is_to_call:
            return
        try:
            _call(run, end, record)
        except HostError as error:
            logger.error("The DAG's callbacks were not called: %s", error)


def _call(run: DagRunState, end: RunEnd, record: Record) -> None:
    host, loaded = run.host, run.loaded
    assert host is not None
    assert loaded is not None
    file, key = file_in(host, loaded.source), InstanceKey(record.task_id, record.map_index)
    operator: Any = run.dag.get_task(key.task_id)
    of_instance = InstanceServices(run, run.flow_run)
    began = moment(record.start_date or record.at)
    assert began is not None
    task = RunTask(
        file=file.path,
        search_path=list(file.search_path),
        dag_id=run.dag.dag_id,
        task_id=key.task_id,
        map_index=key.map_index,
        id=str(uuid4()),
        try_number=record.try_number,
        max_tries=run.max_tries(key, operator.retries or 0),
        start_date=began.isoformat(),
        run=fields_of_run(run, of_instance),
    )
    services = RunServices(run, key, run.flow_run, of_instance, lambda: None)
    request = CallDagCallbacks(asdict(task), record.state, end.state, end.reason)
    HostedTask(host, services).call(request)
