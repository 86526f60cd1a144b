"""Alerts tried out on events: which runs each would have told of, or why that can't be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._specs.automations import AutomationSpec, TriggerSpec
from .._specs.event_filters import filter_for
from .._specs.simulation import SimulatedRun
from ..errors import UnsupportedFeatureError

if TYPE_CHECKING:
    from prefect.server.events.schemas.events import ReceivedEvent


@dataclass(frozen=True)
class Trial:
    """One alert, tried out.

    Attributes:
        key: The alert's.
        runs: The runs that it is about, each with when it would have fired.
        refusal: Why it can't be simulated; empty where it can.
    """

    key: str
    runs: tuple[SimulatedRun, ...] = ()
    refusal: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The trial, for JSON."""
        runs = [
            {"id": run.resource_id, "name": run.name, "fired": [moment.isoformat() for moment in run.fired]}
            for run in self.runs
        ]
        return {"key": self.key, "refusal": self.refusal, "runs": runs}


def try_alerts(
    specs: Iterable[AutomationSpec], events: Sequence[ReceivedEvent], *, until: datetime
) -> tuple[Trial, ...]:
    """A trial of each alert. One that can't be simulated keeps no other from it.

    Args:
        specs: The alerts.
        events: In their order.
        until: When the history ends.
    """
    from .._prefect.simulation import simulate_received

    trials = []
    for spec in specs:
        try:
            trials.append(Trial(spec.key, simulate_received(spec, events, until=until).runs))
        except UnsupportedFeatureError as error:
            trials.append(Trial(spec.key, refusal=str(error)))
    return tuple(trials)


def recorded_events(
    specs: Sequence[AutomationSpec],
    *,
    since: datetime,
    until: datetime,
    progress: Callable[[int, int], object] | None = None,
) -> list[ReceivedEvent]:
    """What the server has recorded of the runs that alerts are about, in order.

    Args:
        specs: The alerts.
        since: From when on.
        until: Up to when.
        progress: See `airflow_compat._prefect.events.read_events`.

    Raises:
        ServerError: The server can't be asked.
    """
    from .._prefect.events import read_events
    from .._prefect.simulation import in_order

    if not any(isinstance(trigger, TriggerSpec) for spec in specs for trigger in spec.triggers):
        return []
    return in_order(read_events(filter_for(specs, since=since, until=until), progress=progress))
