"""What a simulation finds: which runs an alert would have told of, and when. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SimulatedRun:
    """A run that the events are about, of those that the alert is about.

    Attributes:
        resource_id: `prefect.flow-run.<id>` or `prefect.task-run.<id>`.
        name: The run's name.
        fired: When the alert would have fired for it; empty where it would not.
    """

    resource_id: str
    name: str
    fired: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Simulation:
    """What one alert would have done with a history of events.

    Attributes:
        key: The alert's.
        runs: The runs that it is about, in the order in which they appear.
    """

    key: str
    runs: tuple[SimulatedRun, ...]

    @property
    def fired(self) -> tuple[SimulatedRun, ...]:
        """The runs that it would have told of."""
        return tuple(run for run in self.runs if run.fired)

    @property
    def silent(self) -> tuple[SimulatedRun, ...]:
        """The others."""
        return tuple(run for run in self.runs if not run.fired)
