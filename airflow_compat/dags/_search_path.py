"""The folders from which a DAG file imports modules, as in Airflow and its container images."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

# Folders of AIRFLOW_HOME: Airflow adds `plugins` and `config` to Python's path, and Astronomer's images add `include`.
_BESIDE = ("plugins", "config", "include")
_DAGS = "dags"


class SearchPath(NamedTuple):
    """The folders in which modules are searched.

    Attributes:
        dag_folder: The DAG folder.
        folders: The folders in which modules are searched, in this order.
        common: Those of `folders` that all files of the DAG folder search.
        ancestors: For each folder that contains the DAG folder, by name: its parent folder. A DAG folder may be inside
            a package.
    """

    dag_folder: Path
    folders: tuple[str, ...]
    common: tuple[str, ...]
    ancestors: dict[str, str]


def search_path_of(
    file: Path, *, dag_folder: Path | None = None, given: Iterable[str | os.PathLike[str]] = ()
) -> SearchPath:
    """Return the search path of a DAG file.

    Args:
        file: The file.
        dag_folder: The DAG folder. By default, the nearest folder called `dags` that contains the file, or the file's
            own folder.
        given: Folders that are searched before all others.
    """
    file = Path(os.path.abspath(file))  # noqa: PTH100 - `resolve` would follow links
    folder = os.path.abspath(dag_folder) if dag_folder else str(_folder_of(file))  # noqa: PTH100
    zipped = [file] if file.suffix == ".zip" else []
    found = _of_files_in(str(file.parent), folder)
    first = [*map(os.path.abspath, given)]
    return found._replace(
        folders=tuple(dict.fromkeys((*first, *map(os.path.abspath, zipped), *found.folders))),
        common=tuple(dict.fromkeys((*first, *found.common))),
    )


@lru_cache(maxsize=1000)
def _of_files_in(place: str, dag_folder: str) -> SearchPath:
    """Return the search path of the files in a folder."""
    folder, inside = Path(dag_folder), Path(place)
    home = folder.parent
    inner = [each for each in (inside, *inside.parents) if folder in each.parents]
    common = tuple(map(str, (folder, *(home / name for name in _BESIDE), home)))
    ancestors = {each.name: str(each.parent) for each in reversed((folder, *folder.parents)) if each.name}
    return SearchPath(folder, (*common, *map(str, inner)), common, ancestors)


def _folder_of(file: Path) -> Path:
    return next((each for each in file.parents if each.name == _DAGS), file.parent)
