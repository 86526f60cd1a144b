"""Which Airflow a shim is faithful to where 2.x and 3.x differ, with the one default."""

from __future__ import annotations

from typing import Literal, TypeAlias

AirflowVersion: TypeAlias = Literal["2", "3"]
"""Airflow's major version: "2" means what 2.11 does, "3" what 3.3 does."""

DEFAULT_VERSION: AirflowVersion = "3"
