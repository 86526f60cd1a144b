"""Creates the triggers of each alert.

Prefect names events after states, whose names users can choose. So most triggers match the state's type, which is a
label of the run. They match names only to distinguish states of one type.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from .._prefect.internals.names import RUN_LABELS, STATES
from ..errors import InvalidAlertError
from ._specs import Labels, TriggerSpec
from ._targets import Kind, Target

SHORTEST = timedelta(seconds=10)
"""The shortest time that Prefect allows for a trigger."""

_TYPE, _STATE = RUN_LABELS.state_type, RUN_LABELS.state_name
_ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING")
# The names of pending states before the first try. The state of a retry never has one of these names.
_PENDING_NAMES = ("Pending", STATES.submitting, STATES.infrastructure_pending)
# A label can have only one negated pattern, so this pattern of letters matches both "Skipped" and "RolledBack". A
# rolled back task has completed before, so its `on_success` alert has already fired.
_SKIPPED_OR_ROLLED_BACK = "[SR][ko][il][pl][pe][ed]*"
# Patterns for all state names except those that begin with "Run" or "Aw": a run that is running, or awaits its retry or
# a slot, has not ended. Prefect first compares the beginnings of names, in which brackets have no special meaning; the
# empty pattern passes this check for all names. The names of final states are listed explicitly, because Prefect
# releases differ in how they check patterns of names.
_ANY_NAME_BUT = (
    *("", "[!AR]*", "A[!w]*", "R[!u]*", "Ru[!n]*"),
    *("Completed", "Failed", "TimedOut", "Crashed", "Cancelled", "Cancelling", "Skipped", "Paused", "Suspended"),
)


def on_failure(target: Target) -> tuple[TriggerSpec, ...]:
    """Match runs that ended as `Failed`, `TimedOut` or `Crashed`, or in a state of the same type with another name."""
    return _triggers(target, {_TYPE: ("FAILED", "CRASHED")})


def on_crash(target: Target) -> tuple[TriggerSpec, ...]:
    return _triggers(target, {_TYPE: ("CRASHED",)})


def on_success(target: Target) -> tuple[TriggerSpec, ...]:
    """Match completed runs with any state name, except skipped runs and rolled back tasks."""
    no_success = "Skipped" if target.kind == "flow-run" else _SKIPPED_OR_ROLLED_BACK
    return _triggers(target, {_TYPE: ("COMPLETED",), _STATE: (f"!{no_success}",)})


def on_skipped(target: Target) -> tuple[TriggerSpec, ...]:
    """Match runs that ended as `Completed(name="Skipped")`."""
    return _triggers(target, {_TYPE: ("COMPLETED",), _STATE: ("Skipped",)})


def on_retry(target: Target) -> tuple[TriggerSpec, ...]:
    """Match retries. A task always enters `Retrying`, but enters `AwaitingRetry` only if the retry has a delay."""
    name = STATES.awaiting_retry if target.kind == "flow-run" else STATES.retrying
    return _triggers(target, {_STATE: (name,)}, expect=(name,))


def on_late_start(target: Target, grace: timedelta | None) -> tuple[TriggerSpec, ...]:
    """Match runs that are late or, with `grace`, late runs that still don't start within this time."""
    _only_flows(target, "a late start")
    if grace is None:
        return _triggers(target, {_STATE: (STATES.late,)}, expect=(STATES.late,))
    _check_within("grace", grace)
    # The alert does not fire if the run becomes pending, ends or is rescheduled in time. Waiting for a slot isn't a
    # start.
    signs = {_TYPE: ("SCHEDULED", "PENDING", *_ENDS)}
    return _triggers(target, signs, after=(STATES.late,), expect=_ANY_NAME_BUT, within=grace)


def on_duration(target: Target, name: str, within: timedelta) -> tuple[TriggerSpec, ...]:
    """Match runs that don't end in time. The time starts when the run becomes pending, and includes all tries.

    The time can't start at the state "Running", because each retry would restart the time.
    """
    _check_within(name, within)
    return _triggers(target, {_TYPE: ("PENDING", *_ENDS)}, after=_PENDING_NAMES, within=within)


def on_zombie(target: Target, within: timedelta) -> tuple[TriggerSpec, ...]:
    """Match runs whose heartbeats stop before the run ends."""
    _only_flows(target, "heartbeats")
    _check_within("within", within)
    return _triggers(target, {}, after=("heartbeat",), expect=("heartbeat", *_ANY_NAME_BUT), within=within)


def _triggers(
    target: Target,
    labels: Labels,
    *,
    after: Iterable[str] = (),
    expect: Iterable[str] = ("*",),
    within: timedelta = timedelta(0),
) -> tuple[TriggerSpec, ...]:
    return tuple(
        TriggerSpec({**run, **labels}, related, _events(target.kind, expect), _events(target.kind, after), within)
        for run, related in target.labels()
    )


def _events(kind: Kind, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"prefect.{kind}.{name}" for name in names)


def _check_within(name: str, within: timedelta) -> None:
    if not isinstance(within, timedelta):
        raise InvalidAlertError(f"{name}={within!r} isn't a timedelta. Use for example timedelta(hours=2).")
    if within < SHORTEST:
        raise InvalidAlertError(f"{name}={within} is too short. Use at least {SHORTEST.seconds} s, Prefect's minimum.")


def _only_flows(target: Target, what: str) -> None:
    if target.kind != "flow-run":
        raise InvalidAlertError(f"{target.label} is a task, and tasks don't have {what}. Name the task's flow instead.")
