"""Starts Prefect's temporary server if no server is configured.

An import of this module does not import Prefect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

from ..errors import ServerUnreachableError

COMMAND_SECONDS = 120
"""Seconds that the command waits for the server's start. Prefect waits 20."""

Progress: TypeAlias = Callable[[], AbstractContextManager[object]]

_progress: Progress | None = None


@contextmanager
def patient_start(progress: Progress) -> Iterator[None]:
    """Wait longer for a temporary server that starts inside this block.

    Args:
        progress: Makes a context manager in which the command waits, such as a progress display. It is called only if a
            server starts.
    """
    global _progress  # noqa: PLW0603 - threads of the command may start the server, too
    _progress = progress
    try:
        yield
    finally:
        _progress = None


def start_if_needed(progress: Progress | None = None) -> None:
    """Start a temporary server if no server is configured.

    Args:
        progress: Makes a context manager in which the call waits, such as a progress display. An enclosing
            `patient_start` overrides this argument. With a progress display, the call waits longer for the server than
            Prefect does.

    Raises:
        ServerUnreachableError: The server did not start, or Prefect's settings forbid a temporary server.
    """
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
        PREFECT_SERVER_ANALYTICS_ENABLED,
        PREFECT_SERVER_LOGGING_LEVEL,
        get_current_settings,
        temporary_settings,
    )

    from .internals.client import start_temporary_server

    if PREFECT_API_URL.value():
        return
    if not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        raise ServerUnreachableError(
            "no Prefect server is configured; set PREFECT_API_URL, for example to http://127.0.0.1:4200/api"
        )
    # With a new database, the server's usage report to Prefect fails and prints tracebacks.
    settings: dict[Any, object] = {PREFECT_SERVER_ANALYTICS_ENABLED: False}
    progress = _progress or progress
    ephemeral = get_current_settings().server.ephemeral
    seconds = ephemeral.startup_timeout_seconds
    if progress is not None:
        if "startup_timeout_seconds" not in ephemeral.model_fields_set:
            seconds = COMMAND_SECONDS
        # With another log level, the server would print tracebacks into the command's output.
        settings[PREFECT_SERVER_LOGGING_LEVEL] = "CRITICAL"
    with temporary_settings(settings):
        result = start_temporary_server(seconds, progress or nullcontext)
    if result == "late":
        raise ServerUnreachableError(
            f"Prefect's temporary server did not start within {seconds} s; start a server with `prefect server "
            "start` and set PREFECT_API_URL, or set PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS higher"
        )
    if result == "ended":
        raise ServerUnreachableError(
            "Prefect's temporary server ended while it started; run `prefect server start` to see the reason"
        )
