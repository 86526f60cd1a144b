"""Defines the class of `context["ti"]` for operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._airflow.run_objects import TaskInstance


@dataclass(frozen=True)
class OperatorTaskInstance(TaskInstance):
    """The task instance of an operator, as Airflow's context contains it.

    `waits` is a function that returns the time at which a sensor first began to wait, or None if it has not waited.
    """

    waits: Callable[[], datetime | None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def operator(self) -> str:
        """The class name of the operator."""
        return type(self.task).__name__

    @property
    def is_mapped(self) -> bool:
        return self.map_index >= 0

    def get_first_reschedule_date(self, context: Mapping[str, Any]) -> datetime | None:
        """Return when a sensor in the mode "reschedule" was first executed; None during this first execution."""
        return self.waits()
