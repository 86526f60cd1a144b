"""The context of a task instance of a DAG. It is like the context of a ported task, but its `task` is the operator."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from .._airflow.context_keys import DATED_KEYS
from .._airflow.data_interval import NEIGHBOUR_KEYS
from .._airflow.graph import InstanceKey
from .._airflow.run_objects import DagRun, TaskInstance
from .._prefect.datetimes import in_pendulum, plain
from .._prefect.run_logger import logger_of
from .._prefect.runs import run_url
from ..authoring import ParamsDict
from ..context import Context
from ..context._common_values import common_values
from ..exceptions import AirflowTaskTerminated, UnmappableXComLengthPushed
from ..operators._task_instance import OperatorTaskInstance
from ..xcom import RETURN_KEY, TaskInstanceAddress, pull, push
from ._asset_events import OutletEvents
from ._asset_state import AssetStateStores, has_assets
from ._inlet_events import InletEvents
from ._records import Record, RunEnd, moment
from ._run_index import RunIndex, before_or_indexed
from ._run_schedule import neighbours_of
from ._task_state import TaskStateStore
from ._triggering_events import triggering_events

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun, TaskRun

    from .._airflow.version import AirflowVersion
    from ._run import DagRunState


@dataclass(eq=False)
class InstanceServices:
    """What `ti` and `dag_run` look up for one task instance.

    Records the keys of the XComs that the task instance pushes.

    Attributes:
        is_stopped: Whether the try was killed. A killed try must not change the XComs of a later try.
    """

    run: DagRunState
    shown_as: TaskRun | FlowRun
    pushed: dict[str, None] = field(default_factory=dict)
    is_stopped: bool = False

    def log_url(self) -> str:
        return run_url(self.shown_as)

    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        return logger_of(self.shown_as)

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """Return the ended task instances of the run, from their records."""
        wanted = None if states is None else set(states)
        return [_recorded(self.run, each) for each in self.run.records.all() if wanted is None or each.state in wanted]

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        return self.pull(ti.task_id, ti.map_index, arguments, airflow_version=self.run.version)

    def pull(
        self, task_id: str, map_index: int, arguments: Mapping[str, Any], *, airflow_version: AirflowVersion
    ) -> Any:
        """Return the XComs that a task instance pulls; see `xcom.pull`."""
        self.run.xcoms.refresh()
        return pull(self.address(task_id, map_index), **arguments, airflow_version=airflow_version)

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        """Store an XCom.

        Raises:
            UnmappableXComLengthPushed: The return value has too many items for a task that is mapped over it.
            AirflowTaskTerminated: The try was killed.
        """
        if self.is_stopped:
            raise AirflowTaskTerminated(f"The try was killed before it pushed XCom {key!r}.")
        is_mapped_over = key == RETURN_KEY and ti.map_index < 0 and ti.task_id in self.run.mapped_over
        most = self.run.max_map_length
        if is_mapped_over and isinstance(value, (Sequence, Mapping)) and len(value) > most:
            raise UnmappableXComLengthPushed(value, most)
        push(self.address(ti.task_id, ti.map_index), key, value, airflow_version=self.run.version)
        self.pushed[key] = None
        self.run.xcoms.pushed(InstanceKey(ti.task_id, ti.map_index), key)

    def address(self, task_id: str, map_index: int) -> TaskInstanceAddress:
        run = self.run
        return TaskInstanceAddress(
            run.flow_run.id,
            run.dag.dag_id,
            task_id,
            map_index,
            run.run_id,
            run.flow,
            knows_all=True,
            find_runs=self._find_runs,
        )

    def _find_runs(self, dag_id: str) -> list[tuple[datetime, UUID]]:
        indexed = RunIndex(self.run.records.objects, dag_id).runs()
        return [(each.logical_date, each.flow_run_id) for each in indexed]


def instance_context(
    run: DagRunState,
    operator: Any,
    key: InstanceKey,
    services: InstanceServices,
    *,
    try_number: int,
    state: str = "running",
    start_date: datetime | None = None,
    waits: Callable[[], datetime | None] = lambda: None,
) -> Context:
    """Return the context of a try of a task instance."""
    begun = in_pendulum(start_date or datetime.now(timezone.utc))

    def task_instance() -> OperatorTaskInstance:
        return OperatorTaskInstance(
            task_id=key.task_id,
            dag_id=run.dag.dag_id,
            run_id=run.run_id,
            try_number=try_number,
            max_tries=run.max_tries(key, operator.retries),
            state=state,
            start_date=begun,
            end_date=None,
            numbered=key.map_index,
            hostname=socket.gethostname(),
            task=operator,
            dag_run=context["dag_run"],
            services=services,
            waits=waits,
        )

    def values() -> dict[str, Callable[[], Any]]:
        found = {
            **common_values(context, lambda: run.dates, lambda: run.flow_run, run.version),
            "run_id": lambda: run.run_id,
            "task_instance": task_instance,
            "dag_run": lambda: dag_run(run, services),
            "dag": lambda: run.dag,
            "task": lambda: operator,
            "params": lambda: params_of(run, operator),
            "inlets": lambda: operator.inlets,
            "outlets": lambda: operator.outlets,
            "inlet_events": lambda: InletEvents(operator.inlets),
            "outlet_events": OutletEvents,
            "map_index_template": lambda: getattr(operator, "map_index_template", None),
        }
        if run.loaded is not None:
            found["macros"] = run.loaded.plugins.macros
        if run.dates.is_dated:
            found |= before_or_indexed(found, run)
        if run.version == "2":
            found["triggering_dataset_events"] = lambda: triggering_events(run)
            around = cache(lambda: neighbours_of(run.dag, run.dates))
            found |= {name: partial(lambda name: around()[name], name) for name in NEIGHBOUR_KEYS}
            found["expanded_ti_count"] = lambda: run.records.lengths.get(key.task_id)
        else:
            found["triggering_asset_events"] = lambda: triggering_events(run)
            if not run.dates.is_dated:
                found["task_instance_key_str"] = lambda: f"{run.dag.dag_id}__{key.task_id}__{run.run_id}"
            found["task_state_store"] = lambda: TaskStateStore(run.records.objects, key)
            if has_assets(assets := [*operator.inlets, *operator.outlets]):
                found["asset_state_store"] = lambda: AssetStateStores(assets)
        return found

    context = Context(values, run.version)
    if not run.dates.is_dated:
        context.leave_out(DATED_KEYS)
    return context


def in_state(context: Context, state: str, *, exception: BaseException | None, has_exception: bool) -> None:
    """Set the state that the context's `ti` shows to callbacks."""
    ti: Any = context["task_instance"]
    context["task_instance"] = context["ti"] = replace(ti, state=state, end_date=_now())
    if has_exception or context.airflow_version == "3":
        context["exception"] = exception


def context_at_end(run: DagRunState, end: RunEnd, record: Record | None) -> Context:
    """Return the context of the DAG's callbacks, which describes one ended task instance."""
    services = InstanceServices(run, run.flow_run)
    task_id = record.task_id if record else next(iter(run.graph.tasks))
    key = record.key if record else InstanceKey(task_id)
    context = instance_context(
        run,
        run.dag.get_task(task_id),
        key,
        services,
        try_number=record.try_number if record else 0,
        state=record.state if record else end.state,
        start_date=moment(record.start_date) if record else None,
    )
    context["dag_run"] = dag_run(run, services, state=end.state)
    context["reason"] = end.reason
    return context


def dag_run(run: DagRunState, services: InstanceServices, *, state: str = "running") -> DagRun:
    dates, start = run.dates, run.flow_run.start_time
    return DagRun(
        dag_id=run.dag.dag_id,
        run_id=run.run_id,
        run_type=dates.run_type,
        logical_date=dates.logical_date if dates.is_dated else None,
        start_date=plain(start) if start else None,
        conf=deepcopy(dict(run.conf)),
        state=state,
        data_interval_start=dates.data_interval_start if dates.is_dated else None,
        data_interval_end=dates.data_interval_end if dates.is_dated else None,
        run_after=dates.run_after,
        is_test=dates.is_test,
        services=services,
    )


def params_of(run: DagRunState, operator: Any = None) -> dict[str, Any]:
    """Return the params of the DAG and of a task; values in the run's `conf` replace the defaults.

    The values are copies, because all runs of the DAG share the DAG's own values.

    Raises:
        ParamValidationError: A value does not match its Param's schema.
    """
    params = ParamsDict()
    params.update(run.dag.params)
    if operator is not None and operator.params:
        params.update(operator.params)
    params = params.copied()
    params.update(run.conf)
    return deepcopy(params.validate())


def _recorded(run: DagRunState, record: Record) -> TaskInstance:
    task: Any = run.dag.get_task(record.task_id)
    return OperatorTaskInstance(
        task_id=record.task_id,
        dag_id=run.dag.dag_id,
        run_id=run.run_id,
        try_number=record.try_number,
        max_tries=run.max_tries(record.key, task.retries or 0),
        state=record.state,
        start_date=moment(record.start_date),
        end_date=moment(record.ended_at),
        numbered=record.map_index,
        task=task,
        services=InstanceServices(run, run.flow_run),
    )


def _now() -> datetime:
    return in_pendulum(datetime.now(timezone.utc))
