"""The run's state in a child process: a copy of some data, and requests to the flow's process for other data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from prefect.context import FlowRunContext

from ..._airflow.graph import InstanceKey
from ..._prefect.internals.results import storage_of_run
from ...xcom._storage import know_slots
from .._graph_of_dag import graph_of
from .._objects import StoredObjects
from .._records import Record, Records
from .._run import DagRunState, XComNews, max_map_length
from .messages import Pushed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._flow import DagFlow
    from .._progress import Progress
    from .channel import Channel
    from .messages import RunFacts


class ParentRecords(Records):
    """Provides the records of the run, which only the parent process stores."""

    def __init__(self, objects: StoredObjects, channel: Channel) -> None:
        super().__init__(objects)
        self._channel = channel

    def latest_of(self, keys: Iterable[InstanceKey]) -> dict[InstanceKey, Record]:
        """Return the latest record of each given task instance that has a record."""
        wanted = set(keys)
        return {record.key: record for record in self.all() if record.key in wanted}

    def all(self) -> list[Record]:
        """Return the latest record of each task instance, in the order of their ends."""
        records: list[Record]
        records, self.first_tries = self._channel.ask("records")
        return records


class ParentProgress:
    """Provides the states of the task instances, which only the parent process stores."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def map_indexes_for(self, reader: InstanceKey, upstream_task_id: str) -> int | tuple[int, ...]:
        found: int | tuple[int, ...] = self._channel.ask("map_indexes", reader, upstream_task_id)
        return found


class ParentXComs(XComNews):
    """Reports this child's XComs to the parent, and requests the list of the run's XComs."""

    def __init__(self, channel: Channel, flow_run_id: UUID) -> None:
        self._channel, self._flow_run_id = channel, flow_run_id
        self._known = 0

    def refresh(self) -> None:
        """Ask the parent which XComs were stored since the last call."""
        if not self._channel.is_own:
            return
        slots = self._channel.ask("slots", self._known)
        if slots is not None:
            self._known += len(slots)
            know_slots(self._flow_run_id, slots)

    def pushed(self, key: InstanceKey, name: str) -> None:
        """Report to the parent that an XCom was stored."""
        self._channel.send(Pushed(key, name))


class ParentDagRuns:
    """Provides the runs of other DAGs. The parent process finds and starts these runs."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def dag(self, dag_id: str) -> Any:
        return self._channel.ask("dag", dag_id)

    def trigger(self, dag_id: str, **arguments: Any) -> Any:
        return self._channel.ask("trigger", dag_id, **arguments)

    def wait(self, dag_id: str, run_id: str, seconds: float) -> Any:
        return self._channel.ask("wait", dag_id, run_id, seconds)

    def runs(self, dag_id: str, **arguments: Any) -> Any:
        return self._channel.ask("runs", dag_id, **arguments)

    def task_states(self, dag_id: str, run_id: str) -> Any:
        return self._channel.ask("task_states", dag_id, run_id)


def run_in_child(channel: Channel, facts: RunFacts, flow: DagFlow) -> DagRunState:
    """Return the run for this child. The caller must be in the context of the flow run."""
    here = FlowRunContext.get()
    assert here is not None
    assert here.flow_run is not None
    graph = graph_of(flow.dag)
    records = ParentRecords(StoredObjects(storage_of_run(here), here.flow_run.id), channel)
    return DagRunState(
        dag=flow.dag,
        graph=graph,
        records=records,
        dates=facts.dates,
        run_id=facts.run_id,
        conf=facts.conf,
        flow=flow,
        flow_run=here.flow_run,
        version=facts.source.airflow_version,
        progress=cast("Progress", ParentProgress(channel)),
        loaded=flow.loaded,
        max_map_length=max_map_length(flow.loaded),
        xcoms=ParentXComs(channel, here.flow_run.id),
    )
