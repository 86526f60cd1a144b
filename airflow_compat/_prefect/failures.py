"""How a request ends: tried again while the server is busy, and what fails is an error of ours.

No answer's text is in an error: it may quote what was sent.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from json import JSONDecodeError
from typing import ParamSpec, TypeVar

import httpx
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL

from ..errors import AirflowCompatError, NameTakenError, ServerError, ServerUnreachableError, UnsendableError
from .client import ServerBusyError

_BUSY_SECONDS = 30.0
_FIRST_PAUSE, _LAST_PAUSE = 0.02, 0.32

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
        problem: AirflowCompatError
        try:
            return _when_free(functools.partial(function, *args, **kwargs))
        except ServerBusyError:
            problem = ServerError(f"the Prefect server at {_url()} was busy for {_BUSY_SECONDS:.0f} s; try again later")
        except AirflowCompatError:
            raise
        except JSONDecodeError:
            problem = ServerError(
                f"what answered at {_url()} is no Prefect API; see that PREFECT_API_URL is right, which ends in /api "
                "for a server of one's own"
            )
        except ValueError:
            # Pydantic's and the encoder's errors, which quote the value.
            problem = UnsendableError(
                "it holds what no request can carry, such as half a surrogate pair or a number beyond 64 bits; "
                "correct its text or its numbers"
            )
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


def _when_free(call: Callable[[], R]) -> R:
    until = time.monotonic() + _BUSY_SECONDS
    pause = _FIRST_PAUSE
    while True:
        try:
            return call()
        except ServerBusyError:
            if time.monotonic() > until:
                raise
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _LAST_PAUSE)


def _url() -> str:
    url = httpx.URL(PREFECT_API_URL.value() or "(temporary)")
    return str(url.copy_with(username=None, password=None))
