"""The data that child processes need to act for their parent: its settings, and the contexts of its runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect import Flow


def environment() -> dict[str, str]:
    """Return the environment variables of this process, together with its Prefect settings."""
    found = dict(os.environ)
    if "prefect" in sys.modules:
        from prefect.settings import get_current_settings

        found |= get_current_settings().to_environment_variables(exclude_unset=True)
    return found


def environment_with_server() -> dict[str, str]:
    """Return this process's environment variables with its Prefect settings and the address of a temporary server."""
    from .client import kept_client

    # Only one process can serve the metrics of the client.
    return {**environment(), "PREFECT_API_URL": str(kept_client().api_url), "PREFECT_CLIENT_METRICS_ENABLED": "false"}


def inside_flow_run(data: Mapping[str, Any], flow: Flow[..., Any]) -> AbstractContextManager[None]:
    """Return a context manager in which a flow run of the parent process is the active run."""
    from .client import kept_client
    from .internals.contexts import flow_run_of_data

    return flow_run_of_data(dict(data), flow, kept_client())


def inside_task_run(data: Mapping[str, Any], name: str) -> AbstractContextManager[None]:
    """Return a context manager in which a task run of the parent process is the active run."""
    from .client import kept_client
    from .internals.contexts import task_run_of_data

    return task_run_of_data(dict(data), name, kept_client())
