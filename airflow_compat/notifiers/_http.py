"""Sends JSON by HTTP POST, without showing the address and the body in errors, logs and tracebacks.

Uses urllib, because httpx logs each request's URL, and the URL of a webhook is a secret.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from ..errors import NotificationError

_TRIES = 2
_WRONG_SECRET = "Check the secret in the connection, and the secret's permissions"
_WRONG_ADDRESS = "Correct the address in the connection, or create a new webhook"
_ADVICE = {
    401: _WRONG_SECRET,
    403: _WRONG_SECRET,
    404: _WRONG_ADDRESS,
    410: _WRONG_ADDRESS,
    429: "The service limits the number of calls: send fewer messages, or wait",
}


@dataclass(frozen=True)
class Post:
    """An HTTP POST request of a notifier. `notifier` and `conn_id` are for error messages.

    Attributes:
        body: JSON data.
        timeout: The time limit in seconds for connecting, and for each read from the connection.
        proxy: A proxy's URL. By default, the environment variables `HTTPS_PROXY` and `NO_PROXY` select the proxy.
    """

    notifier: str
    conn_id: str | None
    url: str = field(repr=False)
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 30
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str = field(repr=False)

    def json(self) -> dict[str, Any]:
        """Return the answer's JSON object, or an empty dict if the answer is not a JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Returns every response, even an error or a redirect. Following a redirect could send a secret to another host."""

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        return response

    https_response = http_response


def send(
    post: Post,
    is_accepted: Callable[[Answer], bool] = lambda answer: 200 <= answer.status < 300,
    code: Callable[[Answer], str | None] = lambda _answer: None,
) -> None:
    """Send the request. If no connection can be opened, try a second time.

    `code` is a function that returns the service's error code for messages, or None if the code could contain a secret.

    Raises:
        NotificationError: The URL is not http(s), or the service did not answer, or the service refused the message.
    """
    if not _is_http(post):
        raise NotificationError(
            f"{post.notifier}: the address in connection {post.conn_id!r} is not an http(s) URL. Correct the "
            "connection's host or password"
        )
    failure = ""
    answer: Answer | None = None
    for _ in range(_TRIES):
        # Raise no error inside this `try` statement: the error would refer to urllib's error, which contains the
        # address.
        try:
            answer = _exchange(post)
            break
        except urllib.error.URLError as error:
            failure = _reason(error.reason)
        except (OSError, HTTPException, UnicodeError) as error:
            # UnicodeError is raised if the address has a character that an HTTP request can't contain.
            failure = _reason(error)
            break
    if answer is None:
        raise NotificationError(
            f"{post.notifier}: connection {post.conn_id!r} gave no answer within {post.timeout:g} s ({failure}). Check "
            "the connection's host, the network and the proxy"
        )
    if not is_accepted(answer):
        reason = ", ".join(filter(None, (f"HTTP {answer.status}", code(answer))))
        raise NotificationError(
            f"{post.notifier}: the service refused the message of connection {post.conn_id!r} ({reason}). "
            f"{_advice(answer.status)}"
        )


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request's body that have a value."""
    return {key: value for key, value in fields.items() if value is not None}


def _exchange(post: Post) -> Answer:
    proxies = None if post.proxy is None else {"http": post.proxy, "https": post.proxy}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _AnyStatus)
    headers = {"Content-Type": "application/json;charset=utf-8", "User-Agent": "airflow-compat", **post.headers}
    # `send` has already refused URLs other than http and https.
    request = urllib.request.Request(post.url, json.dumps(post.body).encode(), headers, method="POST")  # noqa: S310
    with opener.open(request, timeout=post.timeout) as response:
        return Answer(response.status, response.read().decode(errors="replace"))


def _is_http(post: Post) -> bool:
    try:
        parts = urlsplit(post.url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _advice(status: int) -> str:
    if status >= 500:
        return "The service itself failed: try again later"
    return _ADVICE.get(status, "Compare the message with the service's rules")
