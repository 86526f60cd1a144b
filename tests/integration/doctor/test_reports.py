"""`airflow-compat doctor`: on the session's server, with none, with a wrong one, and with packages that are missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from http_servers import Handler, Server
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from airflow_compat import AirflowConnection
from airflow_compat._prefect import block_classes
from airflow_compat._prefect.specs import BlockSpec
from airflow_compat.cli._app import run
from airflow_compat.doctor import _server as server_health

SECRET = "quartz-Tern-41"
CLOSED = "http://127.0.0.1:9/api"


def _doctor(capfd: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The exit code, and the checks by their subjects."""
    code = run(["doctor", "--json"])
    found: dict[str, list[dict[str, str]]] = {}
    for check in json.loads(capfd.readouterr().out)["checks"]:
        found.setdefault(check["check"], []).append(check)
    return code, found


@contextmanager
def _answers(status: int, answers: Mapping[str, Any], content_type: str = "application/json") -> Iterator[str]:
    """Something that answers like a server, at each path what it is told; its URL."""

    class Answers(Handler):
        def respond(self) -> None:
            known = self.path in answers
            body = answers.get(self.path, "nothing")
            content = (body if content_type == "text/html" else json.dumps(body)).encode()
            self.send(status if known else 404, content, content_type)

    with Server(Answers) as server:
        yield f"{server.url}/api"


def test_on_a_real_server(unique: str, capfd: pytest.CaptureFixture[str]) -> None:
    AirflowConnection(conn_id=unique, conn_type="sftp", password=SECRET).save(unique)
    code, found = _doctor(capfd)
    assert found["server"][0]["result"] == "ok"
    assert found["server version"][0]["result"] == "ok"
    assert found["block types"][0]["result"] == "ok"
    assert "memory" in found["leases"][0]["found"]
    # It masks its URL, and was given no driver by itself.
    assert found["database"][0]["result"] == "unknown"
    assert code == any(check["result"] == "problem" for checks in found.values() for check in checks)
    assert SECRET not in json.dumps(found)


def test_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    run(["doctor"])
    out = capfd.readouterr().out
    assert "server version" in out
    assert "\n- leases: set PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE" in out.partition("What to do:")[2]
    assert "checks: " in out.splitlines()[-1]


def test_heartbeats(capfd: pytest.CaptureFixture[str]) -> None:
    for frequency, result in ((None, "note"), (30, "ok")):
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: frequency}):
            assert _doctor(capfd)[1]["heartbeats"][0]["result"] == result


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (CLOSED, f"{CLOSED} can't be reached"),
        (f"http://etl:{SECRET}@127.0.0.1:9/api", f"{CLOSED} can't be reached"),
        ("127.0.0.1:4200/api", "is not a valid URL"),
        ("nonsense", "is not a valid URL"),
        ("ftp://127.0.0.1/api", "is not a valid URL"),
    ],
)
def test_a_server_that_is_not_there(url: str, found: str, capfd: pytest.CaptureFixture[str]) -> None:
    with temporary_settings({PREFECT_API_URL: url}):
        code, checks = _doctor(capfd)
    assert code == 1
    [server] = checks["server"]
    assert (server["result"], found in server["found"]) == ("problem", True)
    assert server["next"]
    assert checks["python"][0]["result"] == "ok"
    assert checks["prefect"][0]["result"] == "ok"
    assert SECRET not in json.dumps(checks)


@pytest.mark.parametrize(
    ("status", "answers", "found"),
    [
        (200, {"/api/admin/version": "<html>hello</html>"}, "is not a Prefect API"),
        (200, {}, "is not a Prefect API"),
        (501, {"/api/admin/version": "no"}, "is not a Prefect API"),
        (401, {"/api/admin/version": "no"}, "401 Unauthorized"),
    ],
)
def test_another_server(status: int, answers: Mapping[str, Any], found: str, capfd: pytest.CaptureFixture[str]) -> None:
    with _answers(status, answers, "text/html") as url:
        with_password = url.replace("//", f"//etl:{SECRET}@")
        with temporary_settings({PREFECT_API_URL: with_password}):
            code, checks = _doctor(capfd)
    assert code == 1
    assert found in checks["server"][0]["found"]
    assert url in checks["server"][0]["found"]
    assert SECRET not in json.dumps(checks)
    assert "server version" not in checks


def test_what_a_server_tells_of_its_database_and_its_age(capfd: pytest.CaptureFixture[str]) -> None:
    settings = {
        "database": {"driver": "sqlite+aiosqlite", "connection_url": "**********"},
        "concurrency": {"lease_storage": "prefect.server.concurrency.lease_storage.filesystem"},
        "services": {
            "repossessor": {"enabled": True, "loop_seconds": 5},
            "event_persister": {"flush_interval": 5},
        },
    }
    answers = {"/api/admin/version": "3.7.2", "/api/admin/settings": {"server": settings}}
    with _answers(200, answers) as url, temporary_settings({PREFECT_API_URL: url}):
        _, checks = _doctor(capfd)
    assert "3.7.2, which is older" in checks["server version"][0]["found"]
    assert "SQLite" in checks["database"][0]["found"]
    assert checks["leases"][0]["result"] == "ok"
    # What it was asked after that it didn't know; what it had told is told all the same.
    assert checks["block types"][0]["result"] == "note"
    assert "404" in checks["server"][0]["found"]


def test_a_connection_whose_package_is_missing(
    unique: str,
    export: Callable[[str, object], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    file = export("connections.json", {unique: {"conn_type": "aws", "login": "key", "password": SECRET}})
    assert run(["import", str(file)]) == 0
    capfd.readouterr()
    monkeypatch.setattr(block_classes, "find_spec", lambda name: None if name == "prefect_aws" else object())
    code, checks = _doctor(capfd)
    assert code == 1
    [check] = [check for check in checks["extras"] if "aws-credentials" in check["found"]]
    assert check["result"] == "problem"
    assert check["next"] == "pip install 'airflow-compat[aws]'"
    assert SECRET not in json.dumps(checks)


def test_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"prefect_aws", "pymssql"}
    for module in (block_classes, server_health):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name in missing else object())
    documents = [
        BlockSpec("aws-credentials", "a", {}),
        BlockSpec("slack-credentials", "s", {}),
        BlockSpec("sqlalchemy-connector", "p", {"connection_info": {"driver": "postgresql+psycopg2"}}),
        BlockSpec("sqlalchemy-connector", "m", {"connection_info": {"driver": "mssql+pymssql"}}),
        BlockSpec("sqlalchemy-connector", "u", {"connection_info": "********"}),
    ]
    assert server_health.lacking_extras(documents) == {"aws-credentials": "aws", "sqlalchemy-connector": "mssql"}


@pytest.mark.parametrize(
    ("environment", "code", "result"),
    [
        ({"PREFECT_API_URL": f"http://etl:{SECRET}@[half"}, 1, "problem"),
        ({"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true"}, 0, "note"),
        ({"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}, 1, "problem"),
    ],
)
def test_settings_without_a_server(environment: dict[str, str], code: int, result: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    ended = subprocess.run(
        [sys.executable, "-m", "airflow_compat.cli", "doctor", "--json"],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    [server] = [check for check in json.loads(ended.stdout)["checks"] if check["check"] == "server"]
    assert server["result"] == result


def test_settings_that_prefect_refuses_are_a_mistake_to_other_commands_too() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "airflow_compat.cli", "pools", "list"],
        env={**os.environ, "PREFECT_API_URL": f"http://etl:{SECRET}@[half"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("airflow-compat: Prefect refuses its settings; check")
    assert "Traceback" not in ended.stderr
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments", [["doctor", "--json"], ["doctor"], ["--help"]])
def test_a_reader_that_has_seen_enough(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "airflow_compat.cli", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")
