"""An operator that sends HTTP requests (`airflow.providers.http.operators.http`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..authoring import BaseOperator
from ..authoring._current import setting
from ..exceptions import AirflowException
from ._callable import determine_kwargs
from .hooks.base import BaseHook


class HttpOperator(BaseOperator):
    """Sends a request. The text of the response is the task's return value.

    Args:
        endpoint: The path, which is appended to the connection's URL. Templates are rendered.
        method: The HTTP method.
        data: The content of the request, or for GET, the query parameters. Templates are rendered.
        headers: Further headers. Templates are rendered.
        pagination_function: A function that is called with a response, and returns the arguments of the request for the
            next page, or None after the last page. With this function, `response_check` and `response_filter` receive a
            list of responses, and the task's return value is a list of texts by default.
        response_check: A function that is called with the response, and returns False to fail the task. The function
            may have further parameters, which receive the context's values of the same names.
        response_filter: A function that is called with the response, and returns the task's return value.
        extra_options: Options of `requests`. With the option `check_response=False`, error statuses are accepted.
        request_kwargs: Arguments of `requests.Request`, such as `json`.
        http_conn_id: The connection's id.
        log_response: Whether to log the text of the response.
        auth_type: The class that authenticates requests. Defaults to `requests.auth.HTTPBasicAuth`.
        tcp_keep_alive: See `HttpHook`.
        tcp_keep_alive_idle: See `HttpHook`.
        tcp_keep_alive_count: See `HttpHook`.
        tcp_keep_alive_interval: See `HttpHook`.
        deferrable: Whether the task is deferred until the response has arrived.
        warn_on_non_idempotent: Has no effect: while the task is deferred, its request is not sent again.
        retry_args: Arguments of `tenacity.Retrying`, which retries requests within the same try of the task.
        kwargs: Arguments of `BaseOperator`.
    """

    conn_id_field = "http_conn_id"
    template_fields: Sequence[str] = ("endpoint", "data", "headers", "http_conn_id")
    template_fields_renderers: Mapping[str, str] = {"headers": "json", "data": "py"}
    template_ext: Sequence[str] = ()
    ui_color = "#f4a460"

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        method: str = "POST",
        data: dict[str, Any] | str | None = None,
        headers: dict[str, str] | None = None,
        pagination_function: Callable[..., Any] | None = None,
        response_check: Callable[..., bool] | None = None,
        response_filter: Callable[..., Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        request_kwargs: dict[str, Any] | None = None,
        http_conn_id: str = "http_default",
        log_response: bool = False,
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        deferrable: bool | None = None,
        warn_on_non_idempotent: bool = True,
        retry_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id
        self.method = method
        self.endpoint = endpoint
        self.headers: dict[str, str] = headers or {}
        self.data: dict[str, Any] | str = data or {}
        self.pagination_function = pagination_function
        self.response_check = response_check
        self.response_filter = response_filter
        self.extra_options: dict[str, Any] = extra_options or {}
        self.log_response = log_response
        self.auth_type = auth_type
        self.tcp_keep_alive = tcp_keep_alive
        self.tcp_keep_alive_idle = tcp_keep_alive_idle
        self.tcp_keep_alive_count = tcp_keep_alive_count
        self.tcp_keep_alive_interval = tcp_keep_alive_interval
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.warn_on_non_idempotent = warn_on_non_idempotent
        self.retry_args = retry_args
        self.request_kwargs: dict[str, Any] = request_kwargs or {}

    @property
    def hook(self) -> Any:
        """The hook that belongs to the connection's type."""
        names = ("method", "auth_type", *(name for name in vars(self) if name.startswith("tcp_keep_alive")))
        return BaseHook.get_hook(getattr(self, self.conn_id_field), {name: getattr(self, name) for name in names})

    def execute(self, context: Any) -> Any:
        if self.deferrable:
            self._defer(self._first_request, None)
        self.log.info("Calling HTTP method")
        responses = [self._send(self._first_request)]
        while self.pagination_function is not None and (more := self.pagination_function(responses[-1])):
            responses.append(self._send(self._next_request(more)))
        return self.process_response(context, responses[0] if self.pagination_function is None else responses)

    def execute_complete(self, context: Any, event: Mapping[str, Any], paginated_responses: Any = None) -> Any:
        """Continue the task after the trigger has received a response."""
        if event["status"] != "success":
            raise AirflowException(f"Unexpected error in the operation: {event['message']}")
        response = event["response"]
        if self.pagination_function is None:
            return self.process_response(context, response)
        responses = [*(paginated_responses or ()), response]
        if more := self.pagination_function(response):
            self._defer(self._next_request(more), responses)
        return self.process_response(context, responses)

    def process_response(self, context: Any, response: Any) -> Any:
        """Check a response, or a list of responses, and return the operator's result."""
        text = [each.text for each in response] if isinstance(response, list) else response.text
        if self.log_response:
            self.log.info(text)
        if self.response_check is not None and not self._call(self.response_check, response, context):
            raise AirflowException("Response check returned False.")
        return text if self.response_filter is None else self._call(self.response_filter, response, context)

    def _call(self, function: Callable[..., Any], response: Any, context: Any) -> Any:
        return function(response, **determine_kwargs(function, [response], context))

    @property
    def _first_request(self) -> dict[str, Any]:
        names = ("endpoint", "data", "headers", "extra_options")
        return {**{name: getattr(self, name) for name in names}, **self.request_kwargs}

    def _next_request(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the request for the next page.

        For arguments that `more` leaves out, the operator's own arguments are used.
        """
        data = more.get("data")
        both_are_dicts = isinstance(self.data, dict) and isinstance(data, dict)
        return {
            "endpoint": more.get("endpoint") or self.endpoint,
            "data": {**self.data, **data} if both_are_dicts else data or self.data,  # type: ignore[dict-item]
            "headers": {**self.headers, **more.get("headers", {})},
            "extra_options": {**self.extra_options, **more.get("extra_options", {})},
            **self.request_kwargs,
        }

    def _send(self, request: dict[str, Any]) -> Any:
        if self.retry_args:
            return self.hook.run_with_advanced_retry(self.retry_args, **request)
        return self.hook.run(**request)

    def _defer(self, request: dict[str, Any], responses: list[Any] | None) -> None:
        from .triggers.http import HttpTrigger

        trigger = HttpTrigger(
            http_conn_id=self.http_conn_id,
            auth_type=self.auth_type,
            method=self.method,
            **{name: request[name] for name in ("endpoint", "data", "headers", "extra_options")},
        )
        kwargs = {"paginated_responses": responses} if responses is not None else None
        self.defer(trigger=trigger, method_name="execute_complete", kwargs=kwargs)


class SimpleHttpOperator(HttpOperator):
    """The older name of `HttpOperator`, which has the same arguments."""
