"""One HTTP POST of JSON, whose address and body stay out of every message, log and traceback.

With the standard library: httpx logs each request's URL, and a webhook's URL is its secret.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from ..errors import NotificationError
from .failure import advice

_TRIES = 2


@dataclass(frozen=True)
class Post:
    """What is to be sent, by which notifier, through which connection.

    Attributes:
        body: JSON data.
        timeout: Seconds, for connecting and for each read.
        proxy: A proxy's URL; None is the environment's (`HTTPS_PROXY`, `NO_PROXY`).
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
    """What came back."""

    status: int
    text: str = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The JSON object that came back; empty where none did."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Gives back each answer as it is, also errors and redirects: a webhook's URL is for no other host."""

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        return response

    https_response = http_response


def send(post: Post) -> Answer:
    """Send it; what the status means is for the caller to say. A second try where the first did not connect.

    Raises:
        NotificationError: The URL is none of HTTP's, or no answer came.
    """
    if not _is_http(post):
        raise NotificationError(
            f"{post.notifier}: the address in connection {post.conn_id!r} is no http(s) URL; correct its "
            "host or password"
        )
    failure = ""
    for _ in range(_TRIES):
        # What urllib raises holds the address, so nothing is raised from here.
        try:
            return _exchange(post)
        except urllib.error.URLError as error:
            failure = _reason(error.reason)
        except (OSError, HTTPException, UnicodeError) as error:
            # The last is for an address that has a letter which no request carries; it holds the address, too.
            failure = _reason(error)
            break
    raise NotificationError(
        f"{post.notifier}: connection {post.conn_id!r} gave no answer within {post.timeout:g} s ({failure}); check its "
        "host, and the network and proxy from here"
    )


def refusal(post: Post, answer: Answer, code: object = None) -> NotificationError:
    """The error for an answer that isn't yes.

    Args:
        post: What was sent.
        answer: What came back.
        code: The service's own word for it, if that can hold no secret.
    """
    said = f"HTTP {answer.status}" + (f", {code}" if code else "")
    return NotificationError(
        f"{post.notifier}: the service refused the message of connection {post.conn_id!r} ({said}): "
        f"{advice(answer.status)}"
    )


def _exchange(post: Post) -> Answer:
    proxies = None if post.proxy is None else {"http": post.proxy, "https": post.proxy}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _AnyStatus)
    headers = {"Content-Type": "application/json;charset=utf-8", "User-Agent": "airflow-compat", **post.headers}
    # `send` lets only http and https in.
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
