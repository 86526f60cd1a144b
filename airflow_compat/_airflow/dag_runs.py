"""The names of a DAG run's claim to its logical date and of requests to the run, which several features share."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

REQUEST = "airflow-compat-request-"
"""If the key of a flow run's input has this prefix, the input is a request to the run."""


def claim_name(dag_id: str, logical_date: datetime) -> str:
    """Return the name of the block document that reserves a logical date for one run of the DAG."""
    moment = f"{dag_id} {logical_date.astimezone(timezone.utc).isoformat()}"
    return f"airflow-compat-dag-run-{hashlib.sha256(moment.encode()).hexdigest()[:40]}"
