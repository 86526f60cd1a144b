"""Returns the URL of a run's page in Prefect's UI."""

from __future__ import annotations

from prefect.client.schemas.objects import FlowRun, TaskRun

from .._airflow.run_objects import DagRun, TaskInstance
from .._prefect.runs import active_run, run_url
from ..errors import ContextNotFoundError, InvalidArgumentError


def page_of(run: object) -> str:
    if isinstance(run, TaskInstance):
        return run.log_url
    if isinstance(run, DagRun) and run.services:
        return run.services.log_url()
    if isinstance(run, (TaskRun, FlowRun)):
        return run_url(run)
    if run is not None:
        raise InvalidArgumentError(
            f"logs.task_log_url takes a ti, a dag_run, a task run or a flow run, not {type(run).__name__}"
        )
    if active := active_run():
        return run_url(active)
    raise ContextNotFoundError("logs.task_log_url() was called outside a run. Pass the run")
