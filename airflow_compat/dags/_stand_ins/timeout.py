"""A stand-in for `airflow.utils.timeout`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from ...operators._time_limit import time_limit

if TYPE_CHECKING:
    from typing_extensions import Self


class timeout(ExitStack):  # noqa: N801 - Airflow's name
    """In a `with` block, raises `AirflowTaskTimeout` after this time."""

    def __init__(self, seconds: float = 1, error_message: str = "Timeout") -> None:
        super().__init__()
        self.seconds = seconds
        self.error_message = error_message

    def __enter__(self) -> Self:
        self.enter_context(time_limit(self.seconds, lambda: None, message=self.error_message))
        return self
