"""A stand-in for the base class of plugins."""

from __future__ import annotations

from typing import Any


class AirflowPlugin:
    """Derive a class from this one to add macros for DAG files and, as in Airflow 1.10, operators, sensors and hooks.

    Other attributes of a plugin extend Airflow's server, and have no effect here.
    """

    name: str | None = None
    macros: list[Any] = []  # noqa: RUF012 - plugins replace it
    operators: list[Any] = []  # noqa: RUF012
    sensors: list[Any] = []  # noqa: RUF012
    hooks: list[Any] = []  # noqa: RUF012

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Airflow calls this method when it loads the plugin."""
