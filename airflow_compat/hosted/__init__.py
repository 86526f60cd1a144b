"""Airflow's names that have no counterpart here, for DAG files that `airflow-compat rewrite` has changed.

In files that `dags.load_flow` loads, and in the modules that they import, `airflow_compat.hosted.providers.acme` stands
for `airflow.providers.acme`. Tasks that use names of this package still run in an Airflow host.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"{__name__}.{name} is available only in files that airflow_compat loads. Load the DAG file with dags.load_flow"
    )
