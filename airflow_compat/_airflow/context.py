"""The task context as data: `ti`, `dag_run`, `dag` and `task`, and what derives from the logical date.

The objects have the attributes that are true of a Prefect run. Any other attribute is an error that says so, never
None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..errors import UnsupportedFeatureError

# The keys that a context of Airflow 3.3 or 2.11 has; `reason` is not among them, since only a DAG's has it.
AIRFLOW_KEYS = frozenset(
    "asset_state_store conf conn dag dag_run data_interval_end data_interval_start ds ds_nodash exception "
    "execution_date expanded_ti_count inlet_events inlets logical_date macros map_index_template next_ds "
    "next_ds_nodash next_execution_date outlet_events outlets params partition_date partition_key "
    "prev_data_interval_end_success prev_data_interval_start_success prev_ds prev_ds_nodash prev_end_date_success "
    "prev_execution_date prev_execution_date_success prev_start_date_success run_id task task_instance "
    "task_instance_key_str task_reschedule_count task_state_store templates_dict test_mode ti tomorrow_ds "
    "tomorrow_ds_nodash triggering_asset_events triggering_dataset_events try_number ts ts_nodash ts_nodash_with_tz "
    "var yesterday_ds yesterday_ds_nodash".split()
)

PAGE = "docs/explanation/what-does-not-map.md"


class _Strict:
    """Makes an attribute that isn't there an error that names it."""

    def __getattr__(self, name: str) -> Any:
        # Python, copy and pickle ask for dunders that may be absent; they want a plain AttributeError.
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedFeatureError(
            f"{type(self).__name__}.{name} has no counterpart in a Prefect run, or none yet; see {PAGE}"
        )


@dataclass(frozen=True)
class Dag(_Strict):
    """`context["dag"]`: the flow, as a DAG."""

    dag_id: str
    description: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task(_Strict):
    """`context["task"]`: the Prefect task, as an operator. `retry_delay` is None where each retry has its own."""

    task_id: str
    dag_id: str
    retries: int = 0
    retry_delay: timedelta | None = None


@dataclass(frozen=True)
class DagRun(_Strict):
    """`context["dag_run"]`: the flow run. `conf` holds its parameters."""

    dag_id: str
    run_id: str
    run_type: str
    logical_date: datetime
    start_date: datetime | None = None
    conf: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class TaskInstance(_Strict):
    """`context["ti"]`: the task run.

    Attributes:
        try_number: Which try this is, from 1 on.
        max_tries: How many retries there may be, as in Airflow: one less than the tries.
        duration: The seconds between start and end.
        log_url: The run's page in Prefect's UI.
    """

    task_id: str
    dag_id: str
    run_id: str
    try_number: int
    max_tries: int
    state: str
    start_date: datetime | None
    end_date: datetime | None
    log_url: str

    @property
    def duration(self) -> float | None:
        """The seconds between start and end; None when either is unknown."""
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()


def date_keys(logical_date: datetime) -> dict[str, str]:
    """`ds`, `ts` and their forms, from the logical date (`airflow.sdk.execution_time.task_runner`)."""
    return {
        "ds": logical_date.strftime("%Y-%m-%d"),
        "ds_nodash": logical_date.strftime("%Y%m%d"),
        "ts": logical_date.isoformat(),
        "ts_nodash": logical_date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": logical_date.isoformat().replace("-", "").replace(":", ""),
    }


def make_run_id(run_type: str, logical_date: datetime) -> str:
    """Airflow's own form of a run id: `scheduled__2026-11-22T00:00:00+00:00`."""
    return f"{run_type}__{logical_date.isoformat()}"
