"""The context that Airflow code reads, from `get_current_context()` or as a callback's argument.

`Context` is a dict that computes each value when it is first read.
"""

from __future__ import annotations

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import ContextNotFoundError
from ._lazy_dict import Context
from ._override import CONTEXTS
from ._running import running_context

__all__ = ["Context", "get_current_context"]


def get_current_context(*, airflow_version: AirflowVersion = DEFAULT_VERSION) -> Context:
    """Return the context of the running task or, outside a task, of the running flow.

    Prefect's own ways are `prefect.runtime` and `prefect.context.get_run_context()`.

    Args:
        airflow_version: The Airflow version whose keys and dates the context has. With "2", a scheduled run's logical
            date is the start of its data interval; with "3", the logical date is the scheduled time.

    Raises:
        ContextNotFoundError: No flow or task is running. The error is also a `RuntimeError` and an `AirflowException`.

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
    found: Context | None = running_context()
    if found is not None:
        return found
    if stand_in := CONTEXTS.current():
        return stand_in.context

    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.states import Running

    from ._flow_run import FlowEvent
    from ._task_run import context_for_task

    if task_context := TaskRunContext.get():
        run = task_context.task_run
        state = run.state or Running()
        return context_for_task(task_context.task, run, state, airflow_version, has_exception=False)
    flow_context = FlowRunContext.get()
    if flow_context and flow_context.flow and flow_context.flow_run:
        state = flow_context.flow_run.state or Running()
        return FlowEvent(flow_context.flow, flow_context.flow_run, state, airflow_version).context
    raise ContextNotFoundError("get_current_context() was called outside a run. Call it in a running @task or @flow.")
