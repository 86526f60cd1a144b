"""Records the tries of a run whose process was killed, so that they count as in Airflow."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .._airflow.graph import InstanceKey
from .._prefect.instance_keys import TRY, instance_in
from .._prefect.runs import task_runs
from ._records import Record

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import TaskRun

    from .._airflow.graph import Graph
    from ._records import Records

_KILLED = "The process of the run was killed while the task ran."


def record_killed_tries(records: Records, graph: Graph, flow_run_id: UUID) -> None:
    """Record the tries that an earlier process of the run began, and did not end because it was killed.

    In Airflow, each start of a task instance has its own `try_number`, so the next try gets the next number, and one
    retry less is left (`airflow.models.dagrun.DagRun.schedule_tis` and `TaskInstance.is_eligible_to_retry`). Only the
    server's task runs show these tries, and a killed process may not have sent the last of them.

    Args:
        records: The records of the run, which must be loaded.
        graph: The DAG.
        flow_run_id: The flow run.

    Raises:
        ServerError: A request to the server failed.
    """
    begun: dict[InstanceKey, list[TaskRun]] = {}
    for each in task_runs(flow_run_id):
        key = instance_in(each.task_key, each.name) if each.task_key.startswith(TRY) else None
        if key is not None and key.task_id in graph.tasks:
            begun.setdefault(key, []).append(each)
    for key, tries in begun.items():
        latest = records.latest(key)
        if latest is not None and latest.is_final:
            continue
        number = latest.try_number if latest else records.first_tries.get(key, 1) - 1
        for each in tries[number:]:
            # A try that has ended has a record, even if the server does not show its end.
            if each.state is None or not each.state.is_final():
                number += 1
                records.write(_killed(key, number, each))


def _killed(key: InstanceKey, number: int, task_run: TaskRun) -> Record:
    now, start = time.time(), task_run.start_time
    return Record(
        *key,
        number,
        "up_for_retry",
        now,
        str(task_run.id),
        start_date=None if start is None else start.timestamp(),
        error=_KILLED,
        retry_at=now,
    )
