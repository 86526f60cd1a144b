"""EmailOperator, with a mail server in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from executions import dag_of, run
from notification_targets import smtp_target

from airflow_compat.operators import EmailOperator


def test_a_mail_is_sent(airflow_connections: Any, tmp_path: Path) -> None:
    (tmp_path / "text.html").write_text("<p>{{ ds }}</p>")
    with dag_of(template_searchpath=str(tmp_path)):
        task = EmailOperator(
            task_id="t", to="a@example.com, b@example.com", subject="Day {{ ds }}", html_content="text.html"
        )
    with smtp_target() as target:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "dag@example.com"}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": int(target.url), "extra": extra}
        airflow_connections.update({"smtp_default": json.dumps(connection)})
        done = run(task)
    assert (done.state, done.xcoms) == ("success", {})
    (mail,) = target.received
    assert (mail["from"], mail["to"]) == ("dag@example.com", ["a@example.com", "b@example.com"])
    assert mail["headers"]["Subject"] == "Day 2024-03-05"
    assert mail["parts"][0]["content"] == "<p>2024-03-05</p>"


def test_a_mail_without_a_server(airflow_connections: Any) -> None:
    with dag_of():
        task = EmailOperator(task_id="t", to="a@example.com", subject="s", html_content="h", conn_id="missing")
    done = run(task)
    assert (done.state, done.outcome.may_retry) == ("failed", True)
    assert "missing" in str(done.outcome.error)
