"""Reads events for simulations from the caller, a file, or the server.

The server keeps events for 7 days by default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from .._files.content import content
from .._prefect.internals.server_models import received_event
from .._prefect.pages import event_pages
from ..errors import InvalidEventError
from ._event_filters import filter_for
from ._specs import AutomationSpec, TriggerSpec

if TYPE_CHECKING:
    from .._prefect.internals.server_models import ReceivedEvent


def in_order(events: Iterable[Any]) -> list[ReceivedEvent]:
    """Return the events without duplicates, in the order in which they occurred.

    Raises:
        InvalidEventError: An event differs from the format of Prefect's API.
    """
    received: dict[Any, ReceivedEvent] = {}
    for number, event in enumerate(events, start=1):
        one = _received(event, number)
        received.setdefault(one.id, one)
    return sorted(received.values(), key=lambda event: event.occurred)


def read_event_file(file: str) -> list[ReceivedEvent]:
    """Read the events of a file, without duplicates and in order.

    Raises:
        InvalidEventError: The file can't be read, isn't a JSON list, or contains an invalid event.
    """
    path = Path(file)
    try:
        events = json.loads(content(path, InvalidEventError))
    except json.JSONDecodeError as exc:
        problem = f"{path}, line {exc.lineno}: the file is not JSON: {exc.msg}. Use a JSON list of events."
    except (UnicodeDecodeError, RecursionError):
        problem = f"{path}: the file is not JSON in UTF-8. Use a JSON list of events."
    else:
        if isinstance(events, list):
            try:
                return in_order(events)
            except InvalidEventError as exc:
                raise InvalidEventError(f"{path}: {exc}") from None
        problem = f"{path}: the content is a {type(events).__name__}, not a list. Put the events into [ and ]."
    raise InvalidEventError(problem)


def recorded_events(
    specs: Sequence[AutomationSpec],
    *,
    since: datetime,
    until: datetime,
    progress: Callable[[int, int], object] | None = None,
) -> list[ReceivedEvent]:
    """Read, in order, the events on the server that belong to runs to which the alerts apply."""
    if not any(isinstance(trigger, TriggerSpec) for spec in specs for trigger in spec.triggers):
        return []
    return in_order(read_events(filter_for(specs, since=since, until=until), progress=progress))


def read_events(
    filter_: Mapping[str, Any], *, progress: Callable[[int, int], object] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the events that match a filter, page by page.

    After each page, `progress` is called with the number of events on the page and the total number of matching events.

    The server writes events in batches, so events of the last five seconds may be missing. If the server had to write a
    batch again, its events come after events that happened later.
    """
    for page in event_pages(filter_):
        yield from page.events
        if progress:
            progress(len(page.events), page.total)


def _received(event: Any, number: int) -> ReceivedEvent:
    data = event.model_dump(mode="json") if isinstance(event, BaseModel) else event
    if not isinstance(data, Mapping):
        raise InvalidEventError(
            f"event {number} is a {type(event).__name__}. Pass events as Prefect's API returns them."
        )
    try:
        return received_event(data)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
    raise InvalidEventError(f"event {number} differs from the format of Prefect's API: {where}: {fault['msg']}.")
