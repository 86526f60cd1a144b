"""Reads the server's own record of events. It keeps them for a week, unless it was told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .client import kept_client
from .failures import server_call

# The most that the server gives.
_PAGE = 50


def read_events(
    filter_: Mapping[str, Any], *, progress: Callable[[int, int], object] | None = None
) -> Iterator[dict[str, Any]]:
    """The events that a filter lets through, page by page, each once.

    The server writes events in batches: what happened in the last five seconds may not be there yet, and a batch that
    it could not write comes after later ones.

    Args:
        filter_: As Prefect's API takes it.
        progress: Called after each page with how many were on it, and how many there are in all.

    Raises:
        ServerError: The server can't be asked.
    """
    page = _first(filter_)
    seen: set[str] = set()
    while True:
        # Pages are counted by how many are before them: one that is written meanwhile pushes another to the next page.
        yield from (event for event in page["events"] if event["id"] not in seen)
        seen.update(event["id"] for event in page["events"])
        if progress:
            progress(len(page["events"]), page["total"])
        if not page["next_page"]:
            return
        page = _following(page["next_page"])


@server_call
def _first(filter_: Mapping[str, Any]) -> Any:
    body = {"filter": dict(filter_), "limit": _PAGE}
    return kept_client().request("POST", "/events/filter", json=body).json()


@server_call
def _following(address: str) -> Any:
    # The address is the one that the server knows itself by, which need not be the one that reaches it.
    token = parse_qs(urlsplit(address).query)["page-token"][0]
    return kept_client().request("GET", "/events/filter/next", params={"page-token": token}).json()
