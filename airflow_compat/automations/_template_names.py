"""What Airflow's template names are in the templates of Prefect's automations.

The server fills those in when the alert fires. It has the event, the flow, the flow run and the deployment; of a task
only what the event says, since the task run itself may not be recorded yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .._airflow.version import AirflowVersion

PREFECT_NAMES = frozenset(
    "automation concurrency_limit deployment event events firing firings flow flow_run labels task_run variables "
    "work_pool work_queue".split()
)
"""What Prefect's templates have themselves."""

_DATE = "flow_run.expected_start_time"
_DATES = {
    "ds": f"{_DATE}.strftime('%Y-%m-%d')",
    "ds_nodash": f"{_DATE}.strftime('%Y%m%d')",
    "ts": f"{_DATE}.isoformat()",
    "ts_nodash": f"{_DATE}.strftime('%Y%m%dT%H%M%S')",
    "ts_nodash_with_tz": f"{_DATE}.strftime('%Y%m%dT%H%M%S%z')",
    **dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end", "dag_run.logical_date"), _DATE),
    **dict.fromkeys(("dag_run.data_interval_start", "dag_run.data_interval_end"), _DATE),
}
_RUN_ID = f"(('scheduled__' if flow_run.auto_scheduled else 'manual__') ~ {_DATE}.isoformat())"
_TI_STATES = {"on_failure": "failed", "on_success": "success", "on_retry": "up_for_retry", "on_skipped": "skipped"}
_DAG_RUN_STATES = {"on_failure": "failed", "on_success": "success"}


@dataclass(frozen=True)
class Counterparts:
    """Airflow's names, dotted, and what stands for each; and why others have nothing.

    Attributes:
        expressions: Each an operand: a dot or a filter may follow it.
        reasons: For names that one would expect here.
    """

    expressions: Mapping[str, str]
    reasons: Mapping[str, str]


def counterparts(alert: str, *, task: bool, task_id: str | None, airflow_version: AirflowVersion) -> Counterparts:
    """Those of an alert.

    Args:
        alert: `on_failure`, or another of the builders' names.
        task: Whether it is about task runs.
        task_id: The one task that it is about, where it is about one.
        airflow_version: Whose dates are meant. Those of "2" have no counterpart.
    """
    found = {
        **dict.fromkeys(("dag.dag_id", "dag_run.dag_id", "task.dag_id", "ti.dag_id"), "flow.name"),
        "dag_run.conf": "flow_run.parameters",
        "params": "flow_run.parameters",
        "dag_run.start_date": "flow_run.start_time",
        "dag_run.end_date": "flow_run.end_time",
        "ti.try_number": "(event.resource['prefect.run-count'] | int)",
        "ti.log_url": "((task_run or flow_run) | ui_url)" if task else "(flow_run | ui_url)",
    }
    found |= dict.fromkeys(("task.task_id", "ti.task_id"), _task_id(task, task_id))
    if not task:
        found |= {"ti.start_date": "flow_run.start_time", "ti.end_date": "flow_run.end_time"}
    if alert in _TI_STATES:
        found["ti.state"] = json.dumps(_TI_STATES[alert])
    if alert in _DAG_RUN_STATES and not task:
        found["dag_run.state"] = json.dumps(_DAG_RUN_STATES[alert])
    reasons = {
        **dict.fromkeys(("dag", "dag_run", "ti", "task"), "the server has no such object; write one of its attributes"),
        "conn": "the server's templates read no connections",
        "macros": "the server's templates have no macros",
        "exception": "an alert of this kind is about no exception",
    }
    # A task that is to be retried is told of without what it failed of.
    if alert == "on_failure" or (alert == "on_retry" and not task):
        found["exception"] = "event.resource['prefect.state-message']"
    if airflow_version == "3":
        found |= _DATES
        found |= dict.fromkeys(("run_id", "dag_run.run_id", "ti.run_id"), _RUN_ID)
        reasons["execution_date"] = "Airflow 3 has no such name; write logical_date"
    else:
        ours = "Airflow 2 takes it from the schedule, which the server's templates don't have; give it as a parameter"
        reasons |= dict.fromkeys((*_DATES, "run_id", "dag_run.run_id", "ti.run_id", "execution_date"), ours)
    return Counterparts({**found, **_with_long_names(found)}, {**reasons, **_with_long_names(reasons)})


def _task_id(task: bool, task_id: str | None) -> str:
    if not task:
        # As in the context of a callback on a flow: the flow stands for the task.
        return "flow.name"
    if task_id is not None:
        return jinja_text(task_id)
    return "event.resource.name.rpartition('-')[0]"


def jinja_text(text: str) -> str:
    """A text as a literal in a template: Jinja has Python's escapes there, and so JSON's, but for JSON's of an emoji.

    Those are two halves, of which Python makes what can't be sent.
    """
    return json.dumps(text, ensure_ascii=False)


def _with_long_names(found: Mapping[str, str]) -> dict[str, str]:
    """The same under `task_instance`, which is another name for `ti`."""
    return {
        "task_instance" + name.removeprefix("ti"): value for name, value in found.items() if name.split(".")[0] == "ti"
    }
