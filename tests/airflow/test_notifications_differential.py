"""What notifiers send, against what Airflow's own send to the same servers, which is what was recorded."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from notification_targets import DATA, Target, context_of, filled, http_target, smtp_target
from real_airflow import MAJOR, VERSION, load

from airflow_compat import connections, notifiers

pytest.importorskip("airflow.providers.slack")
pytest.importorskip("aiosmtpd")

RELEASE = ".".join(VERSION.split(".")[:2])
RECORDED = json.loads((DATA / "airflow_notifications.json").read_text())
MODULES = {
    "AppriseNotifier": "apprise.notifications.apprise",
    "DiscordNotifier": "discord.notifications.discord",
    "PagerdutyNotifier": "pagerduty.notifications.pagerduty",
    "SlackNotifier": "slack.notifications.slack",
    "SlackWebhookNotifier": "slack.notifications.slack_webhook",
    "SmtpNotifier": "smtp.notifications.smtp",
}


@pytest.fixture(scope="module")
def http() -> Iterator[Target]:
    with http_target() as target:
        yield target


@pytest.fixture(scope="module")
def smtp() -> Iterator[Target]:
    with smtp_target() as target:
        yield target


@pytest.fixture
def fill(http: Target, smtp: Target, tmp_path: Path) -> Callable[[Any], Any]:
    http.received.clear()
    smtp.received.clear()
    for name, text in RECORDED["files"].items():
        (tmp_path / name).write_text(text)
    host = http.url.partition("://")[2]
    names = {"HTTP": http.url, "HOSTPORT": host, "SMTP": smtp.url, "FOLDER": str(tmp_path)}
    return lambda value: filled(value, names)


def _dag() -> Any:
    return load("airflow.models.dag" if MAJOR == "2" else "airflow.sdk").DAG("etl", schedule=None)


def _connect(monkeypatch: pytest.MonkeyPatch, conn_id: str, connection: dict[str, Any]) -> None:
    text = json.dumps(connection)
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    # Without Prefect, which is where ours looks first.
    monkeypatch.setattr(connections, "get_connection", lambda asked: connections.Connection.from_json(text, asked))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_the_same_is_sent(
    case: dict[str, Any],
    http: Target,
    smtp: Target,
    fill: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if RELEASE not in case["sent"]:
        pytest.skip(f"the provider beside {RELEASE} can't send this")
    _connect(monkeypatch, case["conn_id"], fill(case["connection"]))
    # Nothing in Airflow leads its hook elsewhere.
    client = load("pagerduty").EventsApiV2Client
    monkeypatch.setattr(client, "normalize_url", lambda _, url: http.url + url)
    arguments = fill(case["arguments"])
    theirs = getattr(load(f"airflow.providers.{MODULES[case['notifier']]}"), case["notifier"])(**arguments)
    theirs({**context_of(case), "dag": _dag()})
    sent = [*http.received, *smtp.received]
    assert sent == case["sent"][RELEASE]
    http.received.clear()
    smtp.received.clear()
    getattr(notifiers, case["notifier"])(**fill(case["arguments"]))(context_of(case))
    assert [*http.received, *smtp.received] == sent


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", RECORDED["alerts"], ids=lambda case: case["name"])
def test_the_alert_on_an_error_has_the_same_text(
    case: dict[str, Any], smtp: Target, fill: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _connect(monkeypatch, "smtp_default", fill(RECORDED["alert_connection"]))
    error = ValueError(case["error"])
    ti, subject, html = (_alert_of_2 if MAJOR == "2" else _alert_of_3)(error, smtp)
    smtp.received.clear()
    seen = {name: getattr(ti, name) for name in case["ti"][RELEASE]}
    assert seen == case["ti"][RELEASE]
    assert {"subject": subject, "html": html} == case["sent"][RELEASE]
    version: Any = MAJOR
    notifiers.EmailAlert("a@example.com", airflow_version=version)({"ti": ti, "exception": error})
    [mail] = smtp.received
    assert mail["parts"][0]["content"] == html
    if MAJOR == "2":
        assert mail["headers"]["Subject"] == subject
    else:
        # A list of the fields of Airflow's internal class; ours has 2.11's form.
        assert subject.startswith("Airflow alert: id=")


def _alert_of_2(error: Exception, _: Target) -> tuple[Any, str, str]:
    dag = _dag()
    task = load("airflow.operators.empty").EmptyOperator(task_id="load", dag=dag, email="a@example.com")
    ti = load("airflow.models.taskinstance").TaskInstance(task, run_id="manual__1", state="failed")
    ti.try_number, ti.max_tries, ti.hostname = 2, 2, "worker-1"
    date = datetime(2026, 11, 22, tzinfo=timezone.utc)
    ti.dag_run = load("airflow.models.dagrun").DagRun("etl", "manual__1", execution_date=date, run_type="manual")
    with mock.patch.object(type(ti), "get_template_context", return_value={"ti": ti, "dag": dag}):
        subject, html, _ = ti.get_email_subject_content(error, task=task)
    return ti, subject, html


def _alert_of_3(error: Exception, smtp: Target) -> tuple[Any, str, str]:
    from uuid import UUID

    runner = load("airflow.sdk.execution_time.task_runner")
    dag = _dag()
    task = load("airflow.sdk").BaseOperator(task_id="load", dag=dag, email="a@example.com")
    ti = runner.RuntimeTaskInstance.model_construct(
        id=UUID(int=1), task_id="load", dag_id="etl", run_id="manual__1", try_number=2, map_index=-1, task=task,
        hostname="worker-1", max_tries=2, state="failed",
    )  # fmt: skip
    runner._send_error_email_notification(task, ti, {"ti": ti, "dag": dag}, error, logging.getLogger("alert"))
    [mail] = smtp.received
    return ti, mail["headers"]["Subject"], mail["parts"][0]["content"]
