"""Shortens the tracebacks of tasks, so that they start at the first frame of the user's code."""

from __future__ import annotations

import os
from pathlib import Path
from types import FrameType, TracebackType

_OURS = str(Path(__file__).parents[1]) + os.sep


def authors_traceback(error: BaseException) -> TracebackType | None:
    """Return an error's traceback without the outer frames, which belong to this package.

    Returns:
        If all frames belong to this package, for example because its operator raised the error, only the innermost
        frame.
    """
    found = last = error.__traceback__
    while found is not None and _leads_to_code(found.tb_frame):
        found, last = found.tb_next, found
    return found or last


def _leads_to_code(frame: FrameType) -> bool:
    """Return True if a frame belongs to this package, or to the event loop that runs an async function for it."""
    name = str(frame.f_globals.get("__name__"))
    return frame.f_code.co_filename.startswith(_OURS) or name.partition(".")[0] == "asyncio"
