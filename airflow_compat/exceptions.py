"""Airflow's exceptions, for DAG code that catches them: `from airflow_compat.exceptions import AirflowException`.

The names and the inheritance are those of `airflow.exceptions` (2.11 and 3.3).
"""

from __future__ import annotations


class AirflowException(Exception):
    """The base of Airflow's own exceptions; DAG code raises it to fail a task."""

    status_code: int = 500


class AirflowNotFoundException(AirflowException):
    """A connection or another thing that was asked for does not exist."""

    status_code: int = 404
