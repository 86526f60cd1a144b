"""The hook for HTTP servers (`airflow.providers.http.hooks.http`)."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlparse

from requests import PreparedRequest, Request, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.exceptions import HTTPError
from requests.models import DEFAULT_REDIRECT_LIMIT
from urllib3.connection import HTTPConnection

from ...connections import Connection
from ...errors import UnsupportedFeatureError
from ...exceptions import AirflowException
from .base import BaseHook

# The keys of a connection's extra that are options of the request. Other keys are headers.
_OPTIONS = ("stream", "cert", "timeout", "allow_redirects", "max_redirects", "trust_env", "check_response")


class HttpHook(BaseHook):
    """Sends HTTP requests to the server that a connection names.

    The connection's host is a URL, or a host name for which the connection's schema is the protocol. The connection's
    login and password are used for authentication, and the keys of its extra are headers and options of `requests`.

    Args:
        method: The HTTP method.
        http_conn_id: The connection's id.
        auth_type: The class that authenticates requests. Defaults to `requests.auth.HTTPBasicAuth`.
        tcp_keep_alive: Whether the operating system keeps idle connections alive (TCP keepalive).
        tcp_keep_alive_idle: The seconds without traffic after which the first keepalive probe is sent.
        tcp_keep_alive_count: The number of unanswered keepalive probes after which the connection is closed.
        tcp_keep_alive_interval: The seconds between two keepalive probes.
        adapter: A transport adapter of `requests` to use for requests to the server.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "http_default"
    conn_type = "http"
    hook_name = "HTTP"
    default_host = ""
    default_headers: dict[str, str] = {}

    def __init__(  # noqa: PLR0917 - Airflow's own order
        self,
        method: str = "POST",
        http_conn_id: str = default_conn_name,
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        adapter: HTTPAdapter | None = None,
    ) -> None:
        super().__init__()
        self.http_conn_id = http_conn_id
        self.method: str = method.upper()
        self.base_url: str = ""
        self._auth_type = auth_type
        self.adapter = adapter
        self.keep_alive_adapter: _KeepAlive | None = (
            _KeepAlive(tcp_keep_alive_idle, tcp_keep_alive_count, tcp_keep_alive_interval)
            if tcp_keep_alive and adapter is None
            else None
        )
        self.merged_extra: dict[str, Any] = {}

    @property
    def auth_type(self) -> Any:
        return self._auth_type or HTTPBasicAuth

    @auth_type.setter
    def auth_type(self, value: Any) -> None:
        self._auth_type = value

    def get_conn(self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None) -> Session:
        """Return a session of `requests` with the connection's settings.

        Args:
            headers: Further headers.
            extra_options: Options of `requests`, which override the options in the connection's extra.

        Raises:
            UnsupportedFeatureError: The connection has the extra `srv_lookup`, which is not supported.
        """
        session = Session()
        held = self.get_connection(self.http_conn_id)
        self._set_base_url(held)
        session.auth = self._auth(held)
        own_headers, self.merged_extra = _split_extra(held.extra_dejson, extra_options or {})
        if held.extra or extra_options:
            merged = self.merged_extra
            session.proxies = merged.get("proxies", merged.get("proxy", {}))
            session.stream = merged.get("stream", False)
            session.verify = merged.get("verify", merged.get("verify_ssl", True))
            session.cert = merged.get("cert")
            session.max_redirects = merged.get("max_redirects", DEFAULT_REDIRECT_LIMIT)
            session.trust_env = merged.get("trust_env", True)
            session.headers.update(own_headers)
        if self.adapter is not None:
            session.mount(f"{urlparse(self.base_url).scheme}://", self.adapter)
        elif self.keep_alive_adapter is not None:
            session.mount("http://", self.keep_alive_adapter)
            session.mount("https://", self.keep_alive_adapter)
        session.headers.update(self.default_headers)
        session.headers.update(headers or {})
        return session

    def _set_base_url(self, held: Connection) -> None:
        if str(held.extra_dejson.get("srv_lookup", False)).lower() in ("true", "1", "t", "y", "yes", "on"):
            raise UnsupportedFeatureError(
                f"Connection {self.http_conn_id!r} has the extra 'srv_lookup', which HttpHook does not support here. "
                "Set the server's host and port."
            )
        host = held.host or self.default_host
        self.base_url = host if "://" in host else f"{held.schema or 'http'}://{host}"
        if held.port:
            self.base_url = f"{self.base_url}:{held.port}"
        if not urlparse(self.base_url).scheme:
            raise ValueError(f"Invalid base URL: Missing scheme in connection {self.http_conn_id!r}")

    def _auth(self, held: Connection) -> Any:
        if held.login:
            return self.auth_type(held.login, held.password)
        return self._auth_type() if self._auth_type else None

    def run(
        self,
        endpoint: str | None = None,
        data: dict[str, Any] | str | None = None,
        headers: dict[str, Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        **request_kwargs: Any,
    ) -> Any:
        """Send a request, and return the response.

        Args:
            endpoint: The path, which is appended to the connection's URL.
            data: The content of the request, or for GET, the query parameters.
            headers: Further headers.
            extra_options: Options of `requests`. With the option `check_response=False`, error statuses are accepted.
            request_kwargs: Arguments of `requests.Request`, such as `json`.

        Raises:
            AirflowException: The response has an error status: `404:Not Found`.
        """
        session = self.get_conn(headers, extra_options)
        content: dict[str, Any] = {"GET": {"params": data}, "HEAD": {}}.get(self.method, {"data": data})
        request: Any = Request(
            self.method, self.url_from_endpoint(endpoint), headers=headers, **content, **request_kwargs
        )
        return self.run_and_check(session, session.prepare_request(request), self.merged_extra)

    def check_response(self, response: Response) -> None:
        """Raise an `AirflowException` if the response has an error status."""
        try:
            response.raise_for_status()
        except HTTPError:
            self.log.error("HTTP error: %s", response.reason)
            self.log.error(response.text)
            raise AirflowException(f"{response.status_code}:{response.reason}") from None

    def run_and_check(self, session: Session, prepped_request: PreparedRequest, extra_options: dict[Any, Any]) -> Any:
        """Send a prepared request, and check the response."""
        settings: Any = session.merge_environment_settings(
            prepped_request.url or "", session.proxies, session.stream, session.verify, session.cert
        )
        response = session.send(
            prepped_request,
            **{
                "timeout": extra_options.get("timeout"),
                "allow_redirects": extra_options.get("allow_redirects", True),
                **settings,
            },
        )
        if extra_options.get("check_response", True):
            self.check_response(response)
        return response

    def run_with_advanced_retry(self, _retry_args: dict[Any, Any], *args: Any, **kwargs: Any) -> Any:
        """Send a request, and retry it by the rules of `tenacity`.

        Args:
            _retry_args: Arguments of `tenacity.Retrying`.
            args: Arguments of `run`.
            kwargs: Named arguments of `run`.
        """
        import tenacity

        return tenacity.Retrying(**_retry_args)(self.run, *args, **kwargs)

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """Return the connection's URL with the path appended."""
        if not self.base_url:
            self._set_base_url(self.get_connection(self.http_conn_id))
        needs_slash = endpoint and not self.base_url.endswith("/") and not endpoint.startswith("/")
        return f"{self.base_url}{'/' if needs_slash else ''}{endpoint or ''}"

    def test_connection(self) -> tuple[bool, str]:
        """Return a pair: whether the server answers, and a message."""
        try:
            self.run()
        except Exception as exc:  # noqa: BLE001 - errors of requests, and ours
            return False, str(exc)
        return True, "Connection successfully tested"


def _split_extra(extra: dict[str, Any], given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the headers and the request options that a connection's extra contains.

    Given options override the extra's.
    """
    headers = dict(extra)
    headers.pop("srv_lookup", None)
    own = {name: headers.pop(name, None) for name in _OPTIONS}
    proxy, verify = headers.pop("proxy", None), headers.pop("verify_ssl", None)
    own["proxy"] = headers.pop("proxies", proxy)
    own["verify_ssl"] = headers.pop("verify", verify)
    return headers, {**{name: value for name, value in own.items() if value is not None}, **given}


class _KeepAlive(HTTPAdapter):
    """Turns on TCP keepalive for the connections of `requests`."""

    def __init__(self, idle: int, count: int, interval: int) -> None:
        wanted = {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": idle, "TCP_KEEPCNT": count, "TCP_KEEPINTVL": interval}
        self._options = [
            (socket.SOL_SOCKET if name == "SO_KEEPALIVE" else socket.IPPROTO_TCP, getattr(socket, name), value)
            for name, value in wanted.items()
            # Not every operating system has all of these options.
            if hasattr(socket, name)
        ]
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        options = [*HTTPConnection.default_socket_options, *self._options]
        super().init_poolmanager(*args, socket_options=options, **kwargs)
