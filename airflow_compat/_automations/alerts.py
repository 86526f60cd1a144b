"""The alerts that fire at what happened: on_failure, on_success, on_retry, on_skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._specs import automation_triggers as triggers
from .options import Options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._specs.automations import AutomationSpec
    from .arguments import Flows, TaskAlertOptions


def on_failure(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """An automation that fires when a run has failed for good: Airflow's `on_failure_callback`, from the server.

    It lives on the server and so outlives the run's process. Failed, timed out and crashed all count, under whatever
    name; a try that is followed by another doesn't.

    A run is told by names, since those outlive a deployment that is made anew. Where several values are given to one
    argument, any of them will do; where several arguments are, all must hold.

    Texts are templates, in Airflow's words or in Prefect's, which the server fills in: `{{ dag.dag_id }}`,
    `{{ ti.task_id }}`, `{{ run_id }}`, `{{ exception }}`, `{{ params.x }}`, `{{ ds }}`. The exception is the state's
    message. Dates are those that the run was scheduled for. Labels that give a run other dates are not looked at.

    Args:
        flow: A flow, or a flow's name; or several. Other targets are among the options.
        options: See `AlertOptions` and `TaskAlertOptions`.

    Raises:
        InvalidAlertError: There is no target, or two that exclude one another; or nothing is to happen; or there is no
            such option.
        InvalidCallbackError: A callback can't be called from another process.
        InvalidTemplateError: A text can't be parsed.
        UnsupportedFeatureError: A text has a name of Airflow's that has no counterpart on the server.

    Example:
        ```python
        from airflow_compat import automations

        alert = automations.on_failure(
            deployment="etl/prod", notify="slack-webhook/alerts", subject="{{ dag.dag_id }}: {{ exception }}"
        )
        ```
    """
    wanted = Options.of("on_failure", flow, options)
    return wanted.spec(triggers.on_failure(wanted.target))


def on_success(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """An automation that fires when a run has succeeded: Airflow's `on_success_callback`.

    A skipped run, `Completed(name="Skipped")`, has not. A result from Prefect's cache is a success. The arguments and
    the errors are those of `on_failure`.
    """
    wanted = Options.of("on_success", flow, options)
    return wanted.spec(triggers.on_success(wanted.target))


def on_retry(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """An automation that fires when a try has failed and another follows: Airflow's `on_retry_callback`.

    A task's retry doesn't say what failed: `{{ exception }}` is refused there. The arguments and the errors are those
    of `on_failure`.
    """
    wanted = Options.of("on_retry", flow, options)
    return wanted.spec(triggers.on_retry(wanted.target))


def on_skipped(flow: Flows = "", **options: Unpack[TaskAlertOptions]) -> AutomationSpec:
    """An automation that fires when a run has skipped itself: Airflow's `on_skipped_callback`.

    That is, when it ended as `Completed(name="Skipped")`, as a task does that raises `AirflowSkipException`. The
    arguments and the errors are those of `on_failure`.
    """
    wanted = Options.of("on_skipped", flow, options)
    return wanted.spec(triggers.on_skipped(wanted.target))
