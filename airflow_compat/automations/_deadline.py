"""Airflow 3's deadlines as data: `DeadlineAlert`, its references and its callbacks, under their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


class DeadlineReference:
    """What a deadline counts from, as `airflow.sdk.DeadlineReference` names it."""

    DAGRUN_QUEUED_AT = "DAGRUN_QUEUED_AT"
    DAGRUN_LOGICAL_DATE = "DAGRUN_LOGICAL_DATE"

    @staticmethod
    def AVERAGE_RUNTIME(max_runs: int = 10, min_runs: int | None = None) -> str:  # noqa: ARG004, N802 - Airflow's
        """From the run's beginning, by as long as the runs before took."""
        return "AVERAGE_RUNTIME"

    @staticmethod
    def FIXED_DATETIME(datetime: datetime) -> str:  # noqa: ARG004, N802 - Airflow's
        """From a moment."""
        return "FIXED_DATETIME"


@dataclass(frozen=True)
class AsyncCallback:
    """What a deadline calls, as `airflow.sdk.AsyncCallback` has it.

    Attributes:
        callback_callable: A function, a notifier's class, or an import path.
        kwargs: What it gets besides the context, or what the notifier is made with.
    """

    callback_callable: Callable[..., Any] | str
    kwargs: Mapping[str, Any] | None = None


class SyncCallback(AsyncCallback):
    """As `AsyncCallback`: both are called alike here."""


@dataclass(frozen=True)
class DeadlineAlert:
    """A DAG's `deadline`, as `airflow.sdk.DeadlineAlert` has it.

    Attributes:
        reference: What it counts from: one of `DeadlineReference`.
        interval: How long after that.
        callback: What is called when the run goes on by then.
        name: What it is called.
    """

    reference: str
    interval: timedelta
    callback: Any
    name: str | None = field(default=None)
