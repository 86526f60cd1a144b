"""The runs of other DAGs of the same folder, for tasks that start runs or wait for them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._prefect.runs import state_name
from ..exceptions import DagNotFound, DagRunAlreadyExists
from ..operators._dag_runs import OtherDag, OtherRun
from . import _server as server
from ._graph_of_dag import graph_of
from ._prefect_runs import PrefectRuns, dag_of
from ._run import GIVEN_RUN_ID, IS_TEST, IS_UNDATED, Isolation

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun

    from ._folder import DagFlows
    from ._loading import LoadedFile


@dataclass
class _Triggered:
    """A run that this process has started in a thread."""

    thread: threading.Thread
    logical_date: datetime | None
    flow_run_id: UUID | None = None
    state: str = "running"


class FolderRuns(PrefectRuns):
    """Runs of the DAGs in the folder of a DAG file. A triggered run becomes a nested flow run.

    Args:
        loaded: The loaded file of the running DAG; None for a DAG without a file.
        storage: The result storage, which also contains the records of the other runs.
        isolation: Whether triggered runs execute their tasks in threads or in child processes.
    """

    def __init__(self, loaded: LoadedFile | None, storage: Any, isolation: Isolation = "thread") -> None:
        super().__init__(storage)
        self._loaded, self._isolation = loaded, isolation
        self._lock = threading.Lock()
        self._found: DagFlows | None = None
        self._triggered: dict[tuple[str, str], _Triggered] = {}

    def has(self, dag_id: str) -> bool:
        """Return True if the folder has the DAG."""
        return self._loaded is not None and dag_id in self._flows(self._loaded)

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG; None if it does not exist."""
        return dag_of(graph_of(self._flows(self._loaded)[dag_id].dag)) if self._loaded and self.has(dag_id) else None

    def trigger(
        self,
        dag_id: str,
        *,
        run_id: str,
        logical_date: datetime | None,
        conf: Mapping[str, Any] | None,
        run_after: datetime | None = None,  # noqa: ARG002 - the run starts at once
        reset: bool = False,
    ) -> OtherRun:
        """Start a run in a thread, and return the run without waiting for its end."""
        flow = self._flows(self._loaded).get(dag_id) if self._loaded else None
        if flow is None:
            raise DagNotFound(f"DAG {dag_id!r} was not found in the folder of this DAG's file.")
        if not reset and (self.runs(dag_id, run_ids=[run_id]) or self._of_date(dag_id, logical_date)):
            raise DagRunAlreadyExists(
                f"A run of DAG {dag_id!r} already has the id {run_id!r} or the same logical date."
            )

        def start() -> None:
            IS_TEST.set(reset or IS_TEST.get())
            GIVEN_RUN_ID.set(run_id)
            IS_UNDATED.set(logical_date is None)
            try:
                state: Any = flow(logical_date=logical_date, conf=dict(conf or {}), return_state=True)
                triggered.flow_run_id = state.state_details.flow_run_id
                triggered.state = state_name(state)
            except Exception:
                # Whatever the flow raises, a task that waits for the run must see its end.
                triggered.state = "failed"
                raise

        thread = threading.Thread(target=copy_context().run, args=(start,), name=f"{dag_id} {run_id}")
        triggered = self._triggered[dag_id, run_id] = _Triggered(thread, logical_date)
        thread.start()
        return OtherRun(run_id, logical_date, triggered.state)

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str | None:
        """Wait at most `seconds` until a run ends, and return the run's state; None if the run does not exist."""
        triggered = self._triggered.get((dag_id, run_id))
        if triggered is None:
            return super().wait(dag_id, run_id, seconds)
        triggered.thread.join(seconds)
        return triggered.state

    def wait_for_all(self) -> None:
        """Wait until the runs that were triggered have ended."""
        for triggered in self._triggered.values():
            triggered.thread.join()

    def runs(
        self, dag_id: str, *, logical_dates: Collection[datetime] | None = None, run_ids: Collection[str] | None = None
    ) -> Sequence[OtherRun]:
        """Return the runs with these logical dates, or with these ids."""
        if run_ids is None:
            return super().runs(dag_id, logical_dates=logical_dates)
        found: list[OtherRun] = []
        for run_id in run_ids:
            triggered = self._triggered.get((dag_id, run_id))
            if triggered is not None:
                found.append(OtherRun(run_id, triggered.logical_date, triggered.state))
            else:
                found += super().runs(dag_id, run_ids=[run_id])
        return found

    def _find(self, dag_id: str, run_id: str) -> FlowRun | None:
        triggered = self._triggered.get((dag_id, run_id))
        if triggered is not None and triggered.flow_run_id is not None:
            return server.read_flow_run(triggered.flow_run_id)
        if triggered is not None and triggered.logical_date is not None:
            return self._of_date(dag_id, triggered.logical_date)
        return super()._find(dag_id, run_id)

    def _flows(self, loaded: LoadedFile) -> DagFlows:
        from ._folder import flows_of

        source = loaded.source
        with self._lock:
            if self._found is None:
                self._found = flows_of(
                    source.path.parent,
                    airflow_version=source.airflow_version,
                    search_path=source.search_path,
                    isolation=self._isolation,
                    host=source.host,
                )
        return self._found
