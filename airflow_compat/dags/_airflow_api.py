"""The REST API of an Airflow installation that still runs DAGs: `/api/v1` of Airflow 2, `/api/v2` of Airflow 3."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from requests import RequestException, Response, Session

from .._prefect.polling import retry_on
from ..errors import AirflowApiError
from ..operators.hooks.http import HttpHook

ApiVersion = Literal["v1", "v2"]

# The request is retried for as long as a restart of Airflow's web server can take.
_PATIENCE_SECONDS, _PAUSES = 60.0, (0.5, 1.0, 2.0, 4.0)
_REQUEST_SECONDS = 60.0
_PAGE = 100
_IS_BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class _Unanswered(AirflowApiError):
    """A request failed for a reason that may be gone when the request is sent again."""


class AirflowApi:
    """Sends requests to one Airflow installation. Several threads may use one object.

    The connection has the same form as that of `HttpHook`: its host is the URL of Airflow's web server, and its extras
    are headers, such as `Authorization`, and options, such as `verify`. The connection's login is sent to Airflow 2 by
    basic authentication; for Airflow 3, it is exchanged for a token.

    Args:
        conn_id: The connection's id.
    """

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._hook = HttpHook(http_conn_id=conn_id)
        self._lock = threading.Lock()
        self._found: tuple[Session, ApiVersion] | None = None

    def __repr__(self) -> str:
        return f"the Airflow of connection {self._conn_id!r}"

    @property
    def version(self) -> ApiVersion:
        """The version of the API: `v1` or `v2`."""
        return self._session()[1]

    def get(self, *path: str, **query: str | int) -> dict[str, Any] | None:
        """Return the object at a path; None if it does not exist.

        Raises:
            AirflowApiError: Airflow refuses the request, or does not answer.
        """
        return self._answer("GET", path, params=query)

    def items(self, name: str, *path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, page by page.

        Raises:
            AirflowApiError: See `get`.
        """
        for offset in itertools.count(0, _PAGE):
            found = (self.get(*path, **query, limit=_PAGE, offset=offset) or {}).get(name, [])
            yield from found
            if len(found) < _PAGE:
                return

    def post(self, *path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Send an object to a path, and return the answer; None if the path does not exist.

        Raises:
            ConflictError: The object that the request creates already exists.
            AirflowApiError: See `get`.
        """
        return self._answer("POST", path, json=dict(body))

    def _answer(self, method: str, path: tuple[str, ...], **content: Any) -> dict[str, Any] | None:
        session, version = self._session()
        url = self._url("api", version, *path)
        response = self._send(session, method, url, **content)
        if response.status_code == HTTPStatus.UNAUTHORIZED and version == "v2":
            # The token has expired.
            self._log_in(session)
            response = self._send(session, method, url, **content)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if response.status_code == HTTPStatus.CONFLICT:
            raise ConflictError(f"{self} has this object already ({method} {'/'.join(path)}).")
        return self._checked(response, f"{method} {'/'.join(path)}")

    def _session(self) -> tuple[Session, ApiVersion]:
        with self._lock:
            if self._found is None:
                session = self._hook.get_conn(headers={"Accept": "application/json"})
                self._found = session, self._find_version(session)
            return self._found

    def _find_version(self, session: Session) -> ApiVersion:
        versions: tuple[ApiVersion, ...] = ("v2", "v1")
        for version in versions:
            response = self._send(session, "GET", self._url("api", version, "version"))
            if response.status_code == HTTPStatus.OK and "version" in (_json(response) or {}):
                if version == "v2":
                    self._log_in(session)
                return version
        raise AirflowApiError(
            f"The host of connection {self._conn_id!r} answers, but has no REST API of Airflow "
            f"(HTTP status {response.status_code}). Set the host to the URL of Airflow's web server."
        )

    def _log_in(self, session: Session) -> None:
        """Make the session send a token of Airflow 3. If the connection has no login, only its own headers are sent."""
        held = self._hook.get_connection(self._conn_id)
        session.auth = None
        if held.login:
            body = {"username": held.login, "password": held.password or ""}
            response = self._send(session, "POST", self._url("auth", "token"), json=body)
            token = self._checked(response, "POST auth/token").get("access_token")
            session.headers["Authorization"] = f"Bearer {token}"

    def _send(self, session: Session, method: str, url: str, **content: Any) -> Response:
        options: Any = {"timeout": _REQUEST_SECONDS, **content}
        # If the API redirects a request, it has refused it: the new location is the page on which people log in.
        options["allow_redirects"] = False

        def send() -> Response:
            try:
                response = session.request(method, url, **options)
            except RequestException as error:
                reason = type(error).__name__
            else:
                if response.status_code not in _IS_BUSY:
                    return response
                reason = f"HTTP status {response.status_code}"
            raise _Unanswered(
                f"{self} does not answer ({reason}). Check that its web server runs, and the connection's host."
            )

        return retry_on(_Unanswered, send, within=_PATIENCE_SECONDS, pauses=itertools.cycle(_PAUSES))

    def _checked(self, response: Response, what: str) -> dict[str, Any]:
        if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AirflowApiError(
                f"{self} refuses {what} (HTTP status {response.status_code}). Check the login of the connection and "
                "the permissions of its user; Airflow 2 also needs an auth backend for the API, such as basic_auth."
            )
        found = _json(response) if response.ok else None
        if found is None:
            detail = (_json(response) or {}).get("detail") or ""
            raise AirflowApiError(
                f"{self} can't carry out {what} (HTTP status {response.status_code}). {detail}".strip()
            )
        return found

    def _url(self, *path: str) -> str:
        base = self._hook.url_from_endpoint("")
        return "/".join((base.rstrip("/"), *(quote(each, safe="") for each in path)))


class ConflictError(AirflowApiError):
    """The object that the request creates already exists."""


def _json(response: Response) -> dict[str, Any] | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
