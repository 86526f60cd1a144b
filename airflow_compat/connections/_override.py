"""Stores the connections of a test, which replace those on the server."""

from __future__ import annotations

from typing import Protocol

from .._airflow.connection import Connection
from .._prefect.override import Override


class Connections(Protocol):
    """All connections that exist in a test."""

    def find(self, conn_id: str) -> Connection:
        """Return the connection, or raise `ConnectionNotFoundError`."""


CONNECTIONS: Override[Connections] = Override("airflow_compat_connections")
