"""Simulates triggers on past events, by the rules of Prefect's server.

Events are matched by the server's own trigger class. This module counts events in memory, while the server counts them
in its database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import UnsupportedFeatureError
from ._from_api import why_plain
from ._specs import RUN, RUN_NAME, AutomationSpec, PlainTrigger, TriggerSpec

if TYPE_CHECKING:
    from .._prefect.internals.server_models import EventTrigger, ReceivedEvent

_Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class SimulatedRun:
    """A run that the alert applies to and that events belong to.

    Attributes:
        resource_id: `prefect.flow-run.<id>` or `prefect.task-run.<id>`.
        name: The run's name.
        fired: The times at which the alert would have fired for the run. Empty if the alert would not have fired.
    """

    resource_id: str
    name: str
    fired: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Simulation:
    """The result of simulating one alert.

    Attributes:
        key: The alert's key.
        runs: The runs that the alert applies to, in the order of their first events.
    """

    key: str
    runs: tuple[SimulatedRun, ...]

    @property
    def fired(self) -> tuple[SimulatedRun, ...]:
        """The runs for which the alert would have fired."""
        return tuple(run for run in self.runs if run.fired)

    @property
    def silent(self) -> tuple[SimulatedRun, ...]:
        """The runs for which the alert would not have fired."""
        return tuple(run for run in self.runs if not run.fired)


@dataclass(frozen=True)
class AlertSimulation(Simulation):
    """The simulation of one alert, or the reason for its refusal."""

    refusal: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "refusal": self.refusal,
            "runs": [
                {"id": run.resource_id, "name": run.name, "fired": [moment.isoformat() for moment in run.fired]}
                for run in self.runs
            ],
        }


def try_alerts(
    specs: Iterable[AutomationSpec], events: Sequence[ReceivedEvent], *, until: datetime
) -> tuple[AlertSimulation, ...]:
    """Simulate each alert; alerts that can't be simulated don't stop the others."""
    trials = []
    for spec in specs:
        try:
            trials.append(AlertSimulation(spec.key, simulate_received(spec, events, until=until).runs))
        except UnsupportedFeatureError as error:
            trials.append(AlertSimulation(spec.key, (), str(error)))
    return tuple(trials)


def simulate_received(spec: AutomationSpec, received: Sequence[ReceivedEvent], *, until: datetime | None) -> Simulation:
    names: dict[str, str] = {}
    fired: dict[str, list[datetime]] = {}
    for trigger_spec in spec.triggers:
        if isinstance(trigger_spec, PlainTrigger):
            raise UnsupportedFeatureError(
                f"{spec} can't be simulated, because {why_plain(trigger_spec.data)}. Test the alert on a server."
            )
        trigger = _trigger(trigger_spec)
        # The labels that identify the run, without the labels of its state.
        own = {label: values for label, values in trigger_spec.match.items() if label in (RUN, RUN_NAME)}
        scope = _trigger(replace(trigger_spec, match=own))
        watch = _Timers(trigger) if trigger_spec.after else _Watch(trigger)
        for event in received:
            if scope.covers_resources(event.resource, event.related):
                names.setdefault(event.resource.id, event.resource.name or "")
            watch.see(event)
        watch.pass_time(until)
        for key, moments in watch.fired.items():
            fired.setdefault(key[0], []).extend(moments)
    return Simulation(
        spec.key,
        tuple(SimulatedRun(id_, name, tuple(sorted(fired.get(id_, ())))) for id_, name in names.items()),
    )


@dataclass
class _Watch:
    """Simulates a reactive trigger, which fires at each expected event."""

    trigger: EventTrigger
    fired: dict[_Key, list[datetime]] = field(default_factory=dict)

    def see(self, event: ReceivedEvent) -> None:
        if self.trigger.covers(event) and self.trigger.expects(event.event):
            self._fire(self.trigger.bucketing_key(event), event.occurred)

    def pass_time(self, until: datetime | None) -> None:
        """Do nothing: this trigger has no timers that could expire."""

    def _fire(self, key: _Key, moment: datetime) -> None:
        self.fired.setdefault(key, []).append(moment)


@dataclass
class _Bucket:
    """A timer: the time at which it expires, and the number of expected events so far."""

    end: datetime
    count: int = 0


@dataclass
class _Timers(_Watch):
    """Simulates a proactive trigger, which fires when no expected event follows a starting event in time."""

    buckets: dict[_Key, _Bucket] = field(default_factory=dict)
    held: dict[_Key, datetime] = field(default_factory=dict)

    def see(self, event: ReceivedEvent) -> None:
        """Process an event, after firing the timers that expired before the event."""
        now = event.occurred
        self.pass_time(now)
        if not self.trigger.covers(event):
            return
        key = self.trigger.bucketing_key(event)
        starts, expected = self.trigger.starts_after(event.event), self.trigger.expects(event.event)
        if expected and not starts:
            self.held[key] = now
        bucket = self.buckets.get(key)
        if bucket is not None and expected:
            bucket.count += 1
        # If an event both starts the timer and is expected, it restarts the timer, and does not count as expected for
        # the new timer.
        if starts and (bucket is None or (expected and bucket.count >= self.trigger.threshold)):
            # An expected event that came earlier but has the same time counts, too.
            count = int(self.held.get(key) == now)
            self.buckets[key] = _Bucket(now + self.trigger.within, count)

    def pass_time(self, until: datetime | None) -> None:
        """Fire the timers that have expired, or all timers if `until` is None."""
        for key, bucket in list(self.buckets.items()):
            if until is None or bucket.end <= until:
                del self.buckets[key]
                if bucket.count < self.trigger.threshold:
                    self._fire(key, bucket.end)


def _trigger(spec: TriggerSpec) -> EventTrigger:
    from .._prefect.internals.server_models import event_trigger

    return event_trigger(spec.as_dict())
