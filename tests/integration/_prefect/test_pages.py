"""Lists of the server, read page by page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import pytest

from airflow_compat._prefect import pages as pages_module
from airflow_compat._prefect.client import BusyAnswer, kept_client
from airflow_compat._prefect.pages import EVENT_PAGE, chunks, event_pages, items, pages
from airflow_compat._prefect.polling import poll_until


def _make(names: Iterable[str]) -> None:
    for name in names:
        kept_client().request("POST", "/variables/", json={"name": name, "value": 1})


def _filter(unique: str) -> dict[str, Any]:
    # The server sorts by name when it isn't told how to.
    return {"variables": {"name": {"like_": f"{unique}_%"}}, "sort": "NAME_ASC"}


def _names(page: Iterable[dict[str, Any]], unique: str) -> list[str]:
    return [item["name"].removeprefix(f"{unique}_") for item in page]


class _Server:
    """The real server, with something that happens before a request."""

    def __init__(self, before: Any) -> None:
        self._before = before
        self.bodies: list[dict[str, Any]] = []

    def __call__(self) -> _Server:
        return self

    def request(self, method: Any, path: Any, **how: Any) -> Any:
        self.bodies.append(dict(how.get("json") or how["params"]))
        self._before(len(self.bodies))
        return kept_client().request(method, path, **how)


def test_pages_have_the_size_and_order_of_the_request(unique: str) -> None:
    _make(f"{unique}_{letter}" for letter in "ecadb")
    found = [_names(page, unique) for page in pages("/variables/filter", _filter(unique), size=2)]
    assert found == [["a", "b"], ["c", "d"], ["e"]]
    assert _names(items("/variables/filter", _filter(unique), size=2), unique) == ["a", "b", "c", "d", "e"]


def test_a_full_last_page_is_followed_by_an_empty_one(unique: str) -> None:
    _make(f"{unique}_{letter}" for letter in "ab")
    assert [_names(page, unique) for page in pages("/variables/filter", _filter(unique), size=2)] == [["a", "b"], []]


def test_nothing_found_is_one_empty_page(unique: str) -> None:
    assert list(pages("/variables/filter", _filter(unique), size=2)) == [[]]


def test_an_item_that_moves_to_the_next_page_is_given_once(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(f"{unique}_{letter}" for letter in "bcd")

    def before(number: int) -> None:
        if number == 2:
            _make([f"{unique}_a"])

    server = _Server(before)
    monkeypatch.setattr(pages_module, "kept_client", server)
    assert _names(items("/variables/filter", _filter(unique), size=2), unique) == ["b", "c", "d"]
    assert [body["offset"] for body in server.bodies] == [0, 2, 4]


def test_the_next_page_is_read_only_when_it_is_wanted(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(f"{unique}_{letter}" for letter in "abc")
    server = _Server(lambda number: None)
    monkeypatch.setattr(pages_module, "kept_client", server)
    assert _names(next(pages("/variables/filter", _filter(unique), size=2)), unique) == ["a", "b"]
    assert len(server.bodies) == 1


def test_a_busy_server_is_asked_for_the_same_page_again(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(f"{unique}_{letter}" for letter in "abc")

    def before(number: int) -> None:
        if number == 2:
            raise BusyAnswer

    server = _Server(before)
    monkeypatch.setattr(pages_module, "kept_client", server)
    assert _names(items("/variables/filter", _filter(unique), size=2), unique) == ["a", "b", "c"]
    assert [body["offset"] for body in server.bodies] == [0, 2, 2]


def test_events_of_more_than_one_page(unique: str) -> None:
    count = EVENT_PAGE + 5
    events = [
        {
            "id": f"00000000-0000-4000-8000-{int(unique[1:], 16):08x}{number:04x}",
            "occurred": datetime.now(timezone.utc).isoformat(),
            "event": f"{unique}.happened",
            "resource": {"prefect.resource.id": f"{unique}.{number}"},
        }
        for number in range(count)
    ]
    kept_client().request("POST", "/events", json=events)
    filter_ = {"event": {"name": [f"{unique}.happened"]}}
    # The server writes events in batches.
    poll_until(lambda: next(event_pages(filter_)).total, lambda total: total == count, within=240, every=0.2)
    found = list(event_pages(filter_))
    assert [(len(page.events), page.total, page.has_more) for page in found] == [
        (EVENT_PAGE, count, True),
        (5, count, False),
    ]
    assert {event["id"] for page in found for event in page.events} == {event["id"] for event in events}
    assert len(list(itertools.islice(event_pages(filter_), 1))) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), (["b", "a", "b"], [["a", "b"]]), (["a", "b", "c"], [["a", "b"], ["c"]])],
)
def test_chunks_hold_each_value_once(values: list[str], expected: list[list[str]]) -> None:
    assert list(chunks(values, 2)) == expected
