"""The result of a DAG's run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ._records import Record, moment


@dataclass(frozen=True)
class TaskInstanceResult:
    """One task instance.

    Attributes:
        map_index: The index of an instance of a mapped task, else -1.
        state: Airflow's name of the state; None if the instance had no state when the run ended.
        try_number: The number of tries.
        is_hosted: Whether the task runs in an Airflow host.
    """

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    start_date: datetime | None = None
    end_date: datetime | None = None
    is_hosted: bool = False

    @classmethod
    def of(cls, record: Record, *, is_hosted: bool = False) -> TaskInstanceResult:
        start, end = moment(record.start_date), moment(record.ended_at)
        return cls(record.task_id, record.map_index, record.state, record.try_number, start, end, is_hosted)

    @property
    def name(self) -> str:
        """The id with the map index: `load[3]`."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


@dataclass(frozen=True)
class DagRunResult:
    """The result of a run of a DAG. `print(result)` shows the run as a table.

    Attributes:
        state: `success` or `failed`.
        reason: Airflow's name for how the run ended: `success`, `task_failure`, `timed_out`, ...
        task_instances: The task instances; the instances of a task are listed after those of its upstream tasks.
    """

    dag_id: str
    run_id: str
    state: str
    reason: str
    logical_date: datetime | None
    task_instances: tuple[TaskInstanceResult, ...]
    _read_xcoms: Callable[[], Mapping[tuple[str, int, str], Any]] = field(default=dict, repr=False, compare=False)

    @property
    def xcoms(self) -> Mapping[tuple[str, int, str], Any]:
        """The values of the XComs that tasks pushed, by task id, map index and key."""
        return self._read_xcoms()

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason != self.state else ""
        lines = [f"DAG {self.dag_id}, run {self.run_id}: {self.state}{reason}"]
        width = max((len(each.name) for each in self.task_instances), default=0)
        for each in self.task_instances:
            tries = f"  {each.try_number} tries" if each.try_number > 1 else ""
            place = "  hosted" if each.is_hosted else ""
            row = f"  {each.name:<{width}}  {each.state or 'no state':<15}  {_shown(_seconds(each))}{place}{tries}"
            lines.append(row.rstrip())
        if any(each.is_hosted for each in self.task_instances):
            lines.append(f"  {_profile(self.task_instances)}")
        return "\n".join(lines)

    def __getstate__(self) -> dict[str, Any]:
        # The values are read from the run's result storage, to which another process may have no access.
        return {**self.__dict__, "_read_xcoms": dict}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _seconds(instance: TaskInstanceResult) -> float | None:
    if instance.start_date is None or instance.end_date is None:
        return None
    return (instance.end_date - instance.start_date).total_seconds()


def _shown(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:8.2f} s"


def _profile(instances: Iterable[TaskInstanceResult]) -> str:
    """Return how many tasks ran in the flow's process and how many in the host, and how long their last tries took."""
    parts = []
    for place in ("native", "hosted"):
        times = [_seconds(each) for each in instances if each.is_hosted == (place == "hosted")]
        ran = [seconds for seconds in times if seconds is not None]
        parts.append(f"{place}: {len(ran)} {'task' if len(ran) == 1 else 'tasks'}, {sum(ran):.2f} s")
    return "; ".join(parts)
