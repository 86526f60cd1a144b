"""An operator that does nothing (`airflow.providers.standard.operators.empty`)."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ..authoring import BaseOperator


class EmptyOperator(BaseOperator):
    """Does nothing, and serves as a task that joins branches.

    Airflow 1.10 and early releases of Airflow 2 call this operator `DummyOperator`.
    """

    ui_color = "#e8f7e4"
    _is_empty = True

    def execute(self, context: MutableMapping[str, Any]) -> None:
        pass


DummyOperator = EmptyOperator
"""The name of `EmptyOperator` in Airflow 1.10 and in early releases of Airflow 2."""
