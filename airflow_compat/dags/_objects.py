"""Keeps a run's records in the flow's result storage."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from .._prefect.internals.results import in_sync
from ..errors import XComStorageError
from ..xcom._rules import is_whole, safe
from ..xcom._storage import says_missing


class StoredObjects:
    """Texts, such as records, that one flow run keeps in a result storage.

    A text is complete only if it ends with a newline.
    """

    def __init__(self, storage: Any, flow_run_id: UUID | str) -> None:
        self._storage = storage
        self._folder = f"dag-runs/{flow_run_id}"

    def of(self, folder: str) -> StoredObjects:
        """Return the store for the texts of another run, or of an index, in the same result storage."""
        return StoredObjects(self._storage, folder)

    def read(self, name: str) -> str | None:
        """Return a text; None if it is missing, or incomplete because its writer was killed.

        Raises:
            XComStorageError: The storage can't be read.
        """
        path = self._path(name)
        problem = ""
        try:
            body: str = in_sync(self._storage.read_path, path).decode()
        except Exception as exc:  # noqa: BLE001 - each storage has its own errors
            if says_missing(exc, path):
                return None
            problem = type(exc).__name__
        if problem:
            raise XComStorageError(
                f"Record {name!r} can't be read from the flow's result storage, a {type(self._storage).__name__} "
                f"({problem}). Check that the storage exists and that you may read it."
            )
        return body[:-1] if is_whole(body) else None

    def write(self, name: str, text: str) -> None:
        """Store a text.

        Raises:
            XComStorageError: The storage can't be written.
        """
        problem = ""
        try:
            in_sync(self._storage.write_path, self._path(name), content=f"{text}\n".encode())
        except Exception as exc:  # noqa: BLE001 - each storage has its own errors
            problem = type(exc).__name__
        if problem:
            # The error is raised outside the `except` block, so that it does not show the storage's error, which may
            # quote credentials.
            raise XComStorageError(
                f"Record {name!r} can't be written to the flow's result storage, a {type(self._storage).__name__} "
                f"({problem}). Check that the storage exists and is writable."
            )

    def _path(self, name: str) -> str:
        return f"{self._folder}/{'~'.join(safe(part) for part in name.split('~'))}"
