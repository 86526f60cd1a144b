"""Creates the modules that operate deployed DAGs: the alerts for deadlines and SLAs, and the flows for operators."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._airflow.version import AirflowVersion
from .._dag_source.dags import DagSource
from ..deployments._generate import read_text
from ..deployments._specs import DeploymentSpec
from ..errors import DagFileError

ALERTS, OPERATIONS = "dag_alerts.py", "dag_operations.py"

_BY = "Written by `airflow-compat dags deploy-config`."
_HEADS = {
    ALERTS: f'"""The alerts for the deadlines and SLAs of DAG files. {_BY}"""',
    OPERATIONS: f'"""The flows that operate the runs of DAGs. {_BY}"""',
}
_FLOWS = """
from airflow_compat.callbacks import run_callback
from airflow_compat.dags.runs import change_run, handle_lost_runs

__all__ = ["change_run", "handle_lost_runs", "run_callback"]
"""
_EVERY_5_MINUTES = {"cron": "*/5 * * * *", "timezone": "UTC", "active": True}


def operations_text(folder: Path) -> str:
    """Return the text of the module with the flows that operate DAG runs.

    Raises:
        DagFileError: The module's file exists, and was not written by this command.
    """
    _own_text(folder / OPERATIONS)
    return f"{_HEADS[OPERATIONS]}\n{_FLOWS}"


def operation_specs() -> tuple[DeploymentSpec, ...]:
    """Return the deployments of the flows that operate DAG runs."""
    found: dict[str, tuple[str, str, dict[str, Any]]] = {
        "run_callback": ("default", "Calls the callbacks of alerts.", {}),
        "change_run": ("change-dag-run", "Clears, marks and cancels runs of DAGs.", {}),
        "handle_lost_runs": (
            "handle-lost-dag-runs",
            "Fails the runs of DAGs whose process is gone.",
            {"parameters": {"older_than": 30}, "schedules": [_EVERY_5_MINUTES], "concurrency_limit": 1},
        ),
    }
    return tuple(
        DeploymentSpec(
            name,
            DagSource(name, OPERATIONS, 0, {}),
            {"entrypoint": f"{OPERATIONS}:{function}", "description": description, **values},
        )
        for function, (name, description, values) in found.items()
    )


def alerts_text(
    path: Path,
    folder: Path,
    *,
    is_needed: bool,
    is_complete: bool,
    airflow_version: AirflowVersion,
    search_path: Iterable[str],
) -> str | None:
    """Return the text of the module with the alerts; None if neither an alert nor a module from an earlier call exists.

    Args:
        path: The DAG folder or file.
        folder: The folder of the module.
        is_needed: Whether the DAGs need alerts.
        is_complete: Whether all files can be loaded. If not, the other files may need the alerts of an earlier call.
        airflow_version: The Airflow release for which the files are written.
        search_path: See `load_file`.

    Raises:
        DagFileError: The module's file exists, and was not written by this command.
    """
    text = _own_text(folder / ALERTS)
    if text is None and not is_needed:
        return None
    paths = {each for each in _paths(text or "") if (folder / each).exists()}
    if is_needed or is_complete:
        paths = {each for each in paths if not (folder / each).resolve().is_relative_to(path.resolve())}
    if is_needed and not any(path.resolve().is_relative_to((folder / each).resolve()) for each in paths):
        paths.add(_relative(path, folder))
    search = ", ".join(json.dumps(_relative(Path(each), folder)) for each in search_path)
    lines = [
        _HEADS[ALERTS],
        "",
        "from airflow_compat.dags import alerts",
        "",
        "# Paths from the folder of this file, in which the alerts are applied and `run_callback` runs.",
        "_PATHS = [",
        *(f"    {json.dumps(each, ensure_ascii=False)}," for each in sorted(paths)),
        "]",
        "ALERTS = [",
        "    alert",
        "    for path in _PATHS",
        f'    for alert in alerts.read(path, airflow_version="{airflow_version}", search_path=[{search}])',
        "]",
        "",
    ]
    return "\n".join(lines)


def _own_text(path: Path) -> str | None:
    text = read_text(path)
    if text is not None and not text.startswith(_HEADS[path.name]):
        raise DagFileError(f"{path} exists, and this command did not write it. Rename the file")
    return text


def _paths(text: str) -> list[str]:
    """Return the paths in the old version of the module with the alerts."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            return [str(each) for each in ast.literal_eval(node.value)]
    return []


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
