"""The Prefect blocks that airflow_compat defines; Prefect finds them through the entry point `prefect.collections`."""

from __future__ import annotations

from ._prefect.airflow_block import AirflowConnection

__all__ = ["AirflowConnection"]
