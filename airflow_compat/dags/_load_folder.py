"""Load all DAG files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._dag_source.files import FoundFile, find_files, path_of
from .._dag_source.ignore import IgnoreSyntax
from .._dag_source.module_files import read_source
from .._dag_source.syntax import may_hold_dags
from ..errors import DagFileError
from ._airflow_modules import Missing
from ._load_values import read_configuration
from ._loading import LoadedFile, Loader
from ._sources import zipped_modules

if TYPE_CHECKING:
    from ..authoring import DAG
    from ..hosting import AirflowHost


@dataclass(frozen=True)
class LoadedFolder:
    """The DAG files of a folder.

    Attributes:
        files: The files that may hold DAGs, by name.
        problems: By file: the reason why the file can't be read, or the invalid lines of an `.airflowignore` file.
    """

    files: tuple[LoadedFile, ...]
    problems: Mapping[str, str]

    @cached_property
    def file_of(self) -> Mapping[str, LoadedFile]:
        """The file that defines each DAG, by dag_id.

        If several files define a DAG with the same dag_id, the first file is used.
        """
        found: dict[str, LoadedFile] = {}
        for file in self.files:
            for dag_id in file.dags:
                found.setdefault(dag_id, file)
        return found

    @property
    def dags(self) -> Mapping[str, DAG]:
        """All DAGs by their ids."""
        return {dag_id: file.dags[dag_id] for dag_id, file in self.file_of.items()}

    @cached_property
    def import_errors(self) -> Mapping[str, str]:
        """For each file that can't be loaded or read: the reason."""
        errors = dict(self.problems)
        for file in self.files:
            errors |= file.import_errors
            for dag_id in file.dags:
                if self.file_of[dag_id] is not file:
                    errors[str(file.path)] = (
                        f"{file.path}: the DAG {dag_id!r} is also in {self.file_of[dag_id].path}. Rename one of them"
                    )
        return errors

    @property
    def missing_operators(self) -> tuple[Missing, ...]:
        """The uses of operators that have no stand-in, without duplicates."""
        return tuple(dict.fromkeys(each for file in self.files for each in file.missing_operators))


def load_folder(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | os.PathLike[str]] = (),
    airflow_cfg: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    host: AirflowHost | None = None,
) -> LoadedFolder:
    """Load the DAG files of a folder, or one file. As in Airflow, `.airflowignore` excludes files.

    Args:
        path: The DAG folder, or a file.
        airflow_version: See `load_file`.
        search_path: See `load_file`.
        airflow_cfg: See `load_file`.
        timeout: The time limit for each file.
        host: See `load_file`.

    Raises:
        DagFileError: The path does not exist, or `airflow_cfg` can't be read.
    """
    found = find_dag_files(path, airflow_version=airflow_version, airflow_cfg=airflow_cfg)
    loader = Loader(
        airflow_version=airflow_version,
        search_path=search_path,
        dag_folder=found.folder,
        airflow_cfg=airflow_cfg,
        timeout=timeout,
        host=host,
    )
    files = tuple(map(loader.load, found.files))
    return LoadedFolder(files, found.problems)


@dataclass(frozen=True)
class FoundFiles:
    """The files of a folder that may hold DAGs.

    Attributes:
        folder: The folder; None for a single file.
        problems: For each file that can't be read: the reason.
        timeout: How long the import of one file may take, from Airflow's configuration.
    """

    files: tuple[str, ...]
    folder: Path | None
    problems: Mapping[str, str]
    timeout: float


def find_dag_files(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    airflow_cfg: str | os.PathLike[str] | None = None,
) -> FoundFiles:
    """Find the files that may hold DAGs, without loading them.

    Raises:
        DagFileError: The path does not exist, or `airflow_cfg` can't be read.
    """
    top = path_of(path)
    folder = top if top.is_dir() else None
    configuration = read_configuration(
        airflow_version=airflow_version, dag_folder=folder or top.parent, airflow_cfg=airflow_cfg
    )
    syntax: IgnoreSyntax = "regexp" if configuration.get("core", "dag_ignore_file_syntax") == "regexp" else "glob"
    safe_mode = configuration.getboolean("core", "dag_discovery_safe_mode")
    problems: dict[str, str] = {}
    files = []
    for found in find_files([top], syntax):
        if found.problem:
            problems[found.path] = f"{found.path}: {found.problem}"
        elif _may_hold_dags(found, problems, is_safe=safe_mode and folder is not None):
            files.append(found.path)
    return FoundFiles(tuple(files), folder, problems, configuration.getfloat("core", "dagbag_import_timeout"))


def _may_hold_dags(found: FoundFile, problems: dict[str, str], *, is_safe: bool) -> bool:
    if found.path.endswith(".zip"):
        if not is_zipfile(found.path):
            problems[found.path] = f"{found.path}: the file is not a zip file. Create the file again"
        return bool(zipped_modules(Path(found.path)))
    try:
        return may_hold_dags(read_source(found.path)) or not is_safe
    except OSError as exc:
        problems[found.path] = (
            f"{found.path}: the file can't be read ({exc.strerror or 'not a file'}). Check its permissions"
        )
    except DagFileError as exc:
        problems[found.path] = f"{found.path}: {exc}"
    return False
