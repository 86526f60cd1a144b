"""Finds where another DAG runs: in a deployment, on Airflow, or in the folder of the DAG file."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from .._airflow.graph import InstanceKey
from ..exceptions import DagNotFound
from ..operators._dag_runs import DagRuns, OtherDag, OtherRun
from ._deployed_runs import DeployedRuns
from ._other_runs import FolderRuns

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from ._loading import LoadedFile
    from ._run import Isolation

AIRFLOW_VARIABLE = "AIRFLOW_COMPAT_AIRFLOW_CONN_ID"
"""The environment variable that names the connection to the Airflow that still runs some of the DAGs."""


class _Place(DagRuns, Protocol):
    def has(self, dag_id: str) -> bool:
        """Return True if the DAG was found in this place."""


class OtherDags:
    """The runs of other DAGs: in deployments, on Airflow, or in the folder of the DAG file.

    A run of a deployment looks for another DAG first among the deployments, then on Airflow, and last in the folder of
    its own DAG file, because that folder may also contain the files of DAGs that still run on Airflow. Other runs, such
    as tests, look into the folder first.

    Args:
        own: The run whose tasks start or await the other runs.
        loaded: The loaded file of the running DAG; None for a DAG without a file.
        storage: The result storage.
        isolation: Whether triggered runs of the folder's DAGs execute their tasks in threads or in child processes.
    """

    def __init__(self, own: FlowRun, loaded: LoadedFile | None, storage: Any, isolation: Isolation = "thread") -> None:
        self._folder = FolderRuns(loaded, storage, isolation)
        self._deployed = DeployedRuns(own, storage)
        elsewhere: list[_Place] = [self._deployed, *_airflow()]
        self._places: list[_Place] = [*elsewhere, self._folder] if own.deployment_id else [self._folder, *elsewhere]
        self._found: dict[str, _Place] = {}

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG; None if it does not exist."""
        return self._lookup(dag_id).dag(dag_id)

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
        """Start a run of another DAG, in the place where that DAG was found.

        Raises:
            DagNotFound: The DAG was not found.
            DagRunAlreadyExists: A run with this id or logical date exists.
        """
        place = self._place(dag_id)
        if place is None:
            raise DagNotFound(
                f"DAG {dag_id!r} was not found: it has no deployment, and the folder of this DAG's file does not have "
                f"it. Deploy it, or set {AIRFLOW_VARIABLE} to the connection of the Airflow that runs it."
            )
        return place.trigger(
            dag_id, run_id=run_id, logical_date=logical_date, conf=conf, run_after=run_after, reset=reset
        )

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str | None:
        """Wait at most `seconds` until a run ends, and return the run's state; None if the run does not exist."""
        return self._lookup(dag_id).wait(dag_id, run_id, seconds)

    def wait_for_all(self) -> None:
        """Wait until the runs that were started in this process have ended."""
        self._folder.wait_for_all()

    def runs(
        self, dag_id: str, *, logical_dates: Collection[datetime] | None = None, run_ids: Collection[str] | None = None
    ) -> Sequence[OtherRun]:
        """Return the runs with these logical dates, or with these ids."""
        return self._lookup(dag_id).runs(dag_id, logical_dates=logical_dates, run_ids=run_ids)

    def task_states(self, dag_id: str, run_id: str) -> Mapping[InstanceKey, str | None]:
        """Return the states of the task instances of a run."""
        return self._lookup(dag_id).task_states(dag_id, run_id)

    def _lookup(self, dag_id: str) -> DagRuns:
        # Even if the DAG was not found, a script may have started runs of it, which are on the server.
        return self._place(dag_id) or self._deployed

    def _place(self, dag_id: str) -> _Place | None:
        found = self._found.get(dag_id) or next((place for place in self._places if place.has(dag_id)), None)
        if found is not None:
            self._found[dag_id] = found
        return found


def _airflow() -> Iterator[_Place]:
    if conn_id := os.environ.get(AIRFLOW_VARIABLE):
        # This import also imports `requests`, which runs that don't use Airflow do not need.
        from ._airflow_api import AirflowApi
        from ._airflow_runs import AirflowRuns

        yield AirflowRuns(AirflowApi(conn_id))
