"""The builders of alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from .._airflow.shown_options import shows_options
from ..errors import UnsupportedFeatureError
from . import _triggers as triggers
from ._request import AlertRequest
from ._signatures import AlertOptions, Flows, TaskAlertOptions
from ._specs import ActionSpec, AutomationSpec

if TYPE_CHECKING:
    from typing_extensions import Unpack

_CRASH = ActionSpec(
    {
        "type": "change-flow-run-state",
        "state": "CRASHED",
        "name": "Crashed",
        "message": "The heartbeats of the run's process stopped",
    }
)
_OTHER_REFERENCES = {
    "AVERAGE_RUNTIME": "Use a fixed interval with DAGRUN_QUEUED_AT.",
    "DAGRUN_LOGICAL_DATE": "Use on_late_start for runs that don't start in time.",
    "FIXED_DATETIME": "Schedule a flow that checks the run at that time.",
}


@shows_options(TaskAlertOptions)
def on_failure(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """Return an alert that fires when a run has failed and no try follows, like Airflow's `on_failure_callback`.

    The alert fires for failed, timed out and crashed runs, even if the state has a custom name or the process has died.

    If an argument has several values, a run must match one of them. If there are several arguments, it must match all.

    Texts are templates, which can use Airflow's names and Prefect's: `{{ dag.dag_id }}`, `{{ ti.task_id }}`, `{{ run_id
    }}`, `{{ exception }}`, `{{ params.x }}`, `{{ ds }}`. `exception` is the message of the run's state. Dates are
    computed from the run's scheduled start, not from the run's labels.

    Args:
        flow: One or several flows or flow names.
        options: See `AlertOptions` and `TaskAlertOptions`.

    Raises:
        InvalidAlertError: The target is missing or contradicts itself, the action is missing, or an option is unknown.
        InvalidCallbackError: A callback can't be called from another process.
        InvalidTemplateError: A text has a syntax error.
        UnsupportedFeatureError: A text uses an Airflow name that the server doesn't have.

    Example:
        ```python
        from airflow_compat import automations

        alert = automations.on_failure(
            deployment="etl/prod", notify="slack-webhook/alerts", subject="{{ dag.dag_id }}: {{ exception }}"
        )
        ```
    """
    return AlertRequest.of("on_failure", flow, options).at_event()


@shows_options(TaskAlertOptions)
def on_success(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """Return an alert that fires when a run has succeeded, like Airflow's `on_success_callback`.

    The alert also fires if the result comes from Prefect's cache, but not for `Completed(name="Skipped")`. Arguments
    and errors are those of `on_failure`.
    """
    return AlertRequest.of("on_success", flow, options).at_event()


@shows_options(TaskAlertOptions)
def on_retry(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """Return an alert that fires when a try has failed and another one follows, like Airflow's `on_retry_callback`.

    Alerts for tasks can't use `{{ exception }}`, because the event of a task's retry does not contain the exception.
    Arguments and errors are those of `on_failure`.
    """
    return AlertRequest.of("on_retry", flow, options).at_event()


@shows_options(TaskAlertOptions)
def on_skipped(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """Return an alert that fires when a run was skipped, like Airflow's `on_skipped_callback`.

    A skipped run ends as `Completed(name="Skipped")`, for example after `AirflowSkipException`. Arguments and errors
    are those of `on_failure`.
    """
    return AlertRequest.of("on_skipped", flow, options).at_event()


@shows_options(TaskAlertOptions)
def on_sla_miss(
    flow: Flows = "", *, sla: timedelta, since: Literal["start"] = "start", **options: Unpack[TaskAlertOptions]
) -> AutomationSpec:
    """Return an alert that fires once when a run takes longer than its SLA.

    The time of a flow run starts when the run becomes pending, and includes all tries. The time of a task starts when
    the task is submitted, and includes the wait for other tasks. Airflow 2 measures an SLA from the scheduled start,
    which Prefect's triggers can't do: add `on_late_start` for runs that don't start. This builder also raises the
    errors of `on_failure`.

    Args:
        flow: As in `on_failure`.
        sla: How long a run may take, at least 10 s. The server can take some seconds to notice the miss.
        since: The time from which the SLA is measured. Only `"start"` is supported.
        options: As in `on_failure`.

    Raises:
        InvalidAlertError: The SLA isn't a timedelta of at least 10 s.
        UnsupportedFeatureError: `since` isn't `"start"`.
    """
    if since != "start":
        raise UnsupportedFeatureError(
            f"Prefect's triggers can't count from since={since!r}. Use since='start', and on_late_start for runs that "
            "don't start."
        )
    return AlertRequest.of("on_sla_miss", flow, options).on_duration(
        "sla", sla, detail=f"The run should have ended within {sla}."
    )


@shows_options(TaskAlertOptions)
def on_deadline(
    flow: Flows = "", *, interval: timedelta, reference: str = "DAGRUN_QUEUED_AT", **options: Unpack[TaskAlertOptions]
) -> AutomationSpec:
    """Return an alert that fires when a run misses its deadline, like Airflow 3's `DeadlineAlert`.

    This builder does the same as `on_sla_miss`, under the name that Airflow 3 uses. The only supported reference is
    `DAGRUN_QUEUED_AT`, the time at which the run becomes pending. This builder also raises the errors of `on_failure`.

    Args:
        flow: As in `on_failure`.
        interval: The time from the reference to the deadline, at least 10 s.
        reference: The name of the reference in Airflow.
        options: As in `on_failure`.

    Raises:
        InvalidAlertError: The interval isn't a timedelta of at least 10 s.
        UnsupportedFeatureError: The reference isn't supported.
    """
    check_reference(reference)
    return AlertRequest.of("on_deadline", flow, options).on_duration(
        "interval", interval, detail=f"The run should have ended within {interval} of being queued."
    )


@shows_options(AlertOptions)
def on_late_start(
    flow: Flows = "", *, grace: timedelta | None = None, **options: Unpack[AlertOptions]
) -> AutomationSpec:
    """Return an alert that fires when a scheduled run doesn't start in time.

    If a run has not started some seconds after its scheduled time, the server marks it as late, once for each run.
    `PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS` sets this number of seconds, 15 by default. This builder also raises
    the errors of `on_failure`.

    Args:
        flow: As in `on_failure`.
        grace: The time, at least 10 s, in which a late run must become pending. With None, the alert fires as soon as
            the server marks the run as late.
        options: The options of `on_failure`, except `task`.

    Raises:
        InvalidAlertError: `grace` is less than 10 s.
    """
    wanted = AlertRequest.of("on_late_start", flow, options)
    return wanted.spec(triggers.on_late_start(wanted.target, grace))


@shows_options(AlertOptions)
def on_zombie(
    flow: Flows = "", *, within: timedelta = timedelta(minutes=10), **options: Unpack[AlertOptions]
) -> AutomationSpec:
    """Return an alert that marks a run as crashed when its heartbeats stop, as Airflow's scheduler does.

    A killed process can't report its end, so its run would stay `Running`. This alert changes the state to `Crashed`,
    which fires alerts of `on_failure`. Runs that never sent a heartbeat stay unchanged. Runs that have ended stay
    unchanged, too, unless their state has a custom name that begins with `Run` or `Aw`. This builder also raises the
    errors of `on_failure`.

    Args:
        flow: As in `on_failure`.
        within: The maximum time between two heartbeats, at least 10 s. Use a multiple of
            `PREFECT_FLOWS_HEARTBEAT_FREQUENCY`, which defaults to 180 s and is at least 30 s.
        options: The options of `on_failure`, except `task`. Actions are optional.

    Raises:
        InvalidAlertError: `within` is less than 10 s.
    """
    wanted = AlertRequest.of("on_zombie", flow, options)
    return wanted.spec(triggers.on_zombie(wanted.target, within), first=(_CRASH,))


def check_reference(reference: object) -> None:
    """Check that alerts support a deadline's reference.

    Raises:
        UnsupportedFeatureError: Alerts don't support the reference.
    """
    if reference != "DAGRUN_QUEUED_AT":
        raise UnsupportedFeatureError(
            f"An automation can't check a deadline that counts from {reference!r}. "
            + _OTHER_REFERENCES.get(str(reference), "Use DAGRUN_QUEUED_AT.")
        )
