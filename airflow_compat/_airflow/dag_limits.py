"""A DAG's own limits as what limits the same in Prefect. Pure, for whoever ports DAG arguments.

Airflow has three beside its pools: `max_active_runs`, `max_active_tasks` and a task's `max_active_tis_per_dag`. Its
scheduler leaves what is over a limit waiting, in line; so do the counterparts here, but for tag limits, where who waits
asks again at intervals, in no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .._airflow.names import limit_name
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidDagLimitError


@dataclass(frozen=True)
class TagLimit:
    """A limit for the task runs that have this tag, of all flows; `prefect concurrency-limit create TAG LIMIT`.

    The server keeps it as the global concurrency limit `tag:<tag>`.
    """

    tag: str
    limit: int

    @property
    def name(self) -> str:
        """The name of the global concurrency limit behind it."""
        return f"tag:{self.tag}"


@dataclass(frozen=True)
class TaskRunnerLimit:
    """How many tasks one flow run runs at once: `@flow(task_runner=ThreadPoolTaskRunner(max_workers=...))`."""

    max_workers: int


@dataclass(frozen=True)
class DeploymentLimit:
    """How many runs of a deployment go on at once: Prefect's `ConcurrencyLimitConfig`."""

    limit: int
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"


DagLimit: TypeAlias = TagLimit | TaskRunnerLimit | DeploymentLimit


def limit_from_max_active_tis_per_dag(dag_id: str, task_id: str, max_active_tis_per_dag: int) -> TagLimit:
    """A task's limit, which spans all runs of its DAG: a tag limit, for a tag that this task alone has.

    Raises:
        InvalidDagLimitError: The number is none from 1 on.
        InvalidNameError: An id is empty.
    """
    limit = _checked("max_active_tis_per_dag", max_active_tis_per_dag)
    return TagLimit(f"{limit_name(dag_id)}.{limit_name(task_id)}", limit)


def limit_from_max_active_tasks(
    dag_id: str, max_active_tasks: int, *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> TagLimit | TaskRunnerLimit:
    """A DAG's limit on its tasks.

    In Airflow 3 it counts the tasks of one DAG run: the flow's task runner has as many workers. In Airflow 2 it counts
    those of all runs of the DAG together: a tag limit, for a tag that all tasks of the flow have.

    Raises:
        InvalidDagLimitError: The number is none from 1 on.
        InvalidNameError: The dag_id is empty.
    """
    limit = _checked("max_active_tasks", max_active_tasks)
    return TagLimit(limit_name(dag_id), limit) if airflow_version == "2" else TaskRunnerLimit(limit)


def limit_from_max_active_runs(max_active_runs: int) -> DeploymentLimit:
    """A DAG's limit on its runs: the deployment's. Runs beyond it wait, as in Airflow, which queues them.

    Raises:
        InvalidDagLimitError: The number is none from 1 on.
    """
    return DeploymentLimit(_checked("max_active_runs", max_active_runs))


def _checked(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidDagLimitError(
            f"{name}: {value!r} is no limit that Prefect has; write a whole number from 1 on, or leave it out"
        )
    return value
