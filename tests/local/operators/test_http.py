"""Operators and hooks for HTTP, where the recorded cases of Airflow do not reach."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import tenacity
from executions import dag_of, run
from provider_cases import http_server

from airflow_compat.errors import UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import HttpOperator, HttpSensor, Resume, run_trigger
from airflow_compat.operators.hooks import BaseHook, HttpHook
from airflow_compat.testing import fake_connections


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server that answers with the request."""
    with http_server() as found, fake_connections({"api": f"http://{found}"}):
        yield found


@pytest.mark.parametrize(
    ("connection", "endpoint", "url"),
    [
        ({"host": "example.com"}, "a/b", "http://example.com/a/b"),
        ({"host": "example.com", "schema": "https", "port": 8443}, "/a", "https://example.com:8443/a"),
        ({"host": "https://example.com/v1/"}, "a", "https://example.com/v1/a"),
        ({"host": "https://example.com/v1"}, None, "https://example.com/v1"),
        ({}, "x", "http://x"),
    ],
)
def test_the_url_of_an_endpoint(connection: dict[str, Any], endpoint: str | None, url: str) -> None:
    with fake_connections({"api": {"conn_type": "http", **connection}}):
        assert HttpHook(http_conn_id="api").url_from_endpoint(endpoint) == url


def test_extras_are_headers_and_options() -> None:
    extra = {"X-Team": "shop", "timeout": 5, "proxies": {"http": "http://proxy"}, "verify": False, "max_redirects": 3}
    with fake_connections({"api": {"conn_type": "http", "host": "example.com", "extra": extra}}):
        session = HttpHook(http_conn_id="api").get_conn({"X-More": "a"}, {"trust_env": False})
    assert (session.headers["X-Team"], session.headers["X-More"], "timeout" in session.headers) == ("shop", "a", False)
    assert (session.proxies, session.verify, session.max_redirects) == ({"http": "http://proxy"}, False, 3)
    assert session.trust_env is False


def test_silent_connections_are_kept_alive(address: str) -> None:
    hook = BaseHook.get_hook("api", {"method": "GET", "tcp_keep_alive_idle": 7})
    session = hook.get_conn()
    options = session.get_adapter("http://").poolmanager.connection_pool_kw["socket_options"]
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options
    assert (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 7) in options
    assert hook.run("echo").status_code == 200


def test_a_lookup_of_the_host_is_refused() -> None:
    connection = {"conn_type": "http", "host": "_http._tcp.example.com", "extra": {"srv_lookup": True}}
    with fake_connections({"api": connection}), pytest.raises(UnsupportedFeatureError, match="'srv_lookup'"):
        HttpHook(http_conn_id="api").run("a")


def test_retries_within_a_try(address: str) -> None:
    attempts = []
    retry_args = {
        "stop": tenacity.stop_after_attempt(3),
        "retry": tenacity.retry_if_exception_type(AirflowException),
        "before": attempts.append,
        "reraise": True,
    }
    with dag_of():
        request = HttpOperator(task_id="r", http_conn_id="api", endpoint="status/503", retry_args=retry_args)
    assert str(run(request).outcome.error) == "503:Service Unavailable"
    assert len(attempts) == 3


def test_pages_of_a_deferred_request(address: str) -> None:
    def next_page(response: Any) -> Any:
        page = len(response.json()["query"])
        return {"endpoint": "/echo?a=1"} if page == 0 else None

    with dag_of():
        request = HttpOperator(
            task_id="r",
            http_conn_id="api",
            method="GET",
            endpoint="echo",
            deferrable=True,
            pagination_function=next_page,
        )
    done = run(request)
    while done.outcome.deferral is not None:
        deferral = done.outcome.deferral
        event = asyncio.run(run_trigger(deferral.trigger))
        done = run(request, resume=Resume(deferral.method, deferral.kwargs, event=event))
    assert [text.count('"a"') for text in done.xcoms["return_value"]] == [0, 1]


def test_a_deferred_sensor_waits_for_the_server(address: str) -> None:
    with dag_of():
        sensor = HttpSensor(
            task_id="s", http_conn_id="api", endpoint="status/404", deferrable=True, poke_interval=0.01, timeout=60
        )
    deferral = run(sensor).outcome.deferral
    assert deferral is not None
    trigger: Any = deferral.trigger

    async def fired_after(seconds: float) -> bool:
        waiting = asyncio.ensure_future(run_trigger(trigger))
        await asyncio.sleep(seconds)
        was_waiting = not waiting.done()
        trigger.endpoint = "echo"
        return was_waiting and (await waiting).payload

    assert asyncio.run(fired_after(0.1)) is True
    assert run(sensor, resume=Resume(deferral.method, deferral.kwargs)).state == "success"


def test_whether_the_server_answers(address: str) -> None:
    assert HttpHook("GET", "api").test_connection() == (True, "Connection successfully tested")
    with fake_connections({"api": "http://127.0.0.1:1"}):
        assert HttpHook("GET", "api").test_connection()[0] is False
