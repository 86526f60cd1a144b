"""Provides the environment variables that tell child processes which task instance runs.

The variables have the same names as in `airflow.sdk.execution_time.context.context_to_airflow_vars`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._airflow.version import AirflowVersion

_PREFIX = "AIRFLOW_CTX_"


def airflow_variables(context: Mapping[str, Any], version: AirflowVersion) -> dict[str, str]:
    """Return the environment variables `AIRFLOW_CTX_*`, such as `AIRFLOW_CTX_DAG_ID`.

    Like Airflow, leave out variables with empty values.
    """
    task, ti, dag_run = (context.get(key) for key in ("task", "ti", "dag_run"))
    date = "LOGICAL_DATE" if version == "3" else "EXECUTION_DATE"
    values = {
        "DAG_EMAIL": getattr(task, "email", None),
        "DAG_OWNER": getattr(task, "owner", None),
        "DAG_ID": getattr(ti, "dag_id", None),
        "TASK_ID": getattr(ti, "task_id", None),
        date: getattr(dag_run, "logical_date", None),
        "TRY_NUMBER": getattr(ti, "try_number", None),
        "DAG_RUN_ID": getattr(dag_run, "run_id", None),
    }
    return {_PREFIX + name: _as_text(value) for name, value in values.items() if value}


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return ",".join(value) if isinstance(value, list) else str(value)
