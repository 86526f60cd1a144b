"""An unsendable notification raises an error with the reason and without secrets."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from notification_targets import Target, http_target, smtp_target

from airflow_compat.errors import AirflowCompatError, ConnectionNotFoundError, UnsupportedFeatureWarning
from airflow_compat.exceptions import AirflowException
from airflow_compat.notifiers import (
    AppriseNotifier,
    BaseNotifier,
    DiscordNotifier,
    NotificationError,
    PagerdutyNotifier,
    SlackNotifier,
    SlackWebhookNotifier,
    SmtpNotifier,
    TeamsWebhookNotifier,
)

SECRET = "quartz-Tern"

# Apprise looks for it when it loads its services.

Connect = Callable[[dict[str, Any]], None]


@pytest.fixture
def http() -> Iterator[Target]:
    with http_target() as target:
        yield target


@pytest.fixture
def connect(unique: str, monkeypatch: pytest.MonkeyPatch) -> Connect:
    def put(connection: dict[str, Any]) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", json.dumps(connection))

    return put


def slack_api(http: Target) -> dict[str, Any]:
    return {"conn_type": "slack", "password": SECRET, "extra": {"base_url": f"{http.url}/api"}}


def web(http: Target, conn_type: str) -> dict[str, Any]:
    return {"conn_type": conn_type, "password": f"{http.url}/{SECRET}"}


def discord(http: Target) -> dict[str, Any]:
    return {"conn_type": "discord", "host": http.url, "extra": {"webhook_endpoint": f"webhooks/1/{SECRET}"}}


def pagerduty(http: Target) -> dict[str, Any]:
    return {"conn_type": "pagerduty_events", "host": http.url, "password": SECRET}


def mail(port: int, **extra: Any) -> dict[str, Any]:
    plain = {"disable_ssl": True, "disable_tls": True, "retry_limit": 1, "from_email": "me@example.com"}
    return {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "login": "etl",
        "password": SECRET,
        "extra": {**plain, **extra},
    }


def smtp_notifier(unique: str) -> SmtpNotifier:
    return SmtpNotifier("a@example.com", subject="s", html_content="h", smtp_conn_id=unique)


def notifier_and_connection(kind: str, unique: str, http: Target) -> tuple[BaseNotifier, dict[str, Any]]:
    return {
        "slack": (SlackNotifier(slack_conn_id=unique, text="t"), slack_api(http)),
        "webhook": (SlackWebhookNotifier(slack_webhook_conn_id=unique, text="t"), web(http, "slackwebhook")),
        "teams": (TeamsWebhookNotifier("t", teams_conn_id=unique), web(http, "msteams")),
        "discord": (DiscordNotifier(unique, "t"), discord(http)),
        "pagerduty": (
            PagerdutyNotifier(summary="s", severity="info", pagerduty_events_conn_id=unique),
            pagerduty(http),
        ),
    }[kind]


def shown_by(error: BaseException) -> str:
    """Return everything that a log, or a tool that prints the locals of our frames, would show."""
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    return "".join(shown.format()) + repr(error)


@pytest.mark.parametrize("kind", ["slack", "webhook", "teams", "discord", "pagerduty"])
def test_refusal_shows_the_status_but_no_secret(
    kind: str, unique: str, http: Target, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    notifier, connection = notifier_and_connection(kind, unique, http)
    connect(connection)
    for status, advice in [
        (403, "Check the secret"),
        (404, "create a new webhook"),
        (429, "limits the number of calls"),
        (503, "try again later"),
        (302, "Compare the message"),
    ]:
        http.status, http.answer = status, json.dumps({"error": SECRET, "message": SECRET})
        with pytest.raises(NotificationError, match=rf"{unique}.*HTTP {status}.*{advice}") as caught:
            notifier({})
        assert isinstance(caught.value, (AirflowCompatError, AirflowException))
        assert SECRET not in shown_by(caught.value)
        assert caught.value.__context__ is None
    assert SECRET not in caplog.text
    assert SECRET not in repr(notifier)


def test_service_error_codes_are_shown(unique: str, http: Target, connect: Connect) -> None:
    connect(slack_api(http))
    http.answer = '{"ok": false, "error": "channel_not_found"}'
    with pytest.raises(NotificationError, match=r"HTTP 200, channel_not_found"):
        SlackNotifier(slack_conn_id=unique, channel="#x")({})
    connect(web(http, "slackwebhook"))
    http.status, http.answer = 400, "invalid_payload"
    with pytest.raises(NotificationError, match=r"HTTP 400, invalid_payload"):
        SlackWebhookNotifier(slack_webhook_conn_id=unique, text="t")({})
    connect(discord(http))
    http.status, http.answer = 404, '{"message": "Unknown Webhook", "code": 10015}'
    with pytest.raises(NotificationError, match=r"HTTP 404, code 10015"):
        DiscordNotifier(unique, "t")({})


@pytest.mark.parametrize("kind", ["slack", "webhook", "teams", "discord", "pagerduty"])
def test_unreachable_server(kind: str, unique: str, http: Target, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        http.url = f"http://127.0.0.1:{free.getsockname()[1]}"
    notifier, connection = notifier_and_connection(kind, unique, http)
    connect(connection)
    with pytest.raises(
        NotificationError, match=rf"{unique}.*gave no answer.*Connection refused.*Check the connection's host"
    ) as caught:
        notifier({})
    assert SECRET not in shown_by(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/{}/\u00fc", "http://.host/{}"])
def test_invalid_address(address: str, unique: str, connect: Connect) -> None:
    # The server is never asked: the request can't be written.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = address.format(SECRET).replace(":9/", f":{silent.getsockname()[1]}/")
        connect({"conn_type": "slackwebhook", "password": url})
        with pytest.raises(NotificationError, match=rf"{unique}.*Unicode.*Check the connection's host") as caught:
            SlackWebhookNotifier(slack_webhook_conn_id=unique, text="t")({})
    assert SECRET not in shown_by(caught.value)
    assert caught.value.__context__ is None


def test_server_timeout(unique: str, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}"
        connect({"conn_type": "slackwebhook", "password": url, "extra": {"timeout": "0.2"}})
        with pytest.raises(NotificationError, match=r"no answer within 0.2 s") as caught:
            SlackWebhookNotifier(slack_webhook_conn_id=unique, text="t")({})
        assert SECRET not in shown_by(caught.value)


@pytest.mark.parametrize(
    ("notifier", "connection", "message"),
    [
        (lambda _: SlackNotifier(channel=""), {}, "no channel"),
        (lambda c: SlackNotifier(slack_conn_id=c), {"conn_type": "slackwebhook"}, "'slackwebhook'.*of type 'slack'"),
        (lambda c: SlackNotifier(slack_conn_id=c), {"conn_type": "slack"}, "no API token"),
        (
            lambda c: SlackNotifier(slack_conn_id=c),
            {"conn_type": "slack", "password": f"https://h/{SECRET}"},
            "use SlackWebhookNotifier",
        ),
        (
            lambda c: SlackNotifier(slack_conn_id=c),
            {"conn_type": "slack", "password": SECRET, "extra": {"timeout": "soon"}},
            r"the timeout .* is 'soon'\. Set a number of seconds",
        ),
        (
            lambda c: SlackWebhookNotifier(slack_webhook_conn_id=c, text="t"),
            {"conn_type": "slack", "password": SECRET},
            "'slack'.*of type 'slackwebhook'",
        ),
        (
            lambda c: SlackWebhookNotifier(slack_webhook_conn_id=c, text="t"),
            {"conn_type": "slackwebhook", "password": " "},
            r"has no webhook\. Set the webhook's URL as the password",
        ),
        (
            lambda c: SlackWebhookNotifier(slack_webhook_conn_id=c, text="t"),
            {"conn_type": "slackwebhook", "password": f"file:///etc/{SECRET}"},
            r"not an http\(s\) URL",
        ),
        (
            lambda c: SlackWebhookNotifier(slack_webhook_conn_id=c, text="t"),
            {"conn_type": "slackwebhook", "password": f"http://127.0.0.1:9/a\nb{SECRET}"},
            "no answer.*InvalidURL",
        ),
        (lambda c: TeamsWebhookNotifier("t", teams_conn_id=c), {"conn_type": "msteams"}, "has no webhook"),
        (lambda c: DiscordNotifier(c, "t"), {"conn_type": "discord", "host": "https://h"}, "no valid webhook_endpoint"),
        (lambda c: DiscordNotifier(c, "t" * 2001), {}, "the text has 2001, but Discord allows 2000"),
        (lambda c: DiscordNotifier(c, embed={"fields": [{}] * 26}), {}, "list of fields has 26"),
        (
            lambda c: PagerdutyNotifier(summary="s", severity="info", pagerduty_events_conn_id=c),
            {"conn_type": "pagerduty_events"},
            "no integration key",
        ),
        (
            lambda _: PagerdutyNotifier(summary="s", severity="info", pagerduty_events_conn_id=None),
            {},
            "neither a connection nor an integration key",
        ),
        (lambda _: PagerdutyNotifier(summary="s", severity="info", action="go"), {}, r"action is 'go'\. Use one of"),
        (lambda _: PagerdutyNotifier(summary="s", severity="info", action="resolve"), {}, "needs a dedup_key"),
        (lambda c: AppriseNotifier(body="b", apprise_conn_id=c), {"conn_type": "apprise"}, "needs a config"),
        (
            lambda c: AppriseNotifier(body="b", apprise_conn_id=c),
            {"conn_type": "apprise", "extra": {"config": [{"path": "json://127.0.0.1:1/x"}, {"tag": "t"}]}},
            "needs a config",
        ),
        (
            lambda c: AppriseNotifier(body="b", tag="no", apprise_conn_id=c),
            {"conn_type": "apprise", "extra": {"config": {"path": "json://127.0.0.1:1/x", "tag": "yes"}}},
            "or no service has the tag",
        ),
        (
            lambda c: AppriseNotifier(body="b", apprise_conn_id=c),
            {"conn_type": "apprise", "extra": {"config": {"path": f"json://u:{SECRET}@127.0.0.1:1/x"}}},
            "refused the message.*Apprise's log",
        ),
        (smtp_notifier, {"conn_type": "smtp"}, r"no sender is given\. Pass from_email"),
        (smtp_notifier, {"conn_type": "smtp", "extra": {"from_email": "a@b"}}, "the connection has no host"),
        (smtp_notifier, mail(25, ssl_context="lax"), "ssl_context in the connection's extra"),
        (smtp_notifier, mail(25, auth_type="kerberos"), "auth_type is neither"),
        (smtp_notifier, mail(25, auth_type="oauth2"), "oauth2 needs an access_token"),
        (smtp_notifier, mail(25, retry_limit="often"), "retry_limit in the connection's extra is not a whole number"),
        (smtp_notifier, mail(9, subject_template="nowhere.txt"), None),
    ],
)  # fmt: skip
def test_errors_name_the_missing_or_wrong_value(
    notifier: Callable[[str], BaseNotifier],
    connection: dict[str, Any],
    message: str | None,
    unique: str,
    connect: Connect,
) -> None:
    connect({"conn_type": "http", **connection})
    if message is None:
        # The subject is given, so its template isn't looked for; nothing listens there.
        message = "did not answer"
    with pytest.raises(NotificationError, match=message) as caught:
        notifier(unique)({})
    assert SECRET not in shown_by(caught.value)


def test_missing_connection(unique: str) -> None:
    with pytest.raises(ConnectionNotFoundError, match=unique):
        SlackNotifier(slack_conn_id=unique)({})


def test_retry_handlers_cause_a_warning() -> None:
    with pytest.warns(UnsupportedFeatureWarning, match="SlackNotifier: retry_handlers are not used"):
        SlackNotifier(retry_handlers=[object()])
    with pytest.warns(UnsupportedFeatureWarning, match="SlackWebhookNotifier: retry_handlers are not used"):
        SlackWebhookNotifier(text="t", retry_handlers=[])


@pytest.mark.parametrize("to", ["a@example.com; ", "a@example.com,, b@example.com,"])
def test_trailing_separator_is_ignored(to: str, unique: str, connect: Connect) -> None:
    with smtp_target() as smtp:
        connect({**mail(int(smtp.url)), "password": "open-sesame"})
        SmtpNotifier(to, subject="s", html_content="h", smtp_conn_id=unique)({})
        assert smtp.received[0]["to"] == [each.strip() for each in to.replace(";", ",").split(",") if each.strip()]


def test_mail_server_refusals(unique: str, connect: Connect) -> None:
    with smtp_target() as smtp:
        port = int(smtp.url)
        connect(mail(port))
        with pytest.raises(NotificationError, match=r"refused the login \(SMTP 535\)\. Check login") as caught:
            smtp_notifier(unique)({})
        assert SECRET not in shown_by(caught.value)
        assert caught.value.__context__ is None
        connect({**mail(port, disable_tls=False), "login": None})
        with pytest.raises(NotificationError, match=r"does not support STARTTLS or login\. Set disable_tls"):
            smtp_notifier(unique)({})
        connect({**mail(port), "password": "open-sesame"})
        smtp.status = 554
        with pytest.raises(NotificationError, match=r"refused the mail \(SMTP 554\)"):
            smtp_notifier(unique)({})
        smtp.status = 200
        notifier = smtp_notifier(unique)
        notifier.files = ["nowhere.csv"]
        with pytest.raises(NotificationError, match=r"attachment 'nowhere.csv' can't be read"):
            notifier({})
        notifier = smtp_notifier(unique)
        notifier.mime_charset = "klingon"
        with pytest.raises(NotificationError, match="can't be written"):
            notifier({})
        assert smtp.received == []


def test_oauth2_logs_in_with_the_token(unique: str, connect: Connect) -> None:
    with smtp_target() as smtp:
        connect(mail(int(smtp.url), auth_type="oauth2", access_token="open-sesame"))
        smtp_notifier(unique)({})
        assert smtp.received[0]["login"] == "user=etl"
        connect(mail(int(smtp.url), auth_type="oauth2", access_token=SECRET))
        with pytest.raises(NotificationError, match="refused the login") as caught:
            smtp_notifier(unique)({})
        assert SECRET not in shown_by(caught.value)


def test_tls_follows_the_connection(unique: str, connect: Connect, certificate: ssl.SSLContext) -> None:
    with smtp_target(tls=certificate) as smtp:
        opened = {"disable_ssl": False, "disable_tls": True}
        connect({**mail(int(smtp.url), ssl_context="none", **opened), "password": "open-sesame"})
        smtp_notifier(unique)({})
        connect({**mail(int(smtp.url), **opened), "password": "open-sesame"})
        with pytest.raises(NotificationError, match=r"TLS failed \(CERTIFICATE_VERIFY_FAILED\)"):
            smtp_notifier(unique)({})
        assert len(smtp.received) == 1
    with smtp_target(start_tls=certificate) as smtp:
        connect({**mail(int(smtp.url), ssl_context="none", disable_tls=False), "password": "open-sesame"})
        smtp_notifier(unique)({})
        connect(mail(int(smtp.url), disable_ssl=False))
        with pytest.raises(NotificationError, match=r"TLS failed .*Set disable_ssl"):
            smtp_notifier(unique)({})
        assert len(smtp.received) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """Return a server certificate that clients don't trust."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "server.pem"
    path.write_bytes(private + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
