"""Airflow 3's deadlines as data: `DeadlineAlert`, its references and its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


class DeadlineReference:
    """The times from which deadlines can be measured, named as in `airflow.sdk.DeadlineReference`."""

    DAGRUN_QUEUED_AT = "DAGRUN_QUEUED_AT"
    DAGRUN_LOGICAL_DATE = "DAGRUN_LOGICAL_DATE"

    @staticmethod
    def AVERAGE_RUNTIME(max_runs: int = 10, min_runs: int | None = None) -> str:  # noqa: ARG004, N802 - Airflow's
        """Return a reference to the DAG's average runtime. Alerts refuse this reference."""
        return "AVERAGE_RUNTIME"

    @staticmethod
    def FIXED_DATETIME(datetime: datetime) -> str:  # noqa: ARG004, N802 - Airflow's
        """Return a reference to a fixed time. Alerts refuse this reference."""
        return "FIXED_DATETIME"


@dataclass(frozen=True)
class AsyncCallback:
    """A deadline's callback, like `airflow.sdk.AsyncCallback`.

    Attributes:
        callback_callable: A function, a notifier's class, or an import path.
        kwargs: Arguments for the notifier's class, or additional arguments for a function, which also receives the
            context.
    """

    callback_callable: Callable[..., Any] | str
    kwargs: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SyncCallback(AsyncCallback):
    """A deadline's callback, as in `airflow.sdk`. Alerts treat a `SyncCallback` like an `AsyncCallback`.

    Attributes:
        executor: This attribute has no effect.
    """

    executor: str | None = None


@dataclass(frozen=True)
class DeadlineAlert:
    """The value of a DAG's `deadline`, like `airflow.sdk.DeadlineAlert`.

    Attributes:
        reference: One of `DeadlineReference`.
        interval: The time between the reference and the deadline.
        callback: The callback, which is called if the run is still running at the deadline.
    """

    reference: str
    interval: timedelta
    callback: Any
    name: str | None = field(default=None)
