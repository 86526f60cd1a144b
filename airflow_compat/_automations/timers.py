"""The alerts that fire because something did not happen in time: SLA, deadline, late start, zombie."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from .._specs import automation_triggers as triggers
from .._specs.automations import PlainAction
from ..errors import UnsupportedFeatureError
from .options import Options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._specs.automations import AutomationSpec
    from .arguments import AlertOptions, Flows, TaskAlertOptions

_CRASH = PlainAction(
    {
        "type": "change-flow-run-state",
        "state": "CRASHED",
        "name": "Crashed",
        "message": "No heartbeat came from the run's process any more",
    }
)
_OTHER_REFERENCES = {
    "AVERAGE_RUNTIME": "an automation knows no other runs; give a fixed interval with DAGRUN_QUEUED_AT",
    "DAGRUN_LOGICAL_DATE": "a trigger can't count from it; use on_late_start for runs that don't start in time",
    "FIXED_DATETIME": "a trigger has no date; schedule a flow that looks at that time",
}


def on_sla_miss(
    flow: Flows = "", *, sla: timedelta, since: Literal["start"] = "start", **options: Unpack[TaskAlertOptions]
) -> AutomationSpec:
    """An automation that fires when a run takes longer than its SLA, while it still runs; once a run.

    The time counts from when the run was handed to its process, which is when it became pending, over all its tries. A
    task's counts from when it was submitted, its wait for others included. In Airflow 2 it counts from the scheduled
    start, which no trigger of Prefect's can: for runs that don't even start, use `on_late_start` too. Whatever ends the
    run in time keeps it from firing: a skip, a cancellation, a state of any name.

    Args:
        flow: As in `on_failure`.
        sla: How long a run may take, at least 10 s. The alert comes up to some seconds later.
        since: From when it counts; there is no other.
        options: As in `on_failure`.

    Raises:
        InvalidAlertError: The SLA is no timedelta or less than 10 s; or as in `on_failure`.
        InvalidCallbackError: See `on_failure`.
        InvalidTemplateError: See `on_failure`.
        UnsupportedFeatureError: It is to count from something else; or as in `on_failure`.
    """
    wanted = Options.of("on_sla_miss", flow, options)
    if since != "start":
        raise UnsupportedFeatureError(
            f"since={since!r} is no time that a trigger of Prefect's can count from; use since='start', and "
            "on_late_start for runs that don't start"
        )
    return wanted.spec(triggers.on_duration(wanted.target, "sla", sla), detail=f"It was to end within {sla}.")


def on_deadline(
    flow: Flows = "", *, interval: timedelta, reference: str = "DAGRUN_QUEUED_AT", **options: Unpack[TaskAlertOptions]
) -> AutomationSpec:
    """An automation that fires when a run misses its deadline: Airflow 3's `DeadlineAlert`, as far as it can be kept.

    Of Airflow's references `DAGRUN_QUEUED_AT` has a meaning here: a run is queued when it becomes pending. So this is
    `on_sla_miss` under its name in Airflow 3, and fires once a run, while it goes on.

    Args:
        flow: As in `on_failure`.
        interval: How long after the reference, at least 10 s.
        reference: The name of Airflow's reference.
        options: As in `on_failure`.

    Raises:
        InvalidAlertError: The interval is no timedelta or less than 10 s; or as in `on_failure`.
        InvalidCallbackError: See `on_failure`.
        InvalidTemplateError: See `on_failure`.
        UnsupportedFeatureError: The reference is another; or as in `on_failure`.
    """
    wanted = Options.of("on_deadline", flow, options)
    check_reference(reference)
    found = triggers.on_duration(wanted.target, "interval", interval)
    return wanted.spec(found, detail=f"It was to end within {interval} of being queued.")


def on_late_start(
    flow: Flows = "", *, grace: timedelta | None = None, **options: Unpack[AlertOptions]
) -> AutomationSpec:
    """An automation that fires when a scheduled run doesn't start in time.

    The server marks a run as late some seconds after its time: `PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS`, 15 by
    default. It does so once a run.

    Args:
        flow: As in `on_failure`.
        grace: How much longer it may take to become pending after that, at least 10 s; None fires at the mark.
        options: As in `on_failure`, without `task`.

    Raises:
        InvalidAlertError: The grace is less than 10 s; or as in `on_failure`.
        InvalidCallbackError: See `on_failure`.
        InvalidTemplateError: See `on_failure`.
        UnsupportedFeatureError: See `on_failure`.
    """
    wanted = Options.of("on_late_start", flow, options)
    return wanted.spec(triggers.on_late_start(wanted.target, grace))


def on_zombie(
    flow: Flows = "", *, within: timedelta = timedelta(minutes=10), **options: Unpack[AlertOptions]
) -> AutomationSpec:
    """An automation that marks a run as crashed whose heartbeats stop, as Airflow's scheduler does with its zombies.

    A process that is killed says nothing. Its run would go on for ever on the server; now it becomes `Crashed`, and
    alerts of `on_failure` fire. Runs whose process sends no heartbeats at all are left alone.

    A run that ended in a state of its own naming is not one, unless that name begins with `Run` or `Aw`.

    Args:
        flow: As in `on_failure`.
        within: How long after a heartbeat the next may come, at least 10 s. Some multiple of what the runs have in
            `PREFECT_FLOWS_HEARTBEAT_FREQUENCY`, which is 180 s by default and no less than 30 s.
        options: As in `on_failure`, without `task`; nothing more need happen.

    Raises:
        InvalidAlertError: The time is less than 10 s; or as in `on_failure`.
        InvalidCallbackError: See `on_failure`.
        InvalidTemplateError: See `on_failure`.
        UnsupportedFeatureError: See `on_failure`.
    """
    wanted = Options.of("on_zombie", flow, options)
    return wanted.spec(triggers.on_zombie(wanted.target, within), first=(_CRASH,))


def check_reference(reference: object) -> None:
    """See whether a deadline can count from it.

    Raises:
        UnsupportedFeatureError: It can't.
    """
    if reference != "DAGRUN_QUEUED_AT":
        hint = _OTHER_REFERENCES.get(str(reference), "use DAGRUN_QUEUED_AT")
        raise UnsupportedFeatureError(f"a deadline by {reference!r} can't be kept by an automation; {hint}")
