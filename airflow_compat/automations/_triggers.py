"""The triggers of each kind of alert.

Prefect's events are named by the state's *name*, which anyone may choose; its type is a label of the run. So what a
state means is matched by its type, and names only tell apart what has one type. A heartbeat has no such label.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ..errors import InvalidAlertError
from .automation_targets import Kind, Target
from .automations import Labels, TriggerSpec

SHORTEST = timedelta(seconds=10)
"""The least time that Prefect lets a trigger wait."""

_TYPE, _STATE = "prefect.state-type", "prefect.state-name"
_ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING")
# A run is pending under these names, one after another, until it runs for the first time; a retry has none of them.
_PENDING_NAMES = ("Pending", "Submitting", "InfrastructurePending")
# One label takes one pattern as "not"; this one matches both "Skipped" and "RolledBack", letter by letter. A task that
# is rolled back had succeeded, and was told of then.
_SKIPPED_OR_ROLLED_BACK = "[SR][ko][il][pl][pe][ed]*"
# Any name but those that begin with "Run" or "Aw": a run that runs, or awaits its retry or a slot, has not ended.
# Prefect first looks whether an event begins like one of the expected, without regard to brackets; the empty name makes
# all of them begin so. The names that it has for ends stand there for a release that looks otherwise.
_ANY_NAME_BUT = (
    *("", "[!AR]*", "A[!w]*", "R[!u]*", "Ru[!n]*"),
    *("Completed", "Failed", "TimedOut", "Crashed", "Cancelled", "Cancelling", "Skipped", "Paused", "Suspended"),
)


def on_failure(target: Target) -> tuple[TriggerSpec, ...]:
    """Failed for good: Failed, TimedOut, Crashed, and what has a name of its own."""
    return _at(target, {_TYPE: ("FAILED", "CRASHED")})


def on_crash(target: Target) -> tuple[TriggerSpec, ...]:
    """The process died."""
    return _at(target, {_TYPE: ("CRASHED",)})


def on_success(target: Target) -> tuple[TriggerSpec, ...]:
    """Completed, under any name but that of a skip."""
    not_a_success = "Skipped" if target.kind == "flow-run" else _SKIPPED_OR_ROLLED_BACK
    return _at(target, {_TYPE: ("COMPLETED",), _STATE: (f"!{not_a_success}",)})


def on_skipped(target: Target) -> tuple[TriggerSpec, ...]:
    """Ended as `Completed(name="Skipped")`, as `AirflowSkipException` does."""
    return _at(target, {_TYPE: ("COMPLETED",), _STATE: ("Skipped",)})


def on_retry(target: Target) -> tuple[TriggerSpec, ...]:
    """To be tried again. A task awaits its retry only where there is a delay, but always retries."""
    name = "AwaitingRetry" if target.kind == "flow-run" else "Retrying"
    return _at(target, {_STATE: (name,)}, expect=(name,))


def on_late_start(target: Target, grace: timedelta | None) -> tuple[TriggerSpec, ...]:
    """Marked as late by the server, or not started within the grace after that.

    Raises:
        InvalidAlertError: The target is a task, or the grace is too short.
    """
    _only_flows(target, "a late start")
    if grace is None:
        return _at(target, {_STATE: ("Late",)}, expect=("Late",))
    _check_within("grace", grace)
    # Whatever becomes of it: it is pending, it ends, or is scheduled for another time. To await a slot is no start.
    signs = {_TYPE: ("SCHEDULED", "PENDING", *_ENDS)}
    return _unless(target, signs, after=("Late",), expect=_ANY_NAME_BUT, within=grace)


def on_duration(target: Target, name: str, within: timedelta) -> tuple[TriggerSpec, ...]:
    """Not ended within a time that counts from when the run was handed to its process, over all its tries.

    "Pending" starts the time and not "Running", which each retry is anew: it would start a second time.

    Raises:
        InvalidAlertError: The time is too short.
    """
    _check_within(name, within)
    return _unless(target, {_TYPE: ("PENDING", *_ENDS)}, after=_PENDING_NAMES, expect=("*",), within=within)


def on_zombie(target: Target, within: timedelta) -> tuple[TriggerSpec, ...]:
    """No heartbeat within a time after another, and no end either.

    Raises:
        InvalidAlertError: The target is a task, or the time is too short.
    """
    _only_flows(target, "heartbeats")
    _check_within("within", within)
    return _unless(target, {}, after=("heartbeat",), expect=("heartbeat", *_ANY_NAME_BUT), within=within)


def _at(target: Target, labels: Labels, *, expect: Iterable[str] = ("*",)) -> tuple[TriggerSpec, ...]:
    return tuple(
        TriggerSpec({**run, **labels}, related, _events(target.kind, expect)) for run, related in target.labels()
    )


def _unless(
    target: Target, labels: Labels, *, after: Iterable[str], expect: Iterable[str], within: timedelta
) -> tuple[TriggerSpec, ...]:
    return tuple(
        TriggerSpec({**run, **labels}, related, _events(target.kind, expect), _events(target.kind, after), within)
        for run, related in target.labels()
    )


def _events(kind: Kind, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"prefect.{kind}.{name}" for name in names)


def _check_within(name: str, within: timedelta) -> None:
    if not isinstance(within, timedelta):
        raise InvalidAlertError(f"{name}={within!r} is no timedelta; write for example timedelta(hours=2)")
    if within < SHORTEST:
        raise InvalidAlertError(f"{name}={within} is less than the {SHORTEST.seconds} s that Prefect waits at least")


def _only_flows(target: Target, what: str) -> None:
    if target.kind != "flow-run":
        raise InvalidAlertError(f"{target.label} is a task, and tasks have no such thing as {what}; name its flow")
