"""Define the Airflow versions that this package can follow."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..errors import UnsupportedFeatureError

AirflowVersion: TypeAlias = Literal["2", "3"]
"""Airflow's major version: "2" stands for Airflow 2.11, and "3" for Airflow 3.3."""

DEFAULT_VERSION: AirflowVersion = "3"


def limited_line(line: str, version: AirflowVersion) -> tuple[bool, str]:
    """Return whether a line of a table applies to a version, and the line without its limit, `[2]` or `[3]`."""
    if line.startswith(("[2]", "[3]")):
        return line[1] == version, line[3:].strip()
    return True, line


def check_version(version: object) -> None:
    """Check an argument `airflow_version`.

    Raises:
        UnsupportedFeatureError: The version is neither "2" nor "3".
    """
    if version not in ("2", "3"):
        raise UnsupportedFeatureError(f"airflow_version={version!r} is not supported. Use '2' or '3'.")
