"""Fake connections for a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from ..connections._override import CONNECTIONS
from ..errors import ConnectionNotFoundError, FakeError
from ._fake import Fake


class FakeConnections(Fake[Connection]):
    """The fake that `fake_connections` returns.

    Attributes:
        asked: The ids that the code requested, in order, including ids that the fake does not have.
    """

    _place = CONNECTIONS
    _function = "fake_connections"

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def find(self, conn_id: str) -> Connection:
        self.asked.append(conn_id)
        if conn_id in self._held:
            return self._held[conn_id]
        raise ConnectionNotFoundError(
            f"Connection {conn_id!r} isn't among those of fake_connections(), which has {self._known()}. Add the "
            "connection to fake_connections(), because code finds no others while the fake is active."
        )

    def _begin(self) -> None:
        super()._begin()
        self.asked = []

    def _read_one(self, name: str, value: Any) -> Connection:
        if isinstance(value, Connection):
            return dataclasses.replace(value, conn_id=name)
        if isinstance(value, Mapping) or (isinstance(value, str) and value.lstrip().startswith("{")):
            return Connection.from_json(value, name)
        if isinstance(value, str):
            return Connection.from_uri(value.strip(), name)
        raise FakeError(
            f"fake_connections(): {name!r} is {type(value).__name__}. Pass a Connection, a URI, or a dict of fields."
        )
