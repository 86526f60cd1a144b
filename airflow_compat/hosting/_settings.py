"""Reads the settings of the Airflow host from the environment, or from the project's `pyproject.toml`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import HostError
from ._host import AirflowHost

VARIABLE = "AIRFLOW_COMPAT_HOST"
FOLDER_VARIABLE = "AIRFLOW_COMPAT_HOST_DAGS_FOLDER"
_FILE = "pyproject.toml"
_TABLE = "[tool.airflow_compat.host]"
_KEYS = frozenset(("python", "dags_folder", "env"))


def host_of(environment: Mapping[str, str], folder: Path) -> AirflowHost | None:
    """Return the host that `AIRFLOW_COMPAT_HOST`, else the nearest `pyproject.toml`, names; None if neither names one.

    Raises:
        HostError: The file's table `[tool.airflow_compat.host]` is invalid, or the file can't be read.
    """
    if python := environment.get(VARIABLE):
        return AirflowHost(python, environment.get(FOLDER_VARIABLE) or None)
    file = next((each / _FILE for each in (folder, *folder.parents) if (each / _FILE).is_file()), None)
    return None if file is None else _from_file(file)


def configured_host() -> AirflowHost | None:
    """Return the host that this process's environment or `pyproject.toml` names; None if neither names one.

    Raises:
        HostError: The host's settings are invalid.
    """
    return host_of(os.environ, Path.cwd())


def _from_file(file: Path) -> AirflowHost | None:
    try:
        table: Any = _parsed(file.read_text(encoding="utf-8")).get("tool", {}).get("airflow_compat", {}).get("host")
    except (OSError, ValueError, AttributeError) as error:
        raise HostError(f"{file}: the file can't be read ({type(error).__name__}). Correct the file.") from None
    if table is None:
        return None
    is_table = isinstance(table, dict)
    unknown = sorted(set(table) - _KEYS) if is_table else []
    if not is_table or unknown or not isinstance(table.get("python"), str):
        missing = "`python` is missing" if is_table else "the value is not a table"
        what = f"unknown {', '.join(unknown)}" if unknown else missing
        raise HostError(f"{file}, {_TABLE}: {what}. Set `python`, and if needed `dags_folder` and `env`.")
    return AirflowHost(
        str(Path(file.parent, table["python"])), table.get("dags_folder"), {**dict(table.get("env") or {})}
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import toml  # type: ignore[import-untyped,unused-ignore] # comes with Prefect

        return dict(toml.loads(text))
    return tomllib.loads(text)
