"""One run of a DAG in this process, with the data that its loop, task instances and contexts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .._airflow.graph import Graph, InstanceKey
from .._airflow.version import AirflowVersion
from ._hosted.needs import hosted_tasks
from ._progress import Progress
from ._records import Records
from ._result import DagRunResult, TaskInstanceResult

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun

    from .._airflow.data_interval import RunDates
    from ..authoring import DAG
    from ..hosting import AirflowHost
    from ..xcom._rules import StoredList
    from ._loading import LoadedFile

Isolation: TypeAlias = Literal["thread", "process"]

# Airflow's default.
_MAX_MAP_LENGTH = 1024

RESULTS: ContextVar[list[DagRunResult] | None] = ContextVar("airflow_compat_results", default=None)
"""The list to which runs in this process add their results.

The list is needed because Prefect may return a stored copy of a result, which has no XComs.
"""

ON_ENDED: ContextVar[Callable[[TaskInstanceResult], None] | None] = ContextVar("airflow_compat_on_ended", default=None)
"""A function that the run calls when a try of a task instance ends, in the thread of the flow."""

IS_TEST: ContextVar[bool] = ContextVar("airflow_compat_is_test", default=False)
"""Whether `dags.test` or `DAG.test` starts the run."""


GIVEN_RUN_ID: ContextVar[str | None] = ContextVar("airflow_compat_given_run_id", default=None)
"""The run id that a task has given to the run that it starts."""

IS_UNDATED: ContextVar[bool] = ContextVar("airflow_compat_is_undated", default=False)
"""Whether the next run has no logical date, unless the caller gives a date.

Only Airflow 3 has runs without a logical date.
"""


class XComNews:
    """Exchanges information about stored XComs with other processes of the run.

    This base class does nothing, for runs in a single process.
    """

    def refresh(self) -> None:
        """Ask which XComs the other processes have stored since the last call."""

    def pushed(self, key: InstanceKey, name: str) -> None:
        """Tell the other processes that this process has stored an XCom."""


def max_map_length(loaded: LoadedFile | None) -> int:
    """Return Airflow's `[core] max_map_length`."""
    return loaded.configuration.getint("core", "max_map_length") if loaded else _MAX_MAP_LENGTH


@dataclass(eq=False)
class DagRunState:
    """One run of a DAG.

    Attributes:
        loaded: The loaded DAG file, whose imports must work while tasks run.
        conf: The `conf` that was given to the run.
        params: The values of the DAG's Params, after `conf` has replaced their defaults.
        progress: Holds the states of the task instances, and makes the decisions about them.
        max_map_length: Airflow's `[core] max_map_length`.
        isolation: Whether tries run in threads of this process or in child processes.
        xcoms: Tells which XComs other processes of the run have stored.
        lists_to_map: The results of ended task instances over which tasks are mapped, by task id, key and map index.
        mapped_values: By task id and key: the map indexes of an ended mapped task, and those map indexes that pushed
            the key.
    """

    dag: DAG
    graph: Graph
    records: Records
    dates: RunDates
    run_id: str
    conf: Mapping[str, Any]
    flow: Flow[..., Any]
    flow_run: FlowRun
    version: AirflowVersion
    progress: Progress
    loaded: LoadedFile | None = None
    max_map_length: int = _MAX_MAP_LENGTH
    isolation: Isolation = "thread"
    xcoms: XComNews = field(default_factory=XComNews)
    lists_to_map: dict[tuple[str, str, int], StoredList] = field(default_factory=dict)
    mapped_values: dict[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)

    def imports(self) -> AbstractContextManager[object]:
        """Return a context manager in which code can import stand-ins, as the DAG file does."""
        return nullcontext() if self.loaded is None else self.loaded.active()

    def max_tries(self, key: InstanceKey, retries: int) -> int:
        """Return Airflow's `max_tries`: the number of the last try minus one."""
        return self.records.first_tries.get(key, 1) - 1 + retries

    @property
    def host(self) -> AirflowHost | None:
        """The Airflow host in which those tasks run whose code needs real Airflow."""
        return None if self.loaded is None else self.loaded.source.host

    @cached_property
    def hosted(self) -> frozenset[str]:
        """The ids of the tasks that run in the host."""
        return frozenset() if self.host is None else frozenset(hosted_tasks(self.dag))

    @cached_property
    def mapped_over(self) -> frozenset[str]:
        """The ids of the tasks over whose return values tasks or groups are expanded."""
        expansions = [task.expansion for task in self.graph.tasks.values()]
        expansions += [group.expansion for group in self.graph.groups.values()]
        return frozenset(task_id for each in expansions if each for task_id in each.upstream)
