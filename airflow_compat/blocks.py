"""The Prefect blocks of this package. Prefect imports this module through the entry point `prefect.collections`."""

from __future__ import annotations

from .connections._airflow_block import AirflowConnection

__all__ = ["AirflowConnection"]
