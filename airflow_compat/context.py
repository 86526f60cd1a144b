"""The context that an Airflow callback is called with: `context["ti"]`, `context["exception"]`, `context["ds"]`, ...

A dict whose values are found when they are first read. A key of Airflow's that has no value here is an error that
names it, also through `get`: a callback must not take a missing thing for an absent one.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from functools import cache
from typing import TYPE_CHECKING, Any

from ._airflow.context import AIRFLOW_KEYS, PAGE, date_keys
from .errors import UnsupportedFeatureError

if TYPE_CHECKING:
    from prefect import Flow, Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from ._prefect.runs import FailedTask

__all__ = ["Context"]


class Context(dict[str, Any]):
    """Airflow's context of one task run or flow run, as a dict."""

    def __init__(self, values: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__(values)
        self._pending = set(values)

    def __getitem__(self, key: str) -> Any:
        if key in self._pending:
            self[key] = super().__getitem__(key)()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._pending.discard(key)
        super().__setitem__(key, value)

    def __missing__(self, key: str) -> Any:
        if key in AIRFLOW_KEYS:
            raise UnsupportedFeatureError(f"context[{key!r}] has no counterpart here, or none yet; see {PAGE}")
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        # An __iter__ of its own makes dict(context) and **context go through __getitem__.
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default for a key that neither this run nor Airflow has."""
        return self[key] if key in self or key in AIRFLOW_KEYS else default

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        """The items, each value found as it is reached."""
        return ItemsView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        """The values, each found as it is reached."""
        return ValuesView(self)

    def __repr__(self) -> str:
        return f"<Context of {', '.join(self)}>"


def context_for_task(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Context:
    """The context of a task run, for its callbacks."""
    from ._prefect import runs

    @cache
    def flow() -> tuple[str, FlowRun | None]:
        return runs.flow_of(task_run)

    def dag_run() -> Any:
        name, flow_run = flow()
        if flow_run is None:
            raise UnsupportedFeatureError(
                f"task {task.name!r} ran outside a flow, so there is no dag_run and no run_id; call it in a flow"
            )
        return runs.dag_run(name, flow_run)

    def task_instance() -> Any:
        name, flow_run = flow()
        run_id = context["run_id"] if flow_run else ""
        retries = task.retries or 0
        return runs.task_instance(task_run, state, task_id=task.name, dag_id=name, run_id=run_id, max_tries=retries)

    def params() -> dict[str, Any]:
        _, flow_run = flow()
        return dict(flow_run.parameters) if flow_run else {}

    context = _context(
        task_instance=task_instance,
        dag_run=dag_run,
        dag=lambda: runs.dag(*flow()),
        task=lambda: runs.airflow_task(task, flow()[0]),
        logical_date=lambda: runs.logical_date(flow()[1], task_run),
        exception=lambda: runs.exception_of(state),
        params=params,
    )
    return context


def context_for_flow(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> Context:
    """The context of a flow run, for its callbacks: that of the task that it failed of, with `reason`.

    Where no task failed, the flow's own body did: `ti` and `task` then stand for the flow, so that no alert is lost.
    """
    from ._prefect import runs

    @cache
    def failed_task() -> FailedTask | None:
        return runs.failed_task(context["exception"], flow_run.id)

    def task_instance() -> Any:
        failed = failed_task()
        names = {"dag_id": flow.name, "run_id": context["run_id"]}
        if failed is None:
            return runs.task_instance(flow_run, state, task_id=flow.name, max_tries=flow.retries or 0, **names)
        retries = failed.run.empirical_policy.retries or 0
        return runs.task_instance(failed.run, failed.state, task_id=failed.name, max_tries=retries, **names)

    def task() -> Any:
        from ._airflow.context import Task as AirflowTask

        return AirflowTask(context["ti"].task_id, flow.name, context["ti"].max_tries)

    context = _context(
        task_instance=task_instance,
        dag_run=lambda: runs.dag_run(flow.name, flow_run),
        dag=lambda: runs.dag(flow.name, flow_run, flow),
        task=task,
        logical_date=lambda: runs.logical_date(flow_run),
        exception=lambda: runs.exception_of(state),
        params=lambda: dict(flow_run.parameters),
    )
    context["reason"] = "timed_out" if state.name == "TimedOut" else "task_failure"
    return context


def _context(**values: Callable[[], Any]) -> Context:
    """The given values, with what derives from them."""
    dates = cache(lambda: date_keys(context["logical_date"]))

    def date_key(key: str) -> Callable[[], str]:
        return lambda: dates()[key]

    derived: dict[str, Callable[[], Any]] = {
        "ti": lambda: context["task_instance"],
        "run_id": lambda: context["dag_run"].run_id,
        **{key: date_key(key) for key in ("ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz")},
    }
    context = Context({**values, **derived})
    return context
