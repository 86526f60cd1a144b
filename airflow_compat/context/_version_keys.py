"""Context keys that only one Airflow version has, and keys about previous runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from .._airflow.context_keys import UnsupportedValue
from .._airflow.data_interval import NEIGHBOUR_KEYS, RunDates, neighbours
from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

Values = dict[str, Callable[[], Any]]
FindRun = Callable[[], "FlowRun | None"]


def previous_keys(flow_run: FindRun, version: AirflowVersion) -> Values:
    """Return the context keys that describe the previous successful run.

    If there is no previous successful run, the values are None, as in Airflow.
    """

    @cache
    def run() -> FlowRun | None:
        current = flow_run()
        if current is None:
            return None
        from .._prefect.run_dates import previous_successful_run

        return previous_successful_run(current, airflow_version=version)

    def date(name: str) -> Callable[[], Any]:
        def read() -> Any:
            found = run()
            if found is None:
                return None
            from .._prefect.run_dates import run_dates

            return getattr(run_dates(found, airflow_version=version), name)

        return read

    def moment(name: str) -> Callable[[], Any]:
        from .._prefect.datetimes import plain

        def read() -> Any:
            value = getattr(run(), name, None)
            return value and plain(value)

        return read

    keys: Values = {
        "prev_data_interval_start_success": date("data_interval_start"),
        "prev_data_interval_end_success": date("data_interval_end"),
        "prev_start_date_success": moment("start_time"),
        "prev_end_date_success": moment("end_time"),
    }
    if version == "2":
        keys["prev_execution_date_success"] = date("logical_date")
    return keys


def keys_of_2(dates: Callable[[], RunDates], flow_run: FindRun, context: Callable[[], Mapping[str, Any]]) -> Values:

    @cache
    def around() -> dict[str, Any]:
        found = flow_run()
        if found is None:
            return neighbours(dates(), None)
        from .._prefect.run_dates import run_neighbours

        return run_neighbours(found)

    def neighbour(key: str) -> Callable[[], Any]:
        return lambda: around()[key]

    return {
        "conf": lambda: UnsupportedValue("conf"),
        "execution_date": lambda: context()["logical_date"],
        "expanded_ti_count": lambda: _count(context()),
        "test_mode": lambda: False,
        "triggering_dataset_events": lambda: _triggering_events(flow_run(), "triggering_dataset_events"),
        **{key: neighbour(key) for key in NEIGHBOUR_KEYS},
    }


def keys_of_3(flow_run: FindRun) -> Values:
    return {
        "partition_date": lambda: None,
        "partition_key": lambda: None,
        "task_reschedule_count": lambda: 0,
        "task_state_store": lambda: UnsupportedValue("task_state_store"),
        "triggering_asset_events": lambda: _triggering_events(flow_run(), "triggering_asset_events"),
    }


def _count(context: Mapping[str, Any]) -> Any:
    """Return None for an unmapped task. A mapped task run can't find out how many task runs `map` created."""
    return None if context["ti"].map_index < 0 else UnsupportedValue("expanded_ti_count")


def _triggering_events(flow_run: FlowRun | None, key: str) -> Any:
    """Return no events for a run that a schedule or user created. The events that trigger an automation are unknown."""
    by = flow_run.created_by if flow_run else None
    return UnsupportedValue(key) if by and by.type == "AUTOMATION" else {}
