"""Maps Airflow's template names to expressions for Prefect's automation templates.

When the alert fires, templates can use the event, flow, flow run and deployment, but the server may not have the task
run yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .._airflow.version import AirflowVersion
from .._prefect.internals.names import RUN_LABELS

PREFECT_NAMES = frozenset(
    "automation concurrency_limit deployment event events firing firings flow flow_run labels task_run variables "
    "work_pool work_queue".split()
)

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
class TemplateNames:
    """Airflow's dotted names, such as `dag.dag_id`.

    Attributes:
        expressions: Prefect's expression for each name. In a template, a dot or a filter may follow the name.
        reasons: For names that users may expect but that have no expression, the reason.
    """

    expressions: Mapping[str, str]
    reasons: Mapping[str, str]


def counterparts(alert: str, *, task: bool, task_id: str | None, airflow_version: AirflowVersion) -> TemplateNames:
    """Return the names that an alert's texts can use."""
    found = {
        **dict.fromkeys(("dag.dag_id", "dag_run.dag_id", "task.dag_id", "ti.dag_id"), "flow.name"),
        "dag_run.conf": "flow_run.parameters",
        "params": "flow_run.parameters",
        "dag_run.start_date": "flow_run.start_time",
        "dag_run.end_date": "flow_run.end_time",
        "ti.try_number": f"(event.resource['{RUN_LABELS.run_count}'] | int)",
        "ti.log_url": "((task_run or flow_run) | ui_url)" if task else "(flow_run | ui_url)",
    }
    found |= dict.fromkeys(("task.task_id", "ti.task_id"), _task_id(task, task_id))
    found |= {} if task else {"ti.start_date": "flow_run.start_time", "ti.end_date": "flow_run.end_time"}
    states = {"ti.state": _TI_STATES.get(alert), "dag_run.state": None if task else _DAG_RUN_STATES.get(alert)}
    found |= {name: json.dumps(state) for name, state in states.items() if state}
    reasons = {
        **dict.fromkeys(
            ("dag", "dag_run", "ti", "task"), "the server has no such object; use an attribute of the object"
        ),
        "conn": "the server's templates can't read connections",
        "macros": "the server's templates have no macros",
        "exception": "this kind of alert has no exception",
    }
    # A task's retry event has no exception.
    if alert == "on_failure" or (alert == "on_retry" and not task):
        found["exception"] = f"event.resource['{RUN_LABELS.state_message}']"
    if airflow_version == "3":
        found |= _DATES
        found |= dict.fromkeys(("run_id", "dag_run.run_id", "ti.run_id"), _RUN_ID)
        reasons["execution_date"] = "Airflow 3 has no such name; use logical_date"
    else:
        ours = (
            "in Airflow 2 it depends on the schedule, which templates on the server can't read; give the flow a "
            "parameter with the value, and use {{ params.NAME }}"
        )
        reasons |= dict.fromkeys((*_DATES, "run_id", "dag_run.run_id", "ti.run_id", "execution_date"), ours)
    return TemplateNames({**found, **_with_long_names(found)}, {**reasons, **_with_long_names(reasons)})


def _task_id(task: bool, task_id: str | None) -> str:
    if not task:
        # Names of tasks describe the flow, as in the context of a flow's callback.
        return "flow.name"
    return "event.resource.name.rpartition('-')[0]" if task_id is None else jinja_text(task_id)


def jinja_text(text: str) -> str:
    """Return a text as a string literal of a template.

    Emojis are not escaped, because JSON escapes would turn each into two surrogates, which can't be sent.
    """
    return json.dumps(text, ensure_ascii=False)


def _with_long_names(found: Mapping[str, str]) -> dict[str, str]:
    return {
        "task_instance" + name.removeprefix("ti"): value for name, value in found.items() if name.split(".")[0] == "ti"
    }
