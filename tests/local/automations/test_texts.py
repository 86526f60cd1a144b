"""An alert's texts with Airflow's names, as rendered by Prefect's server."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from prefect.server.events.actions import JinjaTemplateAction
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.server.schemas.core import Flow
from prefect.server.schemas.responses import FlowRunResponse
from prefect.server.utilities.user_templates import render_user_template_sync
from prefect.settings import PREFECT_UI_URL, temporary_settings

from airflow_compat import automations
from airflow_compat.automations._specs import AutomationSpec
from airflow_compat.errors import InvalidAlertError, UnsupportedFeatureError
from airflow_compat.templates import InvalidTemplateError

RUN = UUID("8d1a9ef6-2a9b-4f39-a1b8-3d2ff3dc4e0c")
FLOW = UUID("11111111-2a9b-4f39-a1b8-3d2ff3dc4e0c")
DATE = datetime(2024, 3, 5, 6, 7, 8, tzinfo=timezone.utc)
SLACK = "slack-webhook/alerts"


def context(kind: str = "flow-run", name: str = "wise-owl", **labels: str) -> dict[str, Any]:
    """Return the server's template context when an alert fires."""
    JinjaTemplateAction._register_filters_if_needed()
    resource = {
        "prefect.resource.id": f"prefect.{kind}.{RUN}",
        "prefect.resource.name": name,
        "prefect.run-count": "2",
        "prefect.state-message": "ValueError: 'boom'",
        "prefect.state-name": "Failed",
        **labels,
    }
    event = {"event": f"prefect.{kind}.Failed", "occurred": DATE, "received": DATE, "resource": resource, "id": RUN}
    run = FlowRunResponse(
        id=RUN,
        flow_id=FLOW,
        name="wise-owl",
        parameters={"x": 1},
        expected_start_time=DATE,
        start_time=DATE,
        auto_scheduled=True,
    )
    return {
        "event": ReceivedEvent.model_validate(event),
        "flow": Flow(id=FLOW, name="etl"),
        "flow_run": run,
        "task_run": None,
        "variables": {"target_table": "sales"},
    }


def rendered(text: str, **about: Any) -> str:
    """Return the text that the server sends, for flow `etl` or another target."""
    kind = "task-run" if "task" in about else "flow-run"
    spec = automations.on_failure(
        **{**({} if "task" in about else {"flow": "etl"}), "notify": SLACK, "body": text, **about}
    )
    return sent(spec, context(kind, "load-3f9" if kind == "task-run" else "wise-owl"))


def sent(spec: AutomationSpec, values: dict[str, Any]) -> str:
    (action,) = spec.actions
    return render_user_template_sync(action.data["body"], values)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ dag.dag_id }} {{ dag_run.dag_id }} {{ ti.dag_id }} {{ task_instance.dag_id }}", "etl etl etl etl"),
        ("{{ ti.task_id }} {{ task.task_id }}", "etl etl"),
        ("{{ exception }}", "ValueError: 'boom'"),
        ("{{ exception | upper }}", "VALUEERROR: 'BOOM'"),
        ("{{ ds }} {{ ds_nodash }} {{ ts }}", "2024-03-05 20240305 2024-03-05T06:07:08+00:00"),
        ("{{ ts_nodash }} {{ ts_nodash_with_tz }}", "20240305T060708 20240305T060708+0000"),
        ("{{ logical_date | ds }} {{ data_interval_end|ts_nodash }}", "2024-03-05 20240305T060708"),
        ("{{ logical_date.strftime('%d.%m.') }}", "05.03."),
        ("{{ (logical_date).year + 1 }}", "2025"),
        ("{{ run_id }}", "scheduled__2024-03-05T06:07:08+00:00"),
        ("{{ run_id[:9] ~ ds }}", "scheduled2024-03-05"),
        ("{{ params.x }} {{ params['x'] }} {{ dag_run.conf.x }}", "1 1 1"),
        ("{{ ti.try_number + 1 }} {{ ti.state }} {{ dag_run.state }}", "3 failed failed"),
        ("{{ var.value.target_table }} {{ var.json.target_table }}", "sales sales"),
        ("{{ flow_run.name }} {{ flow.name }}", "wise-owl etl"),
        ("{% if exception %}yes{% endif %}{# ti.nothing #}{% raw %}{{ ti }}{% endraw %}", "yes{{ ti }}"),
        ("{%- for k, v in params.items() %}{{ k }}={{ v }}{% endfor %}", "x=1"),
        ("{% set params = 5 %}{{ params }}", "5"),
        ("{{ dict(params=params).params.x }}", "1"),
        ("a  {{-  ds  }}\nb", "a2024-03-05\nb"),
        ("{{ ds is defined }} {{ ds == '2024-03-05' }}", "True True"),
        ("no template { } at all", "no template { } at all"),
    ],
)
def test_airflow_names_are_translated(text: str, says: str) -> None:
    assert rendered(text) == says


def test_links() -> None:
    with temporary_settings({PREFECT_UI_URL: "http://ui"}):
        assert rendered("{{ ti.log_url }}") == f"http://ui/runs/flow-run/{RUN}"
        assert rendered("{{ ti.log_url }}", task="etl/load") == f"http://ui/runs/flow-run/{RUN}"


@pytest.mark.parametrize(
    ("task", "task_id"),
    [("etl/load", "load"), ("etl/*", "load"), (["etl/load", "etl/clean"], "load"), ('etl/a"{{b', 'a"{{b')],
)
def test_a_tasks_id(task: Any, task_id: str) -> None:
    assert rendered("{{ ti.task_id }}", task=task) == task_id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ ti.xcom_pull('x') }}", "An alert's text can't use 'ti.xcom_pull'"),
        ("{{ ti }}", "An alert's text can't use 'ti': the server has no such object"),
        ("{{ task_instance.hostname }}", "'task_instance.hostname'"),
        ("{{ conn.pg.host }}", "'conn.pg'.*connections"),
        ("{{ macros.ds_add(ds, 1) }}", "'macros.ds_add'.*no macros"),
        ("{{ execution_date }}", "'execution_date'.*use logical_date"),
        ("{{ nonsense }}", "'nonsense'.*leave it out"),
        ("{{ var.value.get('x', 1) }}", "'var.value.get'"),
        ("{{ ds | shout }}", "'shout'.*no such filter"),
        ("{{ (ds or ts) | ds }}", "'ds'.*only follow a name"),
        ("{% include 'alert.txt' %}", "'include'.*no template files"),
        ("{{ params }}{% set params = 1 %}{{ ds }}", "'params'.*the template defines"),
    ],
)
def test_unsupported_names_are_refused(text: str, message: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=message):
        rendered(text)


@pytest.mark.parametrize("name", ["ds", "logical_date", "run_id", "execution_date"])
def test_the_dates_of_airflow_2_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=f"'{name}'.*schedule"):
        rendered(f"{{{{ {name} }}}}", airflow_version="2")


def test_exception_is_refused_without_one() -> None:
    for builder in (automations.on_success, automations.on_skipped):
        with pytest.raises(UnsupportedFeatureError, match=r"'exception'.*no exception"):
            builder("etl", notify=SLACK, body="{{ exception }}")
    assert sent(automations.on_retry("etl", notify=SLACK, body="{{ exception }}"), context()) == "ValueError: 'boom'"
    with pytest.raises(UnsupportedFeatureError, match="'exception'"):
        automations.on_retry(task="etl/load", notify=SLACK, body="{{ exception }}")


def test_template_syntax_errors_are_raised_early() -> None:
    for field in ("subject", "body", "payload"):
        with pytest.raises(InvalidTemplateError, match=r"Template '\{\{ ds', line 1"):
            automations.on_failure("etl", notify=SLACK, **{field: "{{ ds"})
    with pytest.raises(InvalidTemplateError, match=r"Template '\{% if"):
        automations.on_failure("etl", actions=[{"type": "call-webhook", "block_document_id": RUN, "payload": "{% if"}])


def test_default_text() -> None:
    with temporary_settings({PREFECT_UI_URL: "http://ui"}):
        spec = automations.on_failure("etl", notify=SLACK)
        assert sent(spec, context()).splitlines() == [
            "etl failed.",
            "Run: wise-owl",
            "Scheduled for: 2024-03-05 06:07:08+00:00",
            "Try: 2",
            "State: Failed (ValueError: 'boom')",
            f"http://ui/runs/flow-run/{RUN}",
        ]
        spec = automations.on_sla_miss("etl", sla=timedelta(hours=2), notify=SLACK)
        assert sent(spec, context()).splitlines()[:2] == [
            "etl missed its SLA.",
            "The run should have ended within 2:00:00.",
        ]
    assert render_user_template_sync(spec.actions[0].data["subject"], context()) == "etl missed its SLA"
    task = automations.on_failure(task="etl/load", notify=SLACK)
    assert sent(task, context("task-run", "load-3f9")).startswith("etl.load failed.\n")
    anyone = automations.on_failure(task="*/load", notify=SLACK)
    assert sent(anyone, context("task-run", "load-3f9")).startswith("etl.load failed.\n")


def test_webhook_payload_is_valid_json_for_any_name() -> None:
    (action,) = automations.on_failure("etl", webhook="hook").actions
    assert action.data["type"] == "call-webhook"
    values = context(name='"wise" </owl>\n')
    data = json.loads(render_user_template_sync(action.data["payload"], values))
    assert (data["alert"], data["dag_id"], data["run"]) == ("on_failure", "etl", '"wise" </owl>\n')
    assert data["resource"] == f"prefect.flow-run.{RUN}"


def test_nested_parameters_are_translated() -> None:
    parameters = {"dag": "{{ dag.dag_id }}", "more": ["{{ ds }}", {"n": 5}], "plain": "x"}
    (action,) = automations.on_failure("etl", run="callbacks/prod", parameters=parameters).actions
    translated = action.data["parameters"]
    assert translated["dag"] == "{{ flow.name }}"
    assert render_user_template_sync(translated["more"][0], context()) == "2024-03-05"
    assert (translated["more"][1], translated["plain"]) == ({"n": 5}, "x")
    with pytest.raises(InvalidAlertError, match="run="):
        automations.on_failure("etl", notify=SLACK, parameters=parameters)
