"""`SkipMixin`: skip tasks downstream of an operator."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ..errors import DagDefinitionError
from ..exceptions import AirflowException, DownstreamTasksSkipped
from ._logger_names import logger_name

XCOM_SKIPMIXIN_KEY = "skipmixin_key"
XCOM_SKIPMIXIN_SKIPPED = "skipped"
XCOM_SKIPMIXIN_FOLLOWED = "followed"


@dataclass
class Skipped:
    """The tasks that one task instance skips.

    Attributes:
        ti: The task instance.
        task_ids: The ids of the skipped tasks; if `ti` is mapped, only their instances with the same map index are
            skipped.
    """

    ti: Any
    task_ids: set[str] = field(default_factory=set)


_skipped: ContextVar[Skipped | None] = ContextVar("airflow_compat_skipped", default=None)


@contextmanager
def collecting_skips(ti: Any) -> Iterator[Skipped]:
    """Collect the tasks that an operator skips while the `with` block runs.

    As in Airflow 3, `skip` may raise `DownstreamTasksSkipped` in the block.
    """
    found = Skipped(ti)
    token = _skipped.set(found)
    try:
        yield found
    finally:
        _skipped.reset(token)


class SkipMixin:
    """Skips tasks downstream of an operator."""

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(logger_name(type(self)))

    def skip(self, *args: Any, **kwargs: Any) -> None:
        """Skip tasks of the run: `skip(ti, tasks)` in Airflow 3, `skip(dag_run, execution_date, tasks)` in Airflow 2.

        Raises:
            DownstreamTasksSkipped: Under Airflow 3, this exception ends the task.
        """
        tasks = kwargs["tasks"] if "tasks" in kwargs else args[-1 if len(args) < 4 else 2]
        current = _skipped.get()
        ti = kwargs.get("ti") or (current.ti if current is not None else args[0])
        task_ids = [task.task_id for task in _only_tasks(tasks)]
        if not task_ids:
            return
        if getattr(self, "task_id", None) is not None:
            ti.xcom_push(key=XCOM_SKIPMIXIN_KEY, value={XCOM_SKIPMIXIN_SKIPPED: task_ids})
        self._skip(ti, task_ids, task_ids)

    def skip_all_except(self, ti: Any, branch_task_ids: str | Iterable[str] | None) -> None:
        """Skip the directly downstream tasks, except the given tasks and the tasks downstream of the given ones.

        Raises:
            AirflowException: A given id is not the id of a task.
            DownstreamTasksSkipped: Under Airflow 3, this exception ends the task.
        """
        chosen = _checked_branches(branch_task_ids)
        self.log.info("Following branch %s", chosen)
        dag = ti.task.dag
        if (unknown := chosen - set(dag.task_ids)) and not dag.partial:
            raise AirflowException(
                f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {unknown}"
            )
        below = _only_tasks(ti.task.downstream_list)
        if not below:
            return
        # A directly downstream task is not skipped if it is also downstream of a chosen task.
        for task_id in tuple(chosen):
            chosen |= dag.get_task(task_id).get_flat_relative_ids(upstream=False)
        skipped = [task.task_id for task in below if task.task_id not in chosen]
        followed = [task.task_id for task in below if task.task_id in chosen]
        self.log.info("Skipping tasks %s", skipped)
        ti.xcom_push(key=XCOM_SKIPMIXIN_KEY, value={XCOM_SKIPMIXIN_FOLLOWED: followed})
        self._skip(ti, skipped, [(task_id, ti.map_index) for task_id in skipped])

    def _skip(self, ti: Any, task_ids: list[str], instances: Sequence[Any]) -> None:
        current = _skipped.get()
        if current is not None:
            current.task_ids |= set(task_ids)
        elif ti.task.airflow_version == "2":
            raise DagDefinitionError("skip() was called outside a task. Call it in execute().")
        # The exception is not raised in a mapped task instance, because its downstream instances don't exist yet.
        if task_ids and ti.task.airflow_version == "3" and ti.map_index == -1:
            raise DownstreamTasksSkipped(tasks=instances)


def _only_tasks(nodes: Iterable[Any]) -> list[Any]:
    return [node for node in nodes if hasattr(node, "task_id")]


def _checked_branches(branch_task_ids: Any) -> set[str]:
    if branch_task_ids is None:
        return set()
    if isinstance(branch_task_ids, str):
        return {branch_task_ids}
    if not isinstance(branch_task_ids, Iterable):
        raise AirflowException(
            "'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, but got "
            f"{type(branch_task_ids).__name__!r}. Return ids of tasks."
        )
    chosen = set(branch_task_ids)
    if wrong := {each for each in chosen if not isinstance(each, str)}:
        raise AirflowException(
            f"Unable to branch to the specified tasks: the function returned invalid 'branch_task_ids': {wrong}. "
            "Return ids of tasks."
        )
    return chosen
