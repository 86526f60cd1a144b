"""A file of events: a list in JSON, as Prefect's API gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .._files.content import content
from ..errors import InvalidEventError

if TYPE_CHECKING:
    from prefect.server.events.schemas.events import ReceivedEvent


def read_event_file(file: str) -> list[ReceivedEvent]:
    """The events of a file, each once and in their order.

    Raises:
        InvalidEventError: It can't be read, is no list in JSON, or holds what is no event.
    """
    from .._prefect.simulation import in_order

    path = Path(file)
    try:
        events = json.loads(content(path, InvalidEventError))
    except json.JSONDecodeError as exc:
        problem = f"{path}, line {exc.lineno}: not JSON: {exc.msg}; give a list of events"
    except (UnicodeDecodeError, RecursionError):
        problem = f"{path}: not JSON in UTF-8; give a list of events"
    else:
        if isinstance(events, list):
            try:
                return in_order(events)
            except InvalidEventError as exc:
                raise InvalidEventError(f"{path}: {exc}") from None
        problem = f"{path}: a {type(events).__name__} and no list; give the events themselves, in [ and ]"
    raise InvalidEventError(problem)
