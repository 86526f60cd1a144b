"""Convert a DAG's own limits to Prefect limits.

The limits are `max_active_runs`, `max_active_tasks` and a task's `max_active_tis_per_dag`. If a limit is reached,
further runs and tasks wait in a queue, in Airflow and in Prefect. Prefect's tag limits have no queue: waiting task runs
ask again at intervals, and start in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidDagLimitError
from .names import limit_name
from .version import DEFAULT_VERSION, AirflowVersion


@dataclass(frozen=True)
class TagLimit:
    """The number of concurrent task runs with this tag, in all flows: `prefect concurrency-limit create TAG LIMIT`.

    The server stores a tag limit as the global concurrency limit `tag:<tag>`.
    """

    tag: str
    limit: int

    @property
    def name(self) -> str:
        return f"tag:{self.tag}"


@dataclass(frozen=True)
class TaskRunnerLimit:
    """The number of concurrent tasks in one flow run: `@flow(task_runner=ThreadPoolTaskRunner(max_workers=...))`."""

    max_workers: int


@dataclass(frozen=True)
class DeploymentLimit:
    """The number of concurrent runs of a deployment: Prefect's `ConcurrencyLimitConfig`."""

    limit: int
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"


def limit_from_max_active_tis_per_dag(dag_id: str, task_id: str, max_active_tis_per_dag: int) -> TagLimit:
    """Convert a task's limit over all runs of its DAG to a limit on a tag that only this task has.

    Raises:
        InvalidDagLimitError: The limit is not a whole number of at least 1.
        InvalidNameError: An id is empty.
    """
    limit = _checked("max_active_tis_per_dag", max_active_tis_per_dag)
    return TagLimit(f"{limit_name(dag_id)}.{limit_name(task_id)}", limit)


def limit_from_max_active_tasks(
    dag_id: str, max_active_tasks: int, *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> TagLimit | TaskRunnerLimit:
    """Convert a DAG's `max_active_tasks` to a Prefect limit.

    Airflow 3 counts the tasks of one DAG run, so the result is a limit on the flow's task runner. Airflow 2 counts the
    tasks of all runs, so the result is a limit on a tag that all of the flow's tasks have.

    Raises:
        InvalidDagLimitError: The limit is not a whole number of at least 1.
        InvalidNameError: The dag_id is empty.
    """
    limit = _checked("max_active_tasks", max_active_tasks)
    return TagLimit(limit_name(dag_id), limit) if airflow_version == "2" else TaskRunnerLimit(limit)


def limit_from_max_active_runs(max_active_runs: int) -> DeploymentLimit:
    """Convert a DAG's `max_active_runs` to a limit on its deployment's runs. As in Airflow, runs above the limit wait.

    Raises:
        InvalidDagLimitError: The limit is not a whole number of at least 1.
    """
    return DeploymentLimit(_checked("max_active_runs", max_active_runs))


def _checked(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidDagLimitError(
            f"{name}: {value!r} is not a valid limit. Use a whole number of at least 1, or leave the argument out"
        )
    return value
