"""The builders: valid and invalid arguments, and specs that Prefect accepts."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow, task
from prefect.events.actions import CancelFlowRun
from prefect.events.schemas.automations import Automation as ClientAutomation
from prefect.server.events.schemas.automations import Automation as ServerAutomation
from prefect.server.utilities.user_templates import render_user_template_sync

from airflow_compat import automations
from airflow_compat.automations._plan import FoundNeed, HeldAutomation, plan_automations
from airflow_compat.automations._specs import AutomationSpec
from airflow_compat.errors import InvalidAlertError, InvalidCallbackError, UnsupportedFeatureError
from airflow_compat.notifiers import PagerdutyNotifier, SlackWebhookNotifier

SLACK = "slack-webhook/alerts"
ID = "8d1a9ef6-2a9b-4f39-a1b8-3d2ff3dc4e0c"


@flow
def etl() -> None: ...


@task
def load() -> None: ...


ALERTS = [
    automations.on_failure("etl", notify=SLACK),
    automations.on_success(deployment="etl/prod", webhook="hook"),
    automations.on_retry(task=["etl/load", "other/load"], run="callbacks/prod", parameters={"dag": "{{ dag.dag_id }}"}),
    automations.on_skipped(tags=["prod", "test"], notify=[SLACK, "custom-webhook/x"]),
    automations.on_sla_miss("etl", sla=timedelta(minutes=1), notify=SLACK),
    automations.on_deadline(deployment=["etl/prod", "x/y"], interval=timedelta(hours=1), notify=SLACK),
    automations.on_late_start(everything=True, notify=SLACK, pause_schedule=True),
    automations.on_late_start("etl", grace=timedelta(minutes=1), actions=[CancelFlowRun()]),
    automations.on_zombie("etl"),
]


def data(spec: AutomationSpec) -> dict[str, Any]:
    (item,) = plan_automations([spec], (), dict.fromkeys(spec.needs, FoundNeed(ID)), owner="team")
    return dict(item.data)


@pytest.mark.parametrize("spec", ALERTS, ids=lambda spec: spec.key)
def test_prefect_accepts_the_alerts(spec: AutomationSpec) -> None:
    needs = dict.fromkeys(spec.needs, FoundNeed(ID))
    for model in (ServerAutomation, ClientAutomation):
        stored = model.model_validate({**data(spec), "id": ID}).model_dump(mode="json")
        there = HeldAutomation(ID, spec.key, "", True, stored)
        assert [item.action for item in plan_automations([spec], [there], needs, owner="team")] == ["unchanged"]


def test_a_flow_and_its_name_are_the_same() -> None:
    assert automations.on_failure(etl, notify=SLACK) == automations.on_failure("etl", notify=SLACK)
    assert automations.on_failure([etl, "x"], notify=SLACK).key == "on_failure:etl, x"


def test_keys_and_names() -> None:
    assert [spec.key for spec in ALERTS[:4]] == [
        "on_failure:etl",
        "on_success:etl/prod",
        "on_retry:etl/load, other/load",
        "on_skipped:tag prod, tag test",
    ]
    assert ALERTS[6].key == "on_late_start:everything"
    assert ALERTS[0].name == "etl: on_failure"
    spec = automations.on_failure("etl", notify=SLACK, key="pager", name="Page us", description="At night too")
    assert (spec.key, spec.name, spec.description) == ("pager", "Page us", "At night too")


def test_zombie_is_marked_as_crashed_first() -> None:
    first, second = automations.on_zombie("etl", notify=SLACK).actions
    assert second.data["type"] == "send-notification"
    assert (first.data["type"], first.data["state"]) == ("change-flow-run-state", "CRASHED")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flow": "etl"}, "has no action"),
        ({"notify": SLACK}, "no target"),
        ({"flow": "etl", "notify": "slack-webhook/"}, "notify='slack-webhook/'"),
        ({"flow": "etl", "notify": "/alerts"}, "notify='/alerts'"),
        ({"flow": "etl", "notfy": SLACK}, r"on_failure\(\) has no argument 'notfy'. Did you mean 'notify'"),
        ({"flow": "etl", "lost_task": True, "notify": SLACK}, "has no argument 'lost_task'"),
        ({"flow": "etl", "callback": "a:b", "callback_deployment": "x"}, "callback_deployment='x'"),
        ({"flow": "etl", "run": "callbacks"}, "run='callbacks'"),
        ({"flow": load, "notify": SLACK}, "flow is a Task"),
        ({"flow": "etl", "actions": [{"type": "nonsense"}]}, "An action is invalid"),
        ({"flow": "etl", "actions": [{"type": "call-webhook", "payload": "s3cret"}]}, "An action is invalid"),
        ({"flow": "etl", "actions": [etl]}, "An action is invalid"),
    ],
)
def test_invalid_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAlertError, match=message) as caught:
        automations.on_failure(**arguments)
    assert "s3cret" not in str(caught.value)


def test_callbacks_are_runs_of_the_deployment_that_calls_them() -> None:
    notifier = SlackWebhookNotifier(slack_webhook_conn_id="slack_alerts", text="{{ ti.task_id }} failed")
    spec = automations.on_failure(
        task="etl/load", notify=[SLACK, notifier], callback=["alerts:page", "alerts:page"], airflow_version="2"
    )
    first, *runs = spec.actions
    assert first.data["type"] == "send-notification"
    assert [run.need and run.need.name for run in runs] == ["run-callback/default"] * 3
    notified, once, again = (run.as_dict(dict.fromkeys(spec.needs, ID))["parameters"] for run in runs)
    assert notified == {
        "callback": "airflow_compat.notifiers:SlackWebhookNotifier",
        "alert": "on_failure",
        "run": "{{ event.resource.id }}",
        "event": "{{ event.id | string }}",
        # The server's templates give it back as it is: the notifier renders its own.
        "arguments": {"slack_webhook_conn_id": "slack_alerts", "text": '{{ "{{ ti.task_id }} failed" }}'},
        "airflow_version": "2",
    }
    assert once == {key: value for key, value in again.items() if key != "position"}
    assert again["position"] == 1


@pytest.mark.parametrize("text", ["🔥 {{ ti.task_id }}", 'é "{{ x }}" \\n\n\t{% if %} }}', "\u2028{# #}\x7f"])
def test_notifier_texts_pass_server_templates_unchanged(text: str) -> None:
    notifier = SlackWebhookNotifier(slack_webhook_conn_id="slack_alerts", text=text)
    (run,) = automations.on_failure("etl", notify=notifier).actions
    rendered = render_user_template_sync(run.data["parameters"]["arguments"]["text"], {})
    assert rendered == text
    # As it is sent.
    assert rendered.encode().decode() == text


def test_task_name_may_have_any_character() -> None:
    (action,) = automations.on_failure(task="etl/lädt 🔥", notify=SLACK, subject="{{ ti.task_id }}").actions
    assert render_user_template_sync(action.data["subject"], {}) == "lädt 🔥"


@pytest.mark.parametrize(
    "target",
    [{"everything": True}, {"tags": "prod"}, {"deployment": "*/prod"}, {"task": "*/load"}],
    ids=lambda target: next(iter(target)),
)
def test_alert_ignores_its_own_runs(target: dict[str, Any]) -> None:
    """Otherwise it would loop: each callback runs a flow that succeeds."""
    spec = automations.on_success(**target, callback="alerts:page", run="repair/prod")
    history = [succeeded(name, target) for name in ("etl", "repair", "run-callback")]
    ids = [run.resource_id.rpartition(".")[2] for run in automations.simulate(spec, history).fired]
    assert ids == ["etl"]


def succeeded(flow_name: str, target: dict[str, Any]) -> dict[str, Any]:
    """Return an event of the flow's run, or of its task's."""
    kind = "task-run" if "task" in target else "flow-run"
    related = {"flow": (f"prefect.flow.{flow_name}", flow_name), "deployment": ("prefect.deployment.1", "prod")}
    return {
        "id": str(uuid4()),
        "occurred": "2026-11-22T00:00:00Z",
        "event": f"prefect.{kind}.Completed",
        "resource": {
            "prefect.resource.id": f"prefect.{kind}.{flow_name}",
            "prefect.resource.name": "load",
            "prefect.state-type": "COMPLETED",
            "prefect.state-name": "Completed",
        },
        "related": [
            {"prefect.resource.role": role, "prefect.resource.id": id_, "prefect.resource.name": name}
            for role, (id_, name) in {**related, "tag": ("prefect.tag.prod", "prod")}.items()
        ],
    }


def test_alert_about_its_own_deployment_is_refused() -> None:
    for target in ({"flow": "run-callback"}, {"deployment": "run-callback/default"}, {"task": "run-callback/x"}):
        with pytest.raises(InvalidAlertError, match="would run 'run-callback' for each run of that flow"):
            automations.on_failure(**target, callback="alerts:page")  # type: ignore[arg-type]


def test_secret_arguments_are_refused() -> None:
    with pytest.raises(InvalidCallbackError, match="'integration_key' would be readable") as caught:
        automations.on_failure("etl", notify=PagerdutyNotifier(integration_key="s3cret", summary="x", severity="error"))
    assert "s3cret" not in str(caught.value)


def test_unsupported_references_are_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"since='scheduled'.*on_late_start"):
        automations.on_sla_miss("etl", sla=timedelta(hours=1), since="scheduled", notify=SLACK)  # type: ignore[arg-type]
    for reference in ("DAGRUN_LOGICAL_DATE", "AVERAGE_RUNTIME", "FIXED_DATETIME", "NONSENSE"):
        with pytest.raises(UnsupportedFeatureError, match=reference):
            automations.on_deadline("etl", interval=timedelta(hours=1), reference=reference, notify=SLACK)


@pytest.mark.parametrize("name", [name for name in automations.__all__ if name.startswith("on_")])
def test_each_builder_shows_its_options(name: str) -> None:
    shown = inspect.signature(getattr(automations, name)).parameters
    takes_tasks = name not in ("on_late_start", "on_zombie")
    options = automations.TaskAlertOptions if takes_tasks else automations.AlertOptions
    assert set(options.__annotations__) < set(shown)
    assert "options" not in shown
    assert str(shown["deployment"]) == "deployment: 'Names' = ..."
