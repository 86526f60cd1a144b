"""A sensor that waits for runs of other DAGs (`airflow.providers.standard.sensors.external_task`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...authoring import BaseSensorOperator, State, TaskInstanceState
from ...authoring._current import setting
from ...exceptions import AirflowException, AirflowSkipException
from ...options._context_parameters import context_value
from .._callable import determine_kwargs
from .._dag_runs import dag_runs, matching_count
from .._dates import run_moment
from .._release import release_of, renamed
from ..empty import EmptyOperator
from ..triggers import WorkflowTrigger


class ExternalTaskSensor(BaseSensorOperator):
    """Waits for a run of another DAG with the same logical date, or for the run's tasks or one task group.

    Args:
        external_dag_id: The id of the other DAG.
        external_task_id: The id of the other DAG's task to wait for.
        external_task_ids: The ids of the other DAG's tasks to wait for.
        external_task_group_id: The id of the other DAG's task group to wait for.
        allowed_states: The states of the other DAG's tasks or run to wait for. Defaults to success.
        skipped_states: If a task or run of the other DAG has one of these states, this task is skipped.
        failed_states: If a task or run of the other DAG has one of these states, this task fails.
        execution_delta: The time by which the other run's logical date is earlier than this run's logical date.
        execution_date_fn: A function that returns the logical dates of the other DAG's runs to wait for, as one date or
            a list. The function is called with this run's logical date, and may have further parameters, which receive
            the context's values of the same names.
        check_existence: Whether to fail if the other DAG, its tasks or its task group don't exist.
        deferrable: Whether the task is deferred while it waits.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = (
        "external_dag_id",
        "external_task_id",
        "external_task_ids",
        "external_task_group_id",
    )
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Iterable[str] | None = None,
        skipped_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        execution_delta: timedelta | None = None,
        execution_date_fn: Callable[..., Any] | None = None,
        check_existence: bool = False,
        poll_interval: float | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.allowed_states: list[str] = list(allowed_states or [TaskInstanceState.SUCCESS.value])
        self.skipped_states: list[str] = list(skipped_states or ())
        self.failed_states: list[str] = list(failed_states or ())
        self._check_states(tasks=bool(external_task_id or external_task_ids or external_task_group_id))
        if sum(bool(each) for each in (external_task_id, external_task_ids, external_task_group_id)) > 1:
            raise ValueError(
                "Only one of `external_task_id`, `external_task_ids` or `external_task_group_id` may be provided to "
                "ExternalTaskSensor."
            )
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError(
                "Only one of `execution_delta` or `execution_date_fn` may be provided to ExternalTaskSensor; not both."
            )
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids: Collection[str] | None = (
            [external_task_id] if external_task_id is not None else external_task_ids or None
        )
        self.external_task_group_id = external_task_group_id
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable

    def _check_states(self, *, tasks: bool) -> None:
        states = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(set(states)) < len(states):
            raise AirflowException("Duplicate values provided across allowed_states, skipped_states and failed_states.")
        valid = State.task_states if tasks else State.dag_states
        if not set(states) <= set(valid):
            raise ValueError(
                f"Invalid states {sorted(set(states) - set(valid))} of external task sensor. Valid states: {valid}"
            )

    def _dates(self, context: MutableMapping[str, Any]) -> list[datetime]:
        date = run_moment(context)
        if self.execution_delta:
            return [date - self.execution_delta]
        if self.execution_date_fn is None:
            return [date]
        # The date is passed only as the first argument, because its context key has different names in Airflow 2 and 3.
        known = {key: key for key in (*context, "context") if key not in ("execution_date", "logical_date")}
        names = determine_kwargs(self.execution_date_fn, [date], known)
        values = {name: context if name == "context" else context_value(context, name) for name in names}
        result = self.execution_date_fn(date, **values)
        return result if isinstance(result, list) else [result]

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        if self.external_task_ids and len(self.external_task_ids) > len(set(self.external_task_ids)):
            raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        dates = self._dates(context)
        self.log.info("Poking for %s on %s", self._awaited(), ", ".join(date.isoformat() for date in dates))
        if self.check_existence:
            self._check_existence()
        if self.failed_states and self._count(self.failed_states, dates) > 0:
            text = f"Some of {self._awaited()} failed."
            if self.soft_fail:
                raise AirflowSkipException(f"{text} Skipping due to soft_fail.")
            raise AirflowException(text)
        if self.skipped_states and self._count(self.skipped_states, dates) > 0:
            raise AirflowSkipException(f"Some of {self._awaited()} reached a state in skipped_states. Skipping.")
        return self._count(self.allowed_states, dates) == len(dates)

    def _awaited(self) -> str:
        if self.external_task_ids:
            return f"the tasks {list(self.external_task_ids)} in DAG {self.external_dag_id}"
        if self.external_task_group_id:
            return f"the task group {self.external_task_group_id!r} in DAG {self.external_dag_id}"
        return f"the DAG {self.external_dag_id}"

    def _count(self, states: Collection[str], dates: list[datetime]) -> float:
        return matching_count(
            states,
            dag_id=self.external_dag_id,
            logical_dates=dates,
            task_ids=self.external_task_ids,
            group_id=self.external_task_group_id,
            needed_by=f"Task {self.task_id!r}",
        )

    def _check_existence(self) -> None:
        dag = dag_runs(f"Task {self.task_id!r}").dag(self.external_dag_id)
        if dag is None:
            raise AirflowException(f"The external DAG {self.external_dag_id} does not exist.")
        group = self.external_task_group_id
        missing = dag.missing(self.external_task_ids or ())
        if missing or (group and not dag.has_group(group)):
            raise AirflowException(f"{missing or group!r} of {self._awaited()} does not exist.")

    def execute(self, context: MutableMapping[str, Any]) -> Any:
        if not self.deferrable:
            return super().execute(context)
        is_two = release_of(self) == "2"
        self.defer(
            trigger=WorkflowTrigger(
                external_dag_id=self.external_dag_id,
                external_task_group_id=self.external_task_group_id,
                external_task_ids=self.external_task_ids,
                allowed_states=self.allowed_states,
                # In Airflow 2, the trigger checks only the allowed states.
                failed_states=None if is_two else self.failed_states,
                skipped_states=None if is_two else self.skipped_states,
                poke_interval=self.poke_interval,
                soft_fail=self.soft_fail,
                logical_dates=self._dates(context),
            ),
            method_name="execute_complete",
            timeout=self.execution_timeout if is_two else timedelta(seconds=self.timeout),
        )
        return None

    def execute_complete(self, context: MutableMapping[str, Any], event: dict[str, Any] | None = None) -> None:
        """Succeed, fail or skip the task, depending on the status that the trigger reports."""
        status = (event or {}).get("status")
        if status == "skipped":
            raise AirflowSkipException("External job has skipped skipping.")
        if status != "success":
            if self.soft_fail:
                raise AirflowSkipException("External job has failed skipping.")
            raise AirflowException(f"{self._awaited()} failed: {status or 'no event received from trigger'}")


class ExternalTaskMarker(EmptyOperator):
    """Marks that a task of another DAG depends on this task.

    The task itself does nothing. If `airflow_compat.dags.runs.clear` clears it, the task of the other DAG and all tasks
    downstream of it are cleared, too. Airflow 3 ignores markers, so there only `recursive=True` has this effect.

    Args:
        external_dag_id: The id of the other DAG.
        external_task_id: The id of the other DAG's task that depends on this one.
        logical_date: The logical date of the other DAG's run. In Airflow 2, this argument may be called
            `execution_date`.
        recursion_depth: Through how many other DAGs a clear may continue if this is the first marker that it clears.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: str | datetime = "{{ logical_date.isoformat() }}",
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        logical_date = renamed(kwargs, "execution_date", logical_date)
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        if not isinstance(logical_date, (str, datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for logical_date. Got {type(logical_date)}")
        self.logical_date: str = logical_date.isoformat() if isinstance(logical_date, datetime) else logical_date
        if recursion_depth <= 0:
            raise ValueError("recursion_depth should be a positive integer")
        self.recursion_depth = recursion_depth
