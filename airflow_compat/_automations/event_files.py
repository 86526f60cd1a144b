"""A file of events: a list in JSON, as Prefect's API gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import InvalidEventError
from .files import content


def read_event_file(file: str) -> list[Any]:
    """The events of a file; whether each is one is seen when they are used.

    Raises:
        InvalidEventError: It can't be read, or is no list in JSON.
    """
    path = Path(file)
    try:
        events = json.loads(content(path, InvalidEventError))
    except json.JSONDecodeError as exc:
        problem = f"{path}, line {exc.lineno}: not JSON: {exc.msg}; give a list of events"
    except (UnicodeDecodeError, RecursionError):
        problem = f"{path}: not JSON in UTF-8; give a list of events"
    else:
        if isinstance(events, list):
            return events
        problem = f"{path}: a {type(events).__name__} and no list; give the events themselves, in [ and ]"
    raise InvalidEventError(problem)
