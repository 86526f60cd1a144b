"""Prefect's events of runs that end in all possible ways."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
TYPES = {
    "Scheduled": "SCHEDULED",
    "Late": "SCHEDULED",
    "AwaitingRetry": "SCHEDULED",
    "AwaitingConcurrencySlot": "SCHEDULED",
    "Pending": "PENDING",
    "Submitting": "PENDING",
    "InfrastructurePending": "PENDING",
    "Running": "RUNNING",
    "Retrying": "RUNNING",
    "Paused": "PAUSED",
    "Completed": "COMPLETED",
    "Skipped": "COMPLETED",
    "Delivered": "COMPLETED",
    "Failed": "FAILED",
    "TimedOut": "FAILED",
    "Rejected": "FAILED",
    "Crashed": "CRASHED",
    "Cancelling": "CANCELLING",
    "Cancelled": "CANCELLED",
}
ENDS = [name for name, type_ in TYPES.items() if type_ in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")]


@dataclass
class History:
    """The events of one run; `add` and `say` append to them."""

    number: int
    flow: str = "etl"
    deployment: str = ""
    tags: tuple[str, ...] = ()
    task: str = ""
    start: datetime = START
    run_count: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "task-run" if self.task else "flow-run"

    @property
    def id(self) -> str:
        return f"prefect.{self.kind}.{UUID(int=self.number)}"

    @property
    def name(self) -> str:
        return f"{self.task}-{self.number % 4096:03x}" if self.task else f"run-{self.number}"

    def states(self, *names: str, at: float = 0.0, step: float = 0.1) -> History:
        """Go through states, starting at a moment in seconds."""
        for index, name in enumerate(names):
            self.run_count += TYPES[name] == "RUNNING"
            self._event(
                name,
                at + index * step,
                {
                    "prefect.state-name": name,
                    "prefect.state-type": TYPES[name],
                    "prefect.run-count": str(self.run_count),
                    "prefect.state-message": "",
                },
            )
        return self

    def heartbeat(self, *moments: float) -> History:
        """Add a heartbeat at each moment, without labels of a state."""
        for moment in moments:
            self._event("heartbeat", moment, {})
        return self

    def _event(self, name: str, at: float, labels: dict[str, str]) -> None:
        related = [("flow", f"prefect.flow.{self.flow}", self.flow)]
        if self.deployment:
            related.append(("deployment", f"prefect.deployment.{self.deployment}", self.deployment))
        if self.task:
            related.append(("flow-run", f"prefect.flow-run.{UUID(int=self.number)}", "wise-owl"))
        related += [("tag", f"prefect.tag.{tag}", "") for tag in self.tags]
        self.events.append(
            {
                "id": str(UUID(int=self.number * 1000 + len(self.events) + 1)),
                "occurred": (self.start + timedelta(seconds=at)).isoformat(),
                "event": f"prefect.{self.kind}.{name}",
                "resource": {"prefect.resource.id": self.id, "prefect.resource.name": self.name, **labels},
                "related": [
                    {"prefect.resource.id": id_, "prefect.resource.role": role}
                    | ({"prefect.resource.name": label} if label else {})
                    for role, id_, label in related
                ],
            }
        )


def generated(count: int, seed: int) -> Iterator[History]:
    """Runs of several flows with likely and unlikely orders of states."""
    choose = random.Random(seed)
    for number in range(1, count + 1):
        history = History(
            number,
            flow=choose.choice(["etl", "etl", "other"]),
            deployment=choose.choice(["", "prod", "test"]),
            tags=tuple(tag for tag in ("nightly", "prod") if choose.random() < 0.3),
            task=choose.choice(["", "", "load", "load-all"]),
            start=START + timedelta(seconds=round(choose.uniform(0, 600), 1)),
        )
        moment = 0.0
        for _ in range(choose.randint(1, 9)):
            # Some moments are the same, and some are just when a time runs out.
            moment += choose.choice([0.0, 0.1, 1.0, 5.0, 10.0, 20.0, 25.0])
            if not history.task and choose.random() < 0.3:
                history.heartbeat(moment)
            else:
                history.states(choose.choice(list(TYPES)), at=moment)
        if choose.random() < 0.7:
            history.states(choose.choice(ENDS), at=moment + choose.choice([0.1, 9.9, 10.0, 30.0]))
        yield history
