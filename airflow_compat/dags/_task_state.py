"""Values that a task instance stores for its next tries: `context["task_state_store"]` of Airflow 3.3."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

from .._airflow.graph import InstanceKey
from ._records import Objects
from ._state_store import StateStore


class TaskStateStore(StateStore):
    """The values that one task instance has stored in one run.

    All tries of the instance share the values, which are stored together with the records of the run.

    Each change is stored as a separate text, so a process that is killed while it writes loses only the last change.

    Args:
        objects: The store of the run's texts.
        key: The task instance.
    """

    def __init__(self, objects: Objects, key: InstanceKey) -> None:
        self._objects, self._key = objects, key
        self._number = 0
        self._values: dict[str, tuple[Any, float | None]] = {}
        while (text := objects.read(self._name())) is not None:
            self._values = {name: (value, until) for name, (value, until) in json.loads(text).items()}
            self._number += 1

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default if it is missing or has expired."""
        value, until = self._values.get(key, (default, None))
        return default if until is not None and until <= time.time() else value

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        """Store a JSON value. If `retention` is a timedelta, the value expires after this time.

        Raises:
            ValueError: The value is None.
            TypeError: The value is not JSON data.
        """
        if value is None:
            raise ValueError("Cannot set value as None")
        until = time.time() + retention.total_seconds() if isinstance(retention, timedelta) else None
        self._write({**self._values, key: (value, until)})

    def delete(self, key: str) -> None:
        self._write({name: value for name, value in self._values.items() if name != key})

    def clear(self) -> None:
        self._write({})

    def _name(self) -> str:
        return f"{self._key.task_id}~{self._key.map_index}~state{self._number}"

    def _write(self, values: dict[str, tuple[Any, float | None]]) -> None:
        self._objects.write(self._name(), json.dumps(values))
        self._number += 1
        # Convert the value as if a later process had stored and read it: for example, tuples become lists.
        self._values = {name: (value, until) for name, (value, until) in json.loads(json.dumps(values)).items()}
