"""Callbacks of task instances and DAGs: which are called, with which context, and once for each event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dag_runs import run, write
from notification_targets import smtp_target

from airflow_compat import Connection

_TOLD = """
    import json
    from datetime import timedelta
    from airflow.sdk import DAG, task
    from airflow.sdk.exceptions import AirflowSkipException

    def told(kind):
        def call(context):
            ti, error = context["ti"], context.get("exception")
            line = [kind, ti.task_id, ti.state, ti.try_number, str(error or ""), context.get("reason", "")]
            with open("{told}", "a") as file:
                file.write(json.dumps(line) + "\\n")
        return call

    KINDS = ["execute", "success", "failure", "retry", "skipped"]
    each = {{f"on_{{kind}}_callback": told(kind) for kind in KINDS}}

    with DAG(
        "{dag_id}", schedule=None, default_args=each,
        on_success_callback=told("dag success"), on_failure_callback=told("dag failure"),
    ) as dag:
        @task
        def good(): ...

        @task
        def skips():
            raise AirflowSkipException("nothing to do")

        @task(retries=1, retry_delay=timedelta(0))
        def bad():
            raise ValueError("no rows")

        good() >> skips() >> bad.override(trigger_rule="all_done")()
"""


def _told(path: Path) -> list[list[Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_each_event_calls_its_callbacks(unique: str, tmp_path: Path, isolation: str) -> None:
    told = tmp_path / "told"
    path = write(tmp_path, "told", _TOLD.format(dag_id=unique, told=told))

    assert run(path, isolation=isolation).is_failed()

    assert _told(told) == [
        ["execute", "good", "running", 1, "", ""],
        ["success", "good", "success", 1, "", ""],
        ["execute", "skips", "running", 1, "", ""],
        ["skipped", "skips", "skipped", 1, "nothing to do", ""],
        ["execute", "bad", "running", 1, "", ""],
        ["retry", "bad", "up_for_retry", 1, "no rows", ""],
        ["execute", "bad", "running", 2, "", ""],
        ["failure", "bad", "failed", 2, "no rows", ""],
        ["dag failure", "bad", "failed", 2, "", "task_failure"],
    ]


_MAILED = """
    from datetime import timedelta
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None, default_args={{"email": ["team@example.com"]}}) as dag:
        @task(retries=1, retry_delay=timedelta(0), email_on_retry={on_retry}, email_on_failure={on_failure})
        def bad():
            raise ValueError("no rows")

        bad()
"""


@pytest.mark.parametrize(("on_retry", "on_failure"), [(True, True), (False, True), (True, False)])
def test_mails_on_failure_and_on_retry(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_retry: bool, on_failure: bool
) -> None:
    tries = [number for number, is_sent in (("1", on_retry), ("2", on_failure)) if is_sent]
    path = write(tmp_path, "mailed", _MAILED.format(dag_id=unique, on_retry=on_retry, on_failure=on_failure))

    with smtp_target() as target:
        extra = json.dumps({"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com"})
        server = Connection(conn_id="smtp", conn_type="smtp", host="127.0.0.1", port=int(target.url), extra=extra)
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.get_uri())
        assert run(path).is_failed()

    assert [mail["to"] for mail in target.received] == [["team@example.com"]] * len(tries)
    for mail, number in zip(target.received, tries, strict=True):
        # Airflow's own words.
        assert mail["headers"]["Subject"].startswith(f"Airflow alert: <TaskInstance: {unique}.bad ")
        assert f"Try {number} out of 2" in str(mail)
        assert "no rows" in str(mail)
