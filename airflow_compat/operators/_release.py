"""Tells whether an operator follows the rules of Airflow 2 or 3, which depends on its DAG."""

from __future__ import annotations

from typing import Any

from .._airflow.version import AirflowVersion
from ..authoring import BaseOperator
from ..authoring._current import definition_release


def release_of(operator: BaseOperator) -> AirflowVersion:
    """Return the Airflow release whose rules an operator follows: the release for which its DAG was written."""
    return operator.airflow_version


def renamed(arguments: dict[str, Any], old_name: str, value: Any) -> Any:
    """Return an argument's value. In Airflow 2, the argument may also be passed under its older name."""
    if definition_release() == "2" and (old := arguments.pop(old_name, None)) is not None:
        return old
    return value
