"""Reads the lists of the Prefect API, page by page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from .client import kept_client
from .failures import server_call

PAGE = 200
"""The maximum number of objects that the server returns on a page."""

EVENT_PAGE = 50
"""The maximum number of events that the server returns on a page."""

_Path = Literal[
    "/automations/filter",
    "/block_documents/filter",
    "/deployments/filter",
    "/flow_runs/filter",
    "/flows/filter",
    "/task_runs/filter",
    "/v2/concurrency_limits/filter",
    "/variables/filter",
    "/work_pools/filter",
]


@dataclass(frozen=True)
class EventPage:
    """A page of events.

    Attributes:
        events: The page's events, without those of earlier pages.
        total: The number of all events that match the filter.
        has_more: Whether more pages follow.
    """

    events: tuple[dict[str, Any], ...]
    total: int
    has_more: bool


def pages(path: _Path, body: Mapping[str, Any], *, size: int = PAGE) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of objects that match a filter: each object once, even if new ones move it to the next page.

    Args:
        path: The API's path for this kind of object.
        body: The filter in the API's format.
        size: The number of objects on a page.

    Raises:
        ServerError: A request failed.
    """
    seen: set[str] = set()
    for offset in itertools.count(0, size):
        page = _read_page(path, {**body, "limit": size, "offset": offset})
        yield _new(page, seen)
        if len(page) < size:
            return


def items(path: _Path, body: Mapping[str, Any], *, size: int = PAGE) -> Iterator[dict[str, Any]]:
    """Yield the objects that match a filter, each once."""
    return itertools.chain.from_iterable(pages(path, body, size=size))


def event_pages(filter_: Mapping[str, Any]) -> Iterator[EventPage]:
    """Yield the pages of the events that match a filter, with each event once.

    Args:
        filter_: The filter in the API's format.

    Raises:
        ServerError: A request failed.
    """
    seen: set[str] = set()
    answer = _read_page("/events/filter", {"filter": filter_, "limit": EVENT_PAGE})
    while True:
        following = answer["next_page"]
        yield EventPage(tuple(_new(answer["events"], seen)), answer["total"], bool(following))
        if not following:
            return
        answer = _read_next_events(following)


def chunks(values: Iterable[str], size: int = PAGE) -> Iterator[list[str]]:
    """Split the sorted, distinct values into lists that fit into one request."""
    rest = iter(sorted(set(values)))
    return iter(lambda: list(itertools.islice(rest, size)), [])


def _new(page: Iterable[dict[str, Any]], seen: set[str]) -> list[dict[str, Any]]:
    new = [item for item in page if item["id"] not in seen]
    seen.update(item["id"] for item in new)
    return new


@server_call
def _read_page(path: _Path | Literal["/events/filter"], body: Mapping[str, Any]) -> Any:
    return kept_client().request("POST", path, json=dict(body)).json()


@server_call
def _read_next_events(address: str) -> Any:
    # Use only the token in the next page's address, because this machine may not reach the host in the address.
    query = {"page-token": parse_qs(urlsplit(address).query)["page-token"][0]}
    return kept_client().request("GET", "/events/filter/next", params=query).json()
