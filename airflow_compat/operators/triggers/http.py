"""Triggers that send HTTP requests (`airflow.providers.http.triggers.http`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from ...authoring import BaseTrigger, TriggerEvent
from ...exceptions import AirflowException
from ..hooks.http import HttpHook


class HttpTrigger(BaseTrigger):
    """Sends one HTTP request, and fires with the response or the error.

    Args:
        http_conn_id: The connection's id.
        auth_type: The class for authentication.
        method: The HTTP method.
        endpoint: The path below the connection's URL.
        headers: More headers.
        data: The content; for GET the query.
        extra_options: Options of `requests`.
    """

    def __init__(  # noqa: PLR0917 - Airflow's own order
        self,
        http_conn_id: str = "http_default",
        auth_type: Any = None,
        method: str = "POST",
        endpoint: str | None = None,
        headers: dict[str, str] | None = None,
        data: dict[str, Any] | str | None = None,
        extra_options: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.http_conn_id = http_conn_id
        self.auth_type = auth_type
        self.method = method
        self.endpoint = endpoint
        self.headers = headers
        self.data = data
        self.extra_options = extra_options

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("http_conn_id", "method", "auth_type", "endpoint", "headers", "data", "extra_options")
        return "airflow.providers.http.triggers.http.HttpTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        hook = HttpHook(self.method, self.http_conn_id, self.auth_type)
        try:
            response = await asyncio.to_thread(hook.run, self.endpoint, self.data, self.headers, self.extra_options)
        except Exception as exc:  # noqa: BLE001 - the task fails with it
            yield TriggerEvent({"status": "error", "message": str(exc)})
        else:
            yield TriggerEvent({"status": "success", "response": response})


class HttpSensorTrigger(BaseTrigger):
    """Sends an HTTP request repeatedly, and fires when the response has a success status.

    Args:
        endpoint: The path below the connection's URL.
        http_conn_id: The connection's id.
        method: The HTTP method.
        data: The content; for GET the query.
        headers: More headers.
        extra_options: Options of `requests`.
        poke_interval: The seconds between two requests.
    """

    def __init__(  # noqa: PLR0917 - Airflow's own order
        self,
        endpoint: str | None = None,
        http_conn_id: str = "http_default",
        method: str = "GET",
        data: dict[str, Any] | str | None = None,
        headers: dict[str, str] | None = None,
        extra_options: dict[str, Any] | None = None,
        poke_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.method = method
        self.data = data
        self.headers = headers
        self.extra_options: dict[str, Any] = extra_options or {}
        self.http_conn_id = http_conn_id
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("endpoint", "data", "method", "headers", "extra_options", "http_conn_id", "poke_interval")
        return "airflow.providers.http.triggers.http.HttpSensorTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        hook = HttpHook(self.method, self.http_conn_id)
        while True:
            try:
                await asyncio.to_thread(hook.run, self.endpoint, self.data, self.headers, self.extra_options)
            except AirflowException:
                await asyncio.sleep(self.poke_interval)
            else:
                yield TriggerEvent(True)
                return
