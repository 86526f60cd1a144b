"""Repeats requests to a busy server, and translates the errors of failed requests.

Prefect's client repeats a request after a timeout, a lost connection, and the status codes 408, 429, 502 and 503
(`prefect/client/base.py`). The kept client repeats the same requests, except after 503 without Retry-After: this module
repeats such a request sooner, and for at least as long.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from http import HTTPStatus
from json import JSONDecodeError
from typing import ParamSpec, TypeVar

import httpx
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, PREFECT_CLIENT_RETRY_JITTER_FACTOR

from ..errors import (
    AirflowCompatError,
    NameTakenError,
    ServerBusyError,
    ServerError,
    ServerUnreachableError,
    UnsendableError,
)
from .answers import server_detail
from .client import BusyAnswer
from .polling import retry_on

# Seconds. Servers with SQLite return 503 so often that requests are repeated even if Prefect's retries are off.
_SHORTEST_PATIENCE = 30.0
_FIRST_PAUSE, _LAST_PAUSE = 0.02, 1.0

_BUSY = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_NOT_ALLOWED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# The status codes by which a web server shows that it is not a Prefect server.
_NOT_SERVED = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
# The reason in a 404 response if the server does not know the path. For a missing object, the reason names the object.
_NO_PATH = " (Not Found)"

P = ParamSpec("P")
R = TypeVar("R")


def server_call(function: Callable[P, R]) -> Callable[P, R]:
    """Call a function that sends requests, repeat it while the server is busy, and translate the server's errors.

    Raises:
        ServerUnreachableError: The server did not answer.
        ServerBusyError: The server was busy at every attempt.
        ServerError: The server answered with an error that the function does not handle.
        NameTakenError: The object to create exists already.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        problem: AirflowCompatError
        try:
            return retry_on(BusyAnswer, lambda: function(*args, **kwargs), within=_patience(), pauses=_pauses())
        except AirflowCompatError:
            raise
        except (BusyAnswer, ValueError, ObjectAlreadyExists, ObjectNotFound, httpx.HTTPError, OSError) as exc:
            problem = _problem(exc)
        # The error is raised outside the `except` block, so that it does not refer to the original error, which
        # contains the request with its secrets.
        raise problem

    return wrapper


def not_an_api() -> ServerError:
    """Return the error for a server that is not a Prefect API."""
    return ServerError(
        f"the server at {_url()} is not a Prefect API; correct PREFECT_API_URL, which ends in /api except for Prefect "
        "Cloud"
    )


def _reason(error: Exception) -> str:
    detail = server_detail(error.response) if isinstance(error, httpx.HTTPStatusError) else ""
    return f" ({detail})" if detail else ""


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.5)
        pause = min(2 * pause, _LAST_PAUSE)


def _patience() -> float:
    """Return for how many seconds a request is repeated: as long as Prefect's client does, and at least 30."""
    pauses = sum(2.0**retry for retry in range(1, min(PREFECT_CLIENT_MAX_RETRIES.value(), 30) + 1))
    longest: float = pauses * (1 + PREFECT_CLIENT_RETRY_JITTER_FACTOR.value())
    return max(_SHORTEST_PATIENCE, longest)


def _problem(error: Exception) -> AirflowCompatError:  # noqa: PLR0911 - one for each kind of failure
    match error:
        case BusyAnswer():
            return _busy(f"answered 503 Service Unavailable for {_patience():.0f} s")
        case JSONDecodeError():
            return not_an_api()
        case ValueError():
            # Pydantic or the encoder raised the error. The error's text quotes the value, so the text is not shown.
            return UnsendableError(
                "the object has a value that can't be sent, such as half a surrogate pair or a number beyond 64 bits; "
                "correct the text or number"
            )
        case ObjectAlreadyExists():
            return NameTakenError(
                f"another process created an object of the same name in the meantime{_reason(error.http_exc)}; repeat "
                "the call or command"
            )
        case ObjectNotFound():
            return _refused(error.http_exc)
        case httpx.HTTPStatusError():
            return _refused(error)
        case httpx.ReadTimeout() | httpx.WriteTimeout() | httpx.PoolTimeout():
            return _busy(f"did not answer in time ({type(error).__name__})")
        case _:
            return ServerUnreachableError(
                f"the Prefect server at {_url()} can't be reached ({type(error).__name__}); start the server with "
                "`prefect server start`, or set PREFECT_API_URL"
            )


def _refused(error: Exception) -> ServerError:
    if not isinstance(error, httpx.HTTPStatusError):
        return ServerError(f"the Prefect server at {_url()} answered 404 Not Found; see the server's log")
    response = error.response
    status = f"{response.status_code} {response.reason_phrase}"
    if response.status_code in _BUSY:
        return _busy(f"answered {status}")
    if response.status_code in _NOT_SERVED and response.headers.get("Content-Type", "").startswith("text/html"):
        return not_an_api()
    advice = "see the server's log"
    if response.status_code in _NOT_ALLOWED:
        advice = "set PREFECT_API_KEY or PREFECT_API_AUTH_STRING to a valid value"
    elif response.status_code == HTTPStatus.NOT_FOUND and _reason(error) in ("", _NO_PATH):
        advice = "run `airflow-compat doctor` to check the server's address and version"
    return ServerError(f"the Prefect server at {_url()} answered {status}{_reason(error)}; {advice}")


def _busy(what: str) -> ServerBusyError:
    return ServerBusyError(
        f"the Prefect server at {_url()} is busy: it {what}; try again later, or set PREFECT_CLIENT_MAX_RETRIES higher"
    )


def _url() -> str:
    url = httpx.URL(PREFECT_API_URL.value() or "(temporary)")
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))
