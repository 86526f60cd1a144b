"""The context that Airflow code reads: `get_current_context()` in a task or flow, and what callbacks are called with.

`Context` is a dict whose values are found when they are first read. A key of Airflow's that has no value here is an
error that names it, also through `get`: a callback must not take a missing thing for an absent one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._stand_ins.kinds import CONTEXTS
from .errors import ContextNotFoundError

if TYPE_CHECKING:
    from ._context.mapping import Context

__all__ = ["Context", "get_current_context"]


def get_current_context(*, airflow_version: AirflowVersion = DEFAULT_VERSION) -> Context:
    """The context of the task that this code runs in, else that of the flow.

    The native ways are `prefect.runtime` and `prefect.context.get_run_context()`.

    Args:
        airflow_version: Which keys it has, and what `logical_date` and `data_interval_start` mean: in "2" a scheduled
            run's data interval is the one before its moment, and in "3" all three are the moment.

    Raises:
        ContextNotFoundError: This is outside a flow and a task. Also a `RuntimeError` and an `AirflowException`.

    Example:
        ```python
        from prefect import flow, task

        from airflow_compat import get_current_context


        @task
        def extract():
            return get_current_context()["ti"].task_id


        @flow
        def etl():
            return extract()
        ```
    """
    if stand_in := CONTEXTS.current():
        context: Context = stand_in.context
        return context

    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.states import Running

    from ._context.of_flow import FlowEvent
    from ._context.of_task import context_for_task

    if task_context := TaskRunContext.get():
        run = task_context.task_run
        state = run.state or Running()
        return context_for_task(task_context.task, run, state, airflow_version, has_exception=False)
    flow_context = FlowRunContext.get()
    if flow_context and flow_context.flow and flow_context.flow_run:
        state = flow_context.flow_run.state or Running()
        return FlowEvent(flow_context.flow, flow_context.flow_run, state, airflow_version).context
    raise ContextNotFoundError(
        "get_current_context() was called outside a run; call it in a @task or @flow while that runs"
    )


def __getattr__(name: str) -> object:
    if name == "Context":
        from ._context.mapping import Context

        return Context
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
