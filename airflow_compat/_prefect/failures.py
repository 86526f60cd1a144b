"""How a request ends: it is sent again while the server is busy, and failures become errors of ours.

Prefect's client sends a request again after a timeout, a lost connection, and the answers 408, 429, 502 and 503, as the
settings PREFECT_CLIENT_MAX_RETRIES and PREFECT_CLIENT_RETRY_EXTRA_CODES say (`prefect/client/base.py`). The kept client
does the same, except for the answer 503 without Retry-After: this module sends such a request again much sooner, and
for at least as long as Prefect's client would.

Errors give the server's reason, and mask what the request held: `answers` has the rules.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
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

# Seconds. SQLite answers 503 so often that the shortest patience holds even if Prefect's retries are switched off.
_SHORTEST_PATIENCE = 30.0
_FIRST_PAUSE, _LAST_PAUSE = 0.02, 1.0

_BUSY = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_NOT_ALLOWED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

P = ParamSpec("P")
R = TypeVar("R")


def server_call(function: Callable[P, R]) -> Callable[P, R]:
    """Decorates each function that makes requests.

    Raises:
        ServerUnreachableError: There was no answer.
        ServerBusyError: The server was busy each time that the request was sent.
        ServerError: The answer was an error that the function doesn't know of.
        NameTakenError: What was to be created exists.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        problem: AirflowCompatError
        try:
            return _when_free(functools.partial(function, *args, **kwargs))
        except AirflowCompatError:
            raise
        except (BusyAnswer, ValueError, ObjectAlreadyExists, ObjectNotFound, httpx.HTTPError, OSError) as exc:
            problem = _problem(exc)
        # Raised here, the error has no context: the original holds the request, and that its secrets.
        raise problem

    return call


def _reason(error: Exception) -> str:
    detail = server_detail(error.response) if isinstance(error, httpx.HTTPStatusError) else ""
    return f" ({detail})" if detail else ""


def _when_free(call: Callable[[], R]) -> R:
    until = time.monotonic() + _patience()
    pause = _FIRST_PAUSE
    while True:
        try:
            return call()
        except BusyAnswer:
            if time.monotonic() > until:
                raise
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _LAST_PAUSE)


def _patience() -> float:
    """The seconds in which a busy server is asked again: the longest that Prefect's client could take for it."""
    retries = min(PREFECT_CLIENT_MAX_RETRIES.value(), 30)
    pauses: float = sum(2.0**retry for retry in range(1, retries + 1))
    longest: float = pauses * (1 + PREFECT_CLIENT_RETRY_JITTER_FACTOR.value())
    return max(_SHORTEST_PATIENCE, longest)


def _problem(error: Exception) -> AirflowCompatError:  # noqa: PLR0911 - one for each kind of failure
    """Return the error of ours for what a request ended with."""
    match error:
        case BusyAnswer():
            return _busy(f"answered 503 Service Unavailable for {_patience():.0f} s")
        case JSONDecodeError():
            return ServerError(
                f"what answered at {_url()} is no Prefect API; see that PREFECT_API_URL is right, which ends in /api "
                "for a server of one's own"
            )
        case ValueError():
            # Pydantic's and the encoder's errors, which quote the value.
            return UnsendableError(
                "it holds what no request can carry, such as half a surrogate pair or a number beyond 64 bits; "
                "correct its text or its numbers"
            )
        case ObjectAlreadyExists():
            reason = _reason(error.http_exc)
            return NameTakenError(f"something of that name was created in the meantime{reason}; run this again")
        case ObjectNotFound():
            return _refused(error.http_exc)
        case httpx.HTTPStatusError():
            return _refused(error)
        case httpx.ReadTimeout() | httpx.WriteTimeout() | httpx.PoolTimeout():
            return _busy(f"did not answer in time ({type(error).__name__})")
        case _:
            return ServerUnreachableError(
                f"the Prefect server at {_url()} can't be reached ({type(error).__name__}); start it with "
                "`prefect server start`, or set PREFECT_API_URL"
            )


def _refused(error: Exception) -> ServerError:
    if not isinstance(error, httpx.HTTPStatusError):
        return ServerError(f"the Prefect server at {_url()} answered 404 Not Found; see its log")
    status = f"{error.response.status_code} {error.response.reason_phrase}"
    if error.response.status_code in _BUSY:
        return _busy(f"answered {status}")
    advice = "see its log"
    if error.response.status_code in _NOT_ALLOWED:
        advice = "set its PREFECT_API_KEY or PREFECT_API_AUTH_STRING"
    return ServerError(f"the Prefect server at {_url()} answered {status}{_reason(error) or f'; {advice}'}")


def _busy(what: str) -> ServerBusyError:
    return ServerBusyError(
        f"the Prefect server at {_url()} is busy: it {what}; try again later, or set PREFECT_CLIENT_MAX_RETRIES higher"
    )


def _url() -> str:
    url = httpx.URL(PREFECT_API_URL.value() or "(temporary)")
    return str(url.copy_with(username=None, password=None))
