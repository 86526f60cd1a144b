"""What the client raises, as errors of ours: no answer's text in them, since it may quote what was sent."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import httpx
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL

from ..errors import NameTakenError, ServerError, ServerUnreachableError

P = ParamSpec("P")
R = TypeVar("R")


def server_call(function: Callable[P, R]) -> Callable[P, R]:
    """Decorates each function that makes requests.

    Raises:
        ServerUnreachableError: There was no answer.
        ServerError: The answer was an error that the function doesn't know of.
        NameTakenError: What was to be created exists.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        problem: ServerError
        try:
            return function(*args, **kwargs)
        except ObjectAlreadyExists:
            problem = NameTakenError("something of that name was created in the meantime; run this again")
        except httpx.HTTPStatusError as exc:
            status = f"{exc.response.status_code} {exc.response.reason_phrase}"
            problem = ServerError(f"the Prefect server at {_url()} answered {status}; see its log")
        except (httpx.HTTPError, OSError) as exc:
            problem = ServerUnreachableError(
                f"the Prefect server at {_url()} can't be reached ({type(exc).__name__}); start it with "
                "`prefect server start`, or set PREFECT_API_URL"
            )
        # Raised here, the error has no context: the original holds the request, and that its secrets.
        raise problem

    return call


def _url() -> str:
    url = httpx.URL(PREFECT_API_URL.value() or "(temporary)")
    return str(url.copy_with(username=None, password=None))
