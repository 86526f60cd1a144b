"""Would it have fired? The triggers of an alert over a history of events, by the rules of Prefect's server.

What an event matches is asked of the server's own trigger class. How the server counts in its database is done here in
memory, with a clock that goes from one event to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from .._specs.automation_forms import why_plain
from .._specs.automations import RUN, RUN_NAME, AutomationSpec, Labels, PlainTrigger, TriggerSpec
from .._specs.simulation import SimulatedRun, Simulation
from ..errors import InvalidEventError, UnsupportedFeatureError

if TYPE_CHECKING:
    from prefect.server.events.schemas.automations import EventTrigger
    from prefect.server.events.schemas.events import ReceivedEvent

_Key: TypeAlias = tuple[str, ...]


def simulate_spec(spec: AutomationSpec, events: Iterable[Any], *, until: datetime | None) -> Simulation:
    """See `airflow_compat.automations.simulate`."""
    return simulate_received(spec, in_order(events), until=until)


def simulate_received(spec: AutomationSpec, received: Sequence[ReceivedEvent], *, until: datetime | None) -> Simulation:
    """The same for events that `in_order` gave: several specs may share them."""
    names: dict[str, str] = {}
    fired: dict[str, list[datetime]] = {}
    for trigger_spec in spec.triggers:
        if isinstance(trigger_spec, PlainTrigger):
            raise UnsupportedFeatureError(
                f"{spec} can't be simulated, since {why_plain(trigger_spec.data)}; try it on a server"
            )
        trigger = _trigger(trigger_spec)
        scope = _trigger(replace(trigger_spec, match=_without_state(trigger_spec.match)))
        watch = _Timers(trigger) if trigger_spec.after else _Watch(trigger)
        for event in received:
            if scope.covers_resources(event.resource, event.related):
                names.setdefault(event.resource.id, event.resource.name or "")
            watch.see(event)
        watch.pass_time(until)
        for key, moments in watch.fired.items():
            fired.setdefault(key[0], []).extend(moments)
    runs = (SimulatedRun(id_, name, tuple(sorted(fired.get(id_, ())))) for id_, name in names.items())
    return Simulation(spec.key, tuple(runs))


@dataclass
class _Watch:
    """A trigger that fires at each event that it expects."""

    trigger: EventTrigger
    fired: dict[_Key, list[datetime]] = field(default_factory=dict)

    def see(self, event: ReceivedEvent) -> None:
        """An event occurs."""
        if self.trigger.covers(event) and self.trigger.expects(event.event):
            self._fire(self.trigger.bucketing_key(event), event.occurred)

    def pass_time(self, until: datetime | None) -> None:
        """Nothing happens any more."""

    def _fire(self, key: _Key, moment: datetime) -> None:
        self.fired.setdefault(key, []).append(moment)


@dataclass
class _Bucket:
    """What the server calls so: until when it waits, and how many expected events came by now."""

    end: datetime
    count: int = 0


@dataclass
class _Timers(_Watch):
    """A trigger that fires when no expected event came in time after another."""

    buckets: dict[_Key, _Bucket] = field(default_factory=dict)
    held: dict[_Key, datetime] = field(default_factory=dict)

    def see(self, event: ReceivedEvent) -> None:
        """An event occurs; before it, what ran out by then fires."""
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
        # One that is in time starts the time anew, and doesn't count for itself.
        if starts and (bucket is None or (expected and bucket.count >= self.trigger.threshold)):
            # What came first of two that occurred at once counts all the same.
            count = int(self.held.get(key) == now)
            self.buckets[key] = _Bucket(now + self.trigger.within, count)

    def pass_time(self, until: datetime | None) -> None:
        """The clock goes on, to a moment or past all that it waits for."""
        for key, bucket in list(self.buckets.items()):
            if until is None or bucket.end <= until:
                del self.buckets[key]
                if bucket.count < self.trigger.threshold:
                    self._fire(key, bucket.end)


def _trigger(spec: TriggerSpec) -> EventTrigger:
    from prefect.server.events.schemas.automations import EventTrigger

    return EventTrigger.model_validate(spec.as_dict())


def _without_state(match: Labels) -> Labels:
    """What all events of a run have: whose it is, and not what became of it."""
    return {label: values for label, values in match.items() if label in (RUN, RUN_NAME)}


def in_order(events: Iterable[Any]) -> list[ReceivedEvent]:
    """As the server takes them: each once, in the order in which they occurred.

    Raises:
        InvalidEventError: One of them isn't as Prefect's API gives it.
    """
    received: dict[Any, ReceivedEvent] = {}
    for number, event in enumerate(events, start=1):
        one = _received(event, number)
        received.setdefault(one.id, one)
    return sorted(received.values(), key=lambda event: event.occurred)


def _received(event: Any, number: int) -> ReceivedEvent:
    from prefect.server.events.schemas.events import ReceivedEvent
    from pydantic import BaseModel, ValidationError

    data = event.model_dump(mode="json") if isinstance(event, BaseModel) else event
    if not isinstance(data, Mapping):
        raise InvalidEventError(f"event {number} is a {type(event).__name__}; give it as Prefect's API does")
    try:
        # What was never sent has no time of receipt.
        return ReceivedEvent.model_validate({"received": data.get("occurred"), **data})
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
    raise InvalidEventError(f"event {number} isn't as Prefect's API gives it: {where}: {fault['msg']}; mend it")
