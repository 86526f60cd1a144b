"""DAGs that are still on Airflow. A server on loopback gives the recorded answers of real Airflows.

`tests/airflow/test_airflow_api.py` compares and records the answers.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow_api_scenario import EXPECTED, NEXT, ask_all
from http_servers import Handler, Server

from airflow_compat.dags import _airflow_api
from airflow_compat.dags._airflow_api import AirflowApi
from airflow_compat.dags._airflow_runs import AirflowRuns
from airflow_compat.errors import AirflowApiError
from airflow_compat.testing import fake_connections

RECORDED = Path(__file__).parents[2] / "data" / "airflow_api"


class Airflow(Server):
    """Gives the answers for a method and a path in their order, and the last one again.

    Attributes:
        requests: The received requests: method, path, `Authorization`, body.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.requests: list[tuple[str, str, str, Any]] = []
        self._answers: defaultdict[tuple[str, str], deque[tuple[int, Any]]] = defaultdict(deque)

    @property
    def uri(self) -> str:
        return f"http://mover:open-sesame@127.0.0.1:{self.server_port}"

    def add(self, method: str, path: str, status: int, answer: Any) -> None:
        self._answers[method, path].append((status, answer))

    def add_version(self, major: str) -> None:
        if major == "2":
            self.add("GET", "/api/v2/version", 404, {})
            self.add("GET", "/api/v1/version", 200, {"version": "2.11.0"})
        else:
            self.add("GET", "/api/v2/version", 200, {"version": "3.3.2"})
            self.add("POST", "/auth/token", 201, {"access_token": "first"})
            self.add("POST", "/auth/token", 201, {"access_token": "second"})

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        found = self._answers[method, path]
        return (found.popleft() if len(found) > 1 else found[0]) if found else (404, {"detail": "Not Found"})


class _Handler(Handler):
    server: Airflow

    def respond(self) -> None:
        body = self.body()
        sent = json.loads(body) if body else None
        self.server.requests.append((self.command, self.path, self.headers.get("Authorization") or "", sent))
        self.send_json(*self.server.answer(self.command, self.path))


@contextmanager
def _serving() -> Iterator[Airflow]:
    with Airflow() as server, fake_connections({"old_airflow": server.uri}):
        yield server


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    with _serving() as server:
        yield server


@pytest.mark.parametrize("major", ["2", "3"])
def test_what_tasks_ask_and_start(airflow: Airflow, major: str) -> None:
    recorded = json.loads((RECORDED / f"{major}.json").read_text())
    for each in recorded:
        airflow.add(each["method"], each["path"], each["status"], each["answer"])

    assert ask_all("old_airflow") == EXPECTED

    expected = [(each["method"], each["path"], each["body"]) for each in recorded]
    assert [(method, path, body) for method, path, _, body in airflow.requests] == expected
    kind = "Basic " if major == "2" else "Bearer a-token"
    assert all(
        key.startswith(kind) for _, path, key, _ in airflow.requests if "version" not in path and "auth" not in path
    )


def test_a_token_that_has_expired_is_renewed(airflow: Airflow) -> None:
    airflow.add_version("3")
    airflow.add("GET", "/api/v2/dags/bills", 401, {"detail": "Token expired"})
    airflow.add("GET", "/api/v2/dags/bills", 200, {"dag_id": "bills"})
    assert AirflowRuns(AirflowApi("old_airflow")).has("bills")
    keys = [key for _, path, key, _ in airflow.requests if path.endswith("bills")]
    assert keys == ["Bearer first", "Bearer second"]


def test_a_token_in_the_extra_is_used(airflow: Airflow) -> None:
    airflow.add_version("3")
    airflow.add("GET", "/api/v2/dags/bills", 200, {"dag_id": "bills"})
    extra = json.dumps({"Authorization": "Bearer mine"})
    held = {"conn_type": "http", "host": "127.0.0.1", "port": airflow.server_port, "extra": extra}
    with fake_connections({"token": held}):
        assert AirflowRuns(AirflowApi("token")).has("bills")
    assert [key for _, path, key, _ in airflow.requests if path.endswith("bills")] == ["Bearer mine"]


def test_a_busy_server_is_asked_again(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_airflow_api, "_PAUSES", (0.01,))
    airflow.add_version("2")
    airflow.add("GET", "/api/v1/dags/bills", 503, {})
    airflow.add("GET", "/api/v1/dags/bills", 200, {"is_active": False})
    # Airflow 2 keeps DAGs whose files are gone.
    assert not AirflowRuns(AirflowApi("old_airflow")).has("bills")


def test_a_paused_dag_warns(airflow: Airflow, caplog: pytest.LogCaptureFixture) -> None:
    airflow.add_version("2")
    airflow.add("GET", "/api/v1/dags/bills", 200, {"is_active": True, "is_paused": True})
    run = {"dag_run_id": "mine", "logical_date": "2026-03-02T00:00:00+00:00", "state": "queued"}
    airflow.add("POST", "/api/v1/dags/bills/dagRuns", 200, run)
    with caplog.at_level(logging.WARNING):
        AirflowRuns(AirflowApi("old_airflow")).trigger("bills", run_id="mine", logical_date=NEXT, conf=None)
    assert "DAG 'bills' is paused on Airflow" in caplog.text


@pytest.mark.parametrize(
    ("status", "text"), [(403, "Check the login of the connection"), (400, "can't carry out GET dags/bills")]
)
def test_a_refusal_names_the_connection(airflow: Airflow, status: int, text: str) -> None:
    airflow.add_version("2")
    airflow.add("GET", "/api/v1/dags/bills", status, {"detail": "no"})
    with pytest.raises(AirflowApiError, match=text) as caught:
        AirflowRuns(AirflowApi("old_airflow")).has("bills")
    assert "'old_airflow'" in str(caught.value)
    assert "open-sesame" not in str(caught.value)


def test_another_server_is_no_airflow(airflow: Airflow) -> None:
    with pytest.raises(AirflowApiError, match="has no REST API of Airflow"):
        AirflowRuns(AirflowApi("old_airflow")).has("bills")


def test_a_server_that_is_down(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_airflow_api, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(_airflow_api, "_PAUSES", (0.01,))
    with fake_connections({"gone": "http://127.0.0.1:1"}), pytest.raises(AirflowApiError, match="does not answer"):
        AirflowRuns(AirflowApi("gone")).has("bills")
