"""Remembers the map indexes of task runs: their positions in a call of `map`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun

UNMAPPED = -1
_LABEL = "airflow-compat.map-index"
# The largest number of runs in `INDEXES`.
_MOST = 50_000

INDEXES: OrderedDict[UUID, int] = OrderedDict()
CHANGED = threading.Condition()
"""Guards `INDEXES`. A call of `map` notifies the waiting threads after it has added its indexes."""


def remember(runs: Iterable[UUID]) -> None:
    """Store the indexes of the runs of one call of `map`. The caller must hold the lock `CHANGED`."""
    INDEXES.update((id_, index) for index, id_ in enumerate(runs))
    while len(INDEXES) > _MOST:
        INDEXES.popitem(last=False)


def note_index(task_run: TaskRun) -> None:
    """Add a run's index, if known, to its labels, which go to the server with the next state."""
    with CHANGED:
        index = INDEXES.get(task_run.id)
    if index is not None:
        task_run.labels[_LABEL] = index


def known_index(task_run: TaskRun) -> int:
    """Return a run's index from its labels or `INDEXES`; -1 if unknown."""
    label = task_run.labels.get(_LABEL)
    with CHANGED:
        return label if isinstance(label, int) else INDEXES.get(task_run.id, UNMAPPED)
