"""Finds and starts runs of DAGs that are still on Airflow, through Airflow's REST API."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .._airflow.graph import InstanceKey
from .._airflow.zones import api_moment
from .._prefect.run_logger import run_logger
from ..exceptions import DagNotFound, DagRunAlreadyExists
from ..operators._dag_runs import OtherDag, OtherRun
from ._airflow_api import AirflowApi, ConflictError

_STATE = "state"


class AirflowRuns:
    """Finds and starts runs of the DAGs on one Airflow installation.

    Args:
        api: Its REST API.
    """

    def __init__(self, api: AirflowApi) -> None:
        self._api = api

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG; None if Airflow has no DAG with this id, or no longer finds its file."""
        if not self.has(dag_id):
            return None
        tasks = (self._api.get("dags", dag_id, "tasks") or {}).get("tasks", [])
        return OtherDag(frozenset(str(task["task_id"]) for task in tasks))

    def has(self, dag_id: str) -> bool:
        """Return True if Airflow has the DAG."""
        found = self._api.get("dags", dag_id)
        # If a DAG's file is gone, Airflow 2 keeps the DAG and marks it as inactive, and Airflow 3 marks it as stale.
        return found is not None and bool(found.get("is_active", True)) and not found.get("is_stale", False)

    def trigger(
        self,
        dag_id: str,
        *,
        run_id: str,
        logical_date: datetime | None,
        conf: Mapping[str, Any] | None,
        run_after: datetime | None = None,
        reset: bool = False,
    ) -> OtherRun:
        """Start a run. With `reset`, clear all tasks of the run if it already exists.

        Raises:
            AirflowApiError: Airflow refuses the request, or does not answer.
            DagNotFound: Airflow does not have the DAG.
            DagRunAlreadyExists: A run with this id or logical date already exists.
        """
        if (self._api.get("dags", dag_id) or {}).get("is_paused"):
            run_logger().warning(
                "DAG %r is paused on Airflow. Its run %r begins when you unpause the DAG.", dag_id, run_id
            )
        body: dict[str, Any] = {"dag_run_id": run_id, "conf": dict(conf or {})}
        if logical_date is not None or self._api.version == "v2":
            body["logical_date"] = None if logical_date is None else logical_date.isoformat()
        if run_after is not None and self._api.version == "v2":
            body["run_after"] = run_after.isoformat()
        try:
            found = self._api.post("dags", dag_id, "dagRuns", body=body)
        except ConflictError:
            if not reset:
                raise DagRunAlreadyExists(
                    f"A run of DAG {dag_id!r} on Airflow has the id {run_id!r} or its logical date."
                ) from None
            return self._clear(dag_id, run_id, logical_date)
        if found is None:
            raise DagNotFound(f"DAG {dag_id!r} was not found on Airflow.")
        return _run(found)

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str | None:
        """Wait for this time, and then return the state of a run; None if the run does not exist."""
        time.sleep(seconds)
        return next((run.state for run in self.runs(dag_id, run_ids=[run_id])), None)

    def runs(
        self, dag_id: str, *, logical_dates: Collection[datetime] | None = None, run_ids: Collection[str] | None = None
    ) -> Sequence[OtherRun]:
        """Return the runs with these logical dates, or with these ids."""
        return list(
            self._with_dates(dag_id, logical_dates or ()) if run_ids is None else self._with_ids(dag_id, run_ids)
        )

    def task_states(self, dag_id: str, run_id: str) -> Mapping[InstanceKey, str | None]:
        """Return the states of all task instances of a run."""
        found = self._api.items("task_instances", "dags", dag_id, "dagRuns", run_id, "taskInstances")
        return {InstanceKey(str(each["task_id"]), int(each["map_index"])): each[_STATE] for each in found}

    def _with_ids(self, dag_id: str, run_ids: Collection[str]) -> Iterator[OtherRun]:
        for run_id in run_ids:
            if found := self._api.get("dags", dag_id, "dagRuns", run_id):
                yield _run(found)

    def _with_dates(self, dag_id: str, dates: Collection[datetime]) -> Iterator[OtherRun]:
        name = "logical_date" if self._api.version == "v2" else "execution_date"
        for date in dates:
            moment = date.isoformat()
            query = {f"{name}_gte": moment, f"{name}_lte": moment}
            yield from map(_run, self._api.items("dag_runs", "dags", dag_id, "dagRuns", **query))

    def _clear(self, dag_id: str, run_id: str, logical_date: datetime | None) -> OtherRun:
        there = self.runs(dag_id, run_ids=[run_id]) or self.runs(
            dag_id, logical_dates=[logical_date] if logical_date else []
        )
        if not there:
            raise DagNotFound(f"Run {run_id!r} of DAG {dag_id!r} on Airflow was deleted while it was to be cleared.")
        self._api.post("dags", dag_id, "dagRuns", there[0].run_id, "clear", body={"dry_run": False})
        return OtherRun(there[0].run_id, there[0].logical_date, "queued")


def _run(found: Mapping[str, Any]) -> OtherRun:
    date = found.get("logical_date") or found.get("execution_date")
    return OtherRun(str(found["dag_run_id"]), None if date is None else api_moment(date), found[_STATE])
