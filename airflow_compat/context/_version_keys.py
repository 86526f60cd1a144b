"""The keys of a context that only one of Airflow's versions has, and those of the runs before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from .._airflow.context import Refused
from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from .._airflow.data_interval import RunDates

Values = dict[str, Callable[[], Any]]
FindRun = Callable[[], "FlowRun | None"]


def previous_keys(flow_run: FindRun, version: AirflowVersion) -> Values:
    """The keys of the last run before this one that succeeded; None where there was none, as in Airflow."""

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
        from .._prefect.moments import plain

        def read() -> Any:
            found = run()
            value = found and getattr(found, name)
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
    """The keys that Airflow 3 has dropped."""

    @cache
    def around() -> dict[str, Any]:
        from .._airflow.data_interval import neighbours

        found = flow_run()
        if found is None:
            return neighbours(dates(), None)
        from .._prefect.run_dates import run_neighbours

        return run_neighbours(found)

    def neighbour(key: str) -> Callable[[], Any]:
        return lambda: around()[key]

    names = [f"{which}_ds{form}" for which in ("prev", "next", "yesterday", "tomorrow") for form in ("", "_nodash")]
    return {
        "conf": lambda: Refused("conf"),
        "execution_date": lambda: context()["logical_date"],
        "expanded_ti_count": lambda: _count(context()),
        "test_mode": lambda: False,
        "triggering_dataset_events": lambda: _triggering_events(flow_run(), "triggering_dataset_events"),
        **{key: neighbour(key) for key in (*names, "prev_execution_date", "next_execution_date")},
    }


def keys_of_3(flow_run: FindRun) -> Values:
    """The keys that Airflow 3 has added."""
    return {
        "partition_date": lambda: None,
        "partition_key": lambda: None,
        "task_reschedule_count": lambda: 0,
        "task_state_store": lambda: Refused("task_state_store"),
        "triggering_asset_events": lambda: _triggering_events(flow_run(), "triggering_asset_events"),
    }


def _count(context: Mapping[str, Any]) -> Any:
    """None for a task that isn't mapped; how many a mapped one has isn't known in its runs."""
    return None if context["ti"].map_index < 0 else Refused("expanded_ti_count")


def _triggering_events(flow_run: FlowRun | None, key: str) -> Any:
    """None are known where a schedule or somebody made the run; those of an automation are not told."""
    by = flow_run.created_by if flow_run else None
    return Refused(key) if by and by.type == "AUTOMATION" else {}
