"""Alerts from a DAG's arguments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from prefect import flow

from airflow_compat import automations, task
from airflow_compat.automations import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, from_dag_args
from airflow_compat.automations._specs import AutomationSpec
from airflow_compat.errors import (
    InvalidAlertError,
    InvalidArgumentError,
    InvalidCallbackError,
    UnsupportedFeatureError,
    UnsupportedFeatureWarning,
)
from airflow_compat.notifiers import SlackWebhookNotifier

HOUR = timedelta(hours=1)


def page(context: Any) -> None: ...


PAGE = f"{__name__}:page"
SLACK = SlackWebhookNotifier(slack_webhook_conn_id="slack_alerts", text="{{ ti.task_id }} failed")


def told(specs: tuple[AutomationSpec, ...]) -> dict[str, list[str]]:
    """Return the callbacks of each alert."""
    found: dict[str, list[str]] = {}
    for spec in specs:
        calls = [action.data["parameters"]["callback"] for action in spec.actions if action.need]
        found[spec.key] = [call.rpartition(":")[2] for call in calls]
    return found


def test_alerts_of_all_dag_arguments() -> None:
    dag_args = {
        "dag_id": "etl",
        "schedule": "@daily",
        "max_active_runs": 1,
        "on_failure_callback": [page, SLACK],
        "on_success_callback": page,
        "dagrun_timeout": HOUR,
        "deadline": DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, AsyncCallback(page)),
        "default_args": {
            "owner": "data",
            "retries": 2,
            "on_failure_callback": page,
            "on_retry_callback": "alerts:log_retry",
            "on_skipped_callback": None,
            "email": ["a@example.com", "b@example.com"],
            "email_on_retry": False,
        },
    }
    assert told(from_dag_args(dag_args)) == {
        "on_failure:etl": ["page", "SlackWebhookNotifier"],
        "on_success:etl": ["page"],
        "on_failure:etl/* lost with its process": ["page", "EmailAlert"],
        "on_failure:etl/*": ["page", "EmailAlert"],
        "on_retry:etl/*": ["log_retry"],
        "dagrun_timeout:etl": [],
        "on_deadline:etl 1": ["page"],
    }
    assert told(from_dag_args(dag_args, in_process=True)) == {
        "on_failure:etl": ["page", "SlackWebhookNotifier"],
        "on_failure:etl/* lost with its process": ["page", "EmailAlert"],
        "dagrun_timeout:etl": [],
        "on_deadline:etl 1": ["page"],
    }


def test_callback_parameters() -> None:
    default_args = {"email": "a@example.com", "on_failure_callback": [SLACK, page]}
    lost, failed, *_ = from_dag_args({"dag_id": "etl", "default_args": default_args}, airflow_version="2")
    common = {
        "run": "{{ event.resource.id }}",
        "event": "{{ event.id | string }}",
        "alert": "on_failure",
        "airflow_version": "2",
    }
    assert [action.data["parameters"] for action in failed.actions if action.need] == [
        {
            **common,
            "callback": "airflow_compat.notifiers:SlackWebhookNotifier",
            "arguments": {"slack_webhook_conn_id": "slack_alerts", "text": '{{ "{{ ti.task_id }} failed" }}'},
        },
        {**common, "callback": PAGE},
        {
            **common,
            "callback": "airflow_compat.notifiers:EmailAlert",
            "arguments": {"to": ["a@example.com"], "airflow_version": "2"},
        },
    ]
    assert all(action.data["parameters"]["lost_task"] for action in lost.actions if action.need)
    assert lost.triggers[0].match["prefect.state-type"] == ("CRASHED",)


def test_the_target() -> None:
    @flow(name="another")
    def own() -> None: ...

    args = {"dag_id": "etl", "on_failure_callback": page}
    assert told(from_dag_args(args, flow=own)) == {"on_failure:another": ["page"]}
    assert told(from_dag_args(args, deployment="etl/prod")) == {"on_failure:etl/prod": ["page"]}
    with pytest.raises(InvalidAlertError, match="no dag_id"):
        from_dag_args({"on_failure_callback": page})
    assert from_dag_args({"dag_id": "etl"}) == ()
    assert from_dag_args({"dag_id": "etl", "on_failure_callback": None, "default_args": None}) == ()


def test_a_timeout_marks_the_run_as_timed_out() -> None:
    (spec,) = from_dag_args({"dag_id": "etl", "dagrun_timeout": HOUR})
    assert [action.data for action in spec.actions if not action.need] == [
        {
            "type": "change-flow-run-state",
            "state": "FAILED",
            "name": "TimedOut",
            "message": "The run took longer than its dagrun_timeout of 1:00:00",
        }
    ]
    assert spec.triggers[0].within == HOUR


def test_sla_warns_about_its_difference() -> None:
    args = {"dag_id": "etl", "sla_miss_callback": page, "default_args": {"sla": HOUR}}
    with pytest.warns(UnsupportedFeatureWarning, match="from the run's scheduled start in Airflow"):
        assert told(from_dag_args(args)) == {"on_sla_miss:etl/*": ["page"]}
    with pytest.warns(UnsupportedFeatureWarning, match="makes no alert"):
        assert from_dag_args({**args, "sla_miss_callback": None}) == ()
    args["default_args"] = {"sla": HOUR, "email": "a@example.com", "email_on_failure": False, "email_on_retry": False}
    with pytest.warns(UnsupportedFeatureWarning, match="scheduled start"):
        (spec,) = from_dag_args(args)
    assert told((spec,)) == {"on_sla_miss:etl/*": ["page", "SmtpNotifier"]}


def test_execute_callback_only_warns() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="put @on_execute above the tasks"):
        assert from_dag_args({"dag_id": "etl", "default_args": {"on_execute_callback": page}}) == ()


class OfAirflow:
    """A callback like Airflow's own classes."""

    path = f"{__name__}.page"
    kwargs: dict[str, Any] | None = None


def test_deadlines() -> None:
    queued = DeadlineReference.DAGRUN_QUEUED_AT
    notified = SyncCallback(SlackWebhookNotifier, kwargs={"text": "late"})
    deadlines = [
        DeadlineAlert(queued, HOUR, notified, name="soon"),
        DeadlineAlert(queued, 2 * HOUR, OfAirflow()),
        DeadlineAlert(queued, 3 * HOUR, AsyncCallback("alerts.page_async", kwargs={"level": 1})),
    ]
    specs = from_dag_args({"dag_id": "etl", "deadline": deadlines})
    assert told(specs) == {
        "on_deadline:etl soon": ["SlackWebhookNotifier"],
        "on_deadline:etl 2": ["page"],
        "on_deadline:etl 3": ["page_async"],
    }
    assert [action.data["parameters"].get("arguments") for spec in specs for action in spec.actions] == [
        {"text": "late"},
        None,
        {"level": 1},
    ]
    others = [
        DeadlineReference.DAGRUN_LOGICAL_DATE,
        DeadlineReference.AVERAGE_RUNTIME(max_runs=5),
        DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1, tzinfo=timezone.utc)),
    ]
    for reference in others:
        with pytest.raises(UnsupportedFeatureError, match=reference):
            from_dag_args({"dag_id": "etl", "deadline": DeadlineAlert(reference, HOUR, page)})
    with pytest.raises(InvalidAlertError, match="isn't a DeadlineAlert"):
        from_dag_args({"dag_id": "etl", "deadline": HOUR})


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ({"on_failure_calback": page}, InvalidAlertError, "Did you mean 'on_failure_callback'"),
        ({"default_args": {"email_on_failur": True}}, InvalidAlertError, "Did you mean 'email_on_failure'"),
        ({"on_failure_callback": lambda context: None}, InvalidCallbackError, "^on_failure_callback: .* is a lambda"),
        (
            {"default_args": {"on_failure_callback": lambda context: None}},
            InvalidCallbackError,
            r"^default_args\['on_failure_callback'\]: ",
        ),
        ({"dagrun_timeout": 3600}, InvalidAlertError, "dagrun_timeout=3600 isn't a timedelta"),
        ({"dagrun_timeout": timedelta(seconds=1)}, InvalidAlertError, "at least 10 s"),
    ],
)
def test_invalid_dag_arguments_are_refused(args: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        automations.from_dag_args({"dag_id": "etl", **args})


DEFAULTS = {"sla": HOUR, "on_failure_callback": page, "email": "a@example.com"}


def test_sla_of_a_task_makes_an_alert() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="sla, sla_miss_callback: .* pass the tasks in tasks="):

        @task(sla=HOUR)
        def load() -> None: ...

    args = {"dag_id": "etl", "sla_miss_callback": page}
    for tasks in ([load], [{"task_id": "load", "sla": HOUR}]):
        with pytest.warns(UnsupportedFeatureWarning, match="from the run's scheduled start in Airflow"):
            (spec,) = from_dag_args(args, tasks=tasks)
        assert told((spec,)) == {"on_sla_miss:etl/load": ["page"]}
        assert spec.triggers[0].within == HOUR


def test_sla_miss_callback_without_an_sla_warns() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="no known task has an sla. Pass the DAG's tasks in tasks="):
        assert from_dag_args({"dag_id": "etl", "sla_miss_callback": page}) == ()


@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
def test_task_arguments_override_the_defaults() -> None:
    tasks = [
        {"task_id": "inherits"},
        {"task_id": "says the same", "on_failure_callback": [page]},
        {"task_id": "disables", "sla": None, "on_failure_callback": None, "email": None},
        {"task_id": "has its own", "sla": 2 * HOUR, "on_failure_callback": SLACK, "email_on_failure": False},
        {"task_id": "says more", "default_args": {"email": None}, "on_skipped_callback": page},
    ]
    args = {"dag_id": "etl", "sla_miss_callback": page, "default_args": {**DEFAULTS, "on_success_callback": page}}
    alike = "etl/inherits, etl/says the same"
    specs = from_dag_args(args, tasks=tasks)
    assert told(specs) == {
        f"on_failure:{alike} lost with its process": ["page", "EmailAlert"],
        "on_failure:etl/has its own lost with its process": ["SlackWebhookNotifier"],
        "on_failure:etl/says more lost with its process": ["page"],
        f"on_failure:{alike}": ["page", "EmailAlert"],
        "on_failure:etl/has its own": ["SlackWebhookNotifier"],
        "on_failure:etl/says more": ["page"],
        "on_success:etl/*": ["page"],
        f"on_retry:{alike}, etl/has its own": ["EmailAlert"],
        "on_skipped:etl/says more": ["page"],
        f"on_sla_miss:{alike}": ["page", "SmtpNotifier"],
        "on_sla_miss:etl/has its own": ["page", "SmtpNotifier"],
        "on_sla_miss:etl/says more": ["page"],
    }
    lost = [action.data["parameters"]["tasks"] for action in specs[0].actions if action.need]
    assert lost == [["inherits", "says the same"]] * 2


def test_task_argument_errors() -> None:
    with pytest.raises(InvalidCallbackError, match=r"^task 'load'\['on_failure_callback'\]: "):
        from_dag_args({"dag_id": "etl"}, tasks=[{"task_id": "load", "on_failure_callback": lambda context: None}])
    with pytest.raises(InvalidCallbackError, match=r"^default_args\['on_failure_callback'\]: callback tuple"):
        from_dag_args({"dag_id": "etl", "default_args": {"on_failure_callback": (page,)}})
    with pytest.raises(InvalidArgumentError, match=r"default_args is of type list\. Use a dict"):
        from_dag_args({"dag_id": "etl", "default_args": [page]})
    with pytest.raises(InvalidAlertError, match=r"without a task_id: sla\. Add"):
        from_dag_args({"dag_id": "etl"}, tasks=[{"sla": HOUR}])
    with pytest.raises(InvalidAlertError, match="'load' is given twice"):
        from_dag_args({"dag_id": "etl"}, tasks=[{"task_id": "load", "sla": HOUR}, {"task_id": "load"}])
    with pytest.raises(InvalidAlertError, match="tasks has a function"):
        from_dag_args({"dag_id": "etl"}, tasks=[page])  # type: ignore[list-item]
    with pytest.raises(InvalidAlertError, match="Did you mean 'email_on_retry'"):
        from_dag_args({"dag_id": "etl"}, tasks=[{"task_id": "load", "email_on_retri": False}])
