"""Loads the DAG that an entrypoint names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._airflow.version import AirflowVersion
from ..errors import DagFileError
from ._loading import LoadedFile, load_file

if TYPE_CHECKING:
    from ..authoring import DAG
    from ..hosting import AirflowHost


def load_dag(
    entrypoint: str,
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    host: AirflowHost | None = None,
) -> tuple[LoadedFile, DAG]:
    """Load a file, and return the loaded file and one of its DAGs.

    Args:
        entrypoint: The file, a colon, and the dag_id, which may be left out if the file has one DAG.
        airflow_version: The Airflow release for which the file is written.
        search_path: See `load_file`.
        host: See `load_file`.

    Raises:
        DagFileError: The file is missing, is a folder, can't be loaded, or does not define the DAG.
    """
    path, _, dag_id = str(entrypoint).partition(":")
    if not path:
        raise DagFileError(f"{entrypoint!r} has no path. Pass a DAG file and a dag_id, such as dags/FILE.py:DAG_ID")
    if os.path.isdir(path):  # noqa: PTH112 - the name may be too long for `Path`
        raise DagFileError(
            f"{path} is a folder. Pass a DAG file and a dag_id, such as {path.rstrip('/')}/FILE.py:DAG_ID"
        )
    loaded = load_file(path, airflow_version=airflow_version, search_path=search_path, host=host)
    if dag_id in loaded.dags:
        return loaded, loaded.dags[dag_id]
    if len(loaded.dags) == 1 and not dag_id and not loaded.import_errors:
        return loaded, next(iter(loaded.dags.values()))
    if loaded.import_errors:
        raise DagFileError(f"{path} can't be loaded: {'; '.join(loaded.import_errors.values())}")
    found = ", ".join(sorted(loaded.dags))
    if not found:
        raise DagFileError(f"{path} has no DAG. Pass another file, or create a DAG at the top level of this one.")
    if dag_id:
        raise DagFileError(f"{path} has no DAG {dag_id!r}. Name one of its DAGs after the colon: {found}.")
    raise DagFileError(f"{path} has {len(loaded.dags)} DAGs: {found}. Name one after a colon: {path}:DAG_ID.")
