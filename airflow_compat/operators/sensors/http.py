"""A sensor that waits for an HTTP server (`airflow.providers.http.sensors.http`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ...authoring import BaseSensorOperator, PokeReturnValue
from ...authoring._current import setting
from ...exceptions import AirflowException
from .._callable import determine_kwargs
from ..hooks.http import HttpHook
from ..triggers.http import HttpSensorTrigger


class HttpSensor(BaseSensorOperator):
    """Sends a request repeatedly, until the request succeeds and the response passes `response_check`, if given.

    If the server answers with an error status other than 404, the task fails.

    Args:
        endpoint: The path, which is appended to the connection's URL. Templates are rendered.
        http_conn_id: The connection's id.
        method: The HTTP method.
        request_params: The content of the request, or for GET, the query parameters. Templates are rendered.
        request_kwargs: Arguments of `requests.Request`, such as `json`.
        headers: Further headers. Templates are rendered.
        response_error_codes_allowlist: The error statuses after which the sensor continues to wait. Defaults to
            `["404"]`.
        response_check: A function that is called with the response, and returns True to end the wait. The function may
            have further parameters, which receive the context's values of the same names.
        extra_options: Options of `requests`. With `{"check_response": False}`, error statuses are accepted.
        tcp_keep_alive: See `HttpHook`.
        tcp_keep_alive_idle: See `HttpHook`.
        tcp_keep_alive_count: See `HttpHook`.
        tcp_keep_alive_interval: See `HttpHook`.
        deferrable: Whether the task is deferred while it waits. With a `response_check`, the task is never deferred.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers", "http_conn_id")

    def __init__(
        self,
        *,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        request_params: dict[str, Any] | None = None,
        request_kwargs: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        response_error_codes_allowlist: list[str] | None = None,
        response_check: Callable[..., bool | PokeReturnValue] | None = None,
        extra_options: dict[str, Any] | None = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        codes = ["404"] if response_error_codes_allowlist is None else response_error_codes_allowlist
        self.response_error_codes_allowlist: tuple[str, ...] = tuple(codes)
        self.request_params: dict[str, Any] = request_params or {}
        self.headers: dict[str, Any] = headers or {}
        self.extra_options: dict[str, Any] = extra_options or {}
        self.response_check = response_check
        self.tcp_keep_alive = tcp_keep_alive
        self.tcp_keep_alive_idle = tcp_keep_alive_idle
        self.tcp_keep_alive_count = tcp_keep_alive_count
        self.tcp_keep_alive_interval = tcp_keep_alive_interval
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.request_kwargs: dict[str, Any] = request_kwargs or {}

    def poke(self, context: Any) -> bool | PokeReturnValue:
        options = {name: value for name, value in vars(self).items() if name.startswith("tcp_keep_alive")}
        hook = HttpHook(method=self.method, http_conn_id=self.http_conn_id, **options)
        self.log.info("Poking: %s", self.endpoint)
        try:
            response = hook.run(
                self.endpoint, self.request_params, self.headers, self.extra_options, **self.request_kwargs
            )
            if self.response_check is not None:
                return self.response_check(response, **determine_kwargs(self.response_check, [response], context))
        except AirflowException as exc:
            if str(exc).startswith(self.response_error_codes_allowlist):
                return False
            raise
        return True

    def execute(self, context: Any) -> Any:
        if not self.deferrable or self.response_check is not None:
            return super().execute(context)
        if not self.poke(context):
            self.defer(
                timeout=timedelta(seconds=self.timeout),
                trigger=HttpSensorTrigger(
                    endpoint=self.endpoint,
                    http_conn_id=self.http_conn_id,
                    data=self.request_params,
                    headers=self.headers,
                    method=self.method,
                    extra_options=self.extra_options,
                    poke_interval=self.poke_interval,
                ),
                method_name="execute_complete",
            )
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        self.log.info("%s completed successfully.", self.task_id)
