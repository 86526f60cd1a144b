"""Formats the summary of a flow run as markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ._specs import markdown_table

_LONGEST = 200


@dataclass(frozen=True)
class TaskLine:
    """A task run. `took` is the task's duration, and `reason` the task's error message."""

    task_id: str
    state: str
    tries: int
    took: timedelta | None
    reason: str = ""


@dataclass(frozen=True)
class PoolLine:
    """Pool slots that a task took. `waited` is the waiting time in seconds, or None if unknown."""

    pool: str
    task: str
    slots: int
    waited: float | None


@dataclass(frozen=True)
class RunSummary:
    """The summary of a flow run. `dag_id` is the flow's name, and `name` the run's name in Prefect.

    `callbacks` has pairs of a callback's name and its outcome.
    """

    dag_id: str
    name: str
    run_id: str
    state: str
    start: datetime | None
    end: datetime | None
    tries: int
    tasks: Sequence[TaskLine] = ()
    pools: Sequence[PoolLine] = ()
    callbacks: Sequence[tuple[str, str]] = ()

    def as_markdown(self) -> str:
        took = self.end - self.start if self.start and self.end else None
        parts = [
            f"# {self.dag_id}: {self.state}",
            markdown_table(
                ("run", "run_id", "start", "end", "took", "tries"),
                [(self.name, self.run_id, _moment(self.start), _moment(self.end), _took(took), self.tries)],
            ),
            "## Tasks",
            markdown_table(
                ("task", "state", "tries", "took", "reason"),
                [(task.task_id, task.state, task.tries, _took(task.took), _short(task.reason)) for task in self.tasks],
            )
            if self.tasks
            else "The server has no task runs of this flow run.",
        ]
        if self.pools:
            rows = [(line.pool, line.task, line.slots, _seconds(line.waited)) for line in self.pools]
            parts += ["## Pools", markdown_table(("pool", "task", "slots", "waited"), rows)]
        if self.callbacks:
            parts += ["## Callbacks", markdown_table(("callback", "outcome"), self.callbacks)]
        return "\n\n".join(parts)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _took(took: timedelta | None) -> str:
    return _seconds(took.total_seconds() if took else None)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"


def _short(reason: str) -> str:
    line = reason.partition("\n")[0]
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " ..."
