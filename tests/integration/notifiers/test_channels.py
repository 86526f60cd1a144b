"""Notifiers send the same messages as Airflow's, recorded in `tests/data/airflow_notifications.json`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from notification_targets import DATA, Target, context_of, filled, http_target, smtp_target

from airflow_compat import importing, notifiers
from airflow_compat.notifiers import (
    EmailAlert,
    NotificationError,
    PagerdutyNotifier,
    SlackNotifier,
    SlackWebhookNotifier,
    SmtpNotifier,
    TeamsWebhookNotifier,
)

RECORDED = json.loads((DATA / "airflow_notifications.json").read_text())
SENT = [(case, release) for case in RECORDED["cases"] for release in case["sent"]]
ALERTS = [(case, release) for case in RECORDED["alerts"] for release in case["sent"]]

# Apprise looks for it when it loads its services.

Connect = Callable[[str, dict[str, Any]], None]


@pytest.fixture(scope="module")
def _http() -> Iterator[Target]:
    with http_target() as target:
        yield target


@pytest.fixture(scope="module")
def _smtp() -> Iterator[Target]:
    with smtp_target() as target:
        yield target


@pytest.fixture
def http(_http: Target) -> Target:
    _http.received.clear()
    return _http


@pytest.fixture
def smtp(_smtp: Target) -> Target:
    _smtp.received.clear()
    return _smtp


@pytest.fixture
def fill(http: Target, smtp: Target, tmp_path: Path) -> Callable[[Any], Any]:
    for name, text in RECORDED["files"].items():
        (tmp_path / name).write_text(text)
    host = http.url.partition("://")[2]
    names = {"HTTP": http.url, "HOSTPORT": host, "SMTP": smtp.url, "FOLDER": str(tmp_path)}
    return lambda value: filled(value, names)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, fill: Callable[[Any], Any]) -> Connect:
    def put(conn_id: str, connection: dict[str, Any]) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fill(connection)))

    return put


@pytest.mark.parametrize(
    ("case", "release"), SENT, ids=lambda value: value if isinstance(value, str) else value["name"]
)
def test_messages_equal_airflows(  # noqa: PLR0917
    case: dict[str, Any], release: str, http: Target, smtp: Target, fill: Callable[[Any], Any], connect: Connect
) -> None:
    connect(case["conn_id"], case["connection"])
    notifier = getattr(notifiers, case["notifier"])(**fill(case["arguments"]))
    notifier(context_of(case))
    sent = [*http.received, *smtp.received]
    assert sent == case["sent"][release]
    http.received.clear()
    smtp.received.clear()

    async def await_it() -> None:
        await type(notifier)(**fill(case["arguments"]), context=context_of(case))

    asyncio.run(await_it())
    assert [*http.received, *smtp.received] == sent


@pytest.mark.parametrize(
    ("case", "release"), ALERTS, ids=lambda value: value if isinstance(value, str) else value["name"]
)
def test_error_alert_equals_airflows(case: dict[str, Any], release: str, smtp: Target, connect: Connect) -> None:
    connect("smtp_default", RECORDED["alert_connection"])
    context = context_of({"context": {"ti": case["ti"][release]}})
    context["exception"] = ValueError(case["error"])
    EmailAlert("a@example.com, b@example.com", airflow_version=release[0])(context)  # type: ignore[arg-type]
    [mail] = smtp.received
    assert (mail["from"], mail["to"]) == ("airflow@airflow", ["a@example.com", "b@example.com"])
    assert mail["parts"][0]["content"] == case["sent"][release]["html"]
    # 3.3 lists the fields of its internal class in the subject.
    assert mail["headers"]["Subject"] == case["sent"]["2.11"]["subject"]


def test_alert_uses_given_templates(smtp: Target, tmp_path: Path, connect: Connect) -> None:
    connect("mail", RECORDED["alert_connection"])
    (tmp_path / "s.txt").write_text("{{ ti.task_id }}: {{ exception }}\n")
    (tmp_path / "h.html").write_text("try {{ try_number }} of {{ max_tries + 1 }}:\n{{ exception_html }}")
    alert = EmailAlert(
        ["a@example.com"],
        from_email="etl@example.com",
        subject_template=str(tmp_path / "s.txt"),
        html_content_template=str(tmp_path / "h.html"),
        smtp_conn_id="mail",
    )
    context = context_of({"context": {"ti": RECORDED["alerts"][0]["ti"]["3.3"]}})
    alert({**context, "exception": ValueError("a < b\nand more")})
    [mail] = smtp.received
    assert mail["from"] == "etl@example.com"
    assert mail["headers"]["Subject"] == "load: a < b and more"
    assert mail["parts"][0]["content"] == "try 2 of 3:\na &lt; b<br>and more"
    with pytest.raises(NotificationError, match=r"EmailAlert: template 'nowhere.txt' can't be read"):
        EmailAlert("a@example.com", subject_template="nowhere.txt")


def test_alert_of_a_mapped_task_has_its_index(smtp: Target, connect: Connect) -> None:
    connect("smtp_default", RECORDED["alert_connection"])
    ti = {**RECORDED["alerts"][0]["ti"]["3.3"], "map_index": 3, "state": "up_for_retry"}
    EmailAlert("a@example.com")(context_of({"context": {"ti": ti}}))
    [mail] = smtp.received
    assert mail["headers"]["Subject"] == "Airflow alert: <TaskInstance: etl.load manual__1 map_index=3 [up_for_retry]>"


def test_message_through_an_imported_connection(unique: str, http: Target, smtp: Target, tmp_path: Path) -> None:
    exported = {
        f"{unique}_hook": {"conn_type": "slackwebhook", "password": f"{http.url}/services/T/B/x"},
        f"{unique}_slack": {"conn_type": "slack", "password": "xoxb-1", "extra": {"base_url": f"{http.url}/api"}},
        f"{unique}_mail": {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": int(smtp.url),
            "login": "etl",
            "password": "open-sesame",
            "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "me@example.com"},
        },
    }
    path = tmp_path / "connections.json"
    path.write_text(json.dumps(exported))
    outcomes = importing.apply(importing.plan(importing.read(path)))
    assert all(outcome.done for outcome in outcomes)
    SlackWebhookNotifier(slack_webhook_conn_id=f"{unique}_hook", text="one")({})
    SlackNotifier(slack_conn_id=f"{unique}_slack", text="two")({})
    SmtpNotifier("a@example.com", smtp_conn_id=f"{unique}_mail", subject="three", html_content="x")({})
    assert [request["path"] for request in http.received] == ["/services/T/B/x", "/api/chat.postMessage"]
    assert http.received[1]["headers"]["authorization"] == "Bearer xoxb-1"
    [mail] = smtp.received
    assert (mail["from"], mail["login"], mail["headers"]["Subject"]) == ("me@example.com", "etl", "three")


@pytest.mark.parametrize(
    "connection",
    [
        {"conn_type": "msteams", "password": "<HTTP>/workflows/1?sig=s"},
        {"conn_type": "teams", "extra": {"webhook_url": "<HTTP>/workflows/1?sig=s"}},
        {"conn_type": "http", "schema": "http", "host": "<HOSTPORT>", "password": "/workflows/1?sig=s"},
    ],
    ids=["password", "extra", "host"],
)
def test_teams_gets_an_adaptive_card(connection: dict[str, Any], http: Target, connect: Connect) -> None:
    connect("teams_default", connection)
    TeamsWebhookNotifier("{{ ds }} failed", title="etl")({"ds": "2026-11-22"})
    [request] = http.received
    assert request["path"] == "/workflows/1?sig=s"
    [attachment] = request["json"]["attachments"]
    assert (request["json"]["type"], attachment["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    assert [block["text"] for block in attachment["content"]["body"]] == ["etl", "2026-11-22 failed"]
    TeamsWebhookNotifier(card={"type": "AdaptiveCard", "body": ["{{ ds }}"]})({"ds": "2026-11-22"})
    assert http.received[1]["json"]["attachments"][0]["content"] == {"type": "AdaptiveCard", "body": ["2026-11-22"]}


def test_a_given_integration_key_needs_no_connection(http: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_compat.notifiers._pagerduty._BASE_URL", http.url)
    PagerdutyNotifier(summary="s", severity="info", integration_key="k")({})
    assert [(request["path"], request["json"]["routing_key"]) for request in http.received] == [("/v2/enqueue", "k")]
