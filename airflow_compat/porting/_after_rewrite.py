"""Finds out which files can be loaded after a rewrite, by loading a copy of their folder with the rewritten texts."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .._airflow.version import AirflowVersion
from ..dags._survey import FileSurvey
from ..dags._surveys import survey
from ..hosting import AirflowHost

BESIDE = ("plugins", "config", "include")
"""The names of folders beside the DAG folder, from which DAG files may import."""

_MOST_FILES = 20_000


def surveys_after_rewrite(
    top: Path,
    texts: Mapping[str, bytes],
    files: Collection[str],
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    host: AirflowHost | None,
) -> dict[str, FileSurvey]:
    """Load files with the rewritten texts, and return their surveys.

    Args:
        top: The DAG folder.
        texts: The rewritten text of each changed file below the folder.
        files: The DAG files to load.
        airflow_version: See `load_file`.
        search_path: See `load_file`.
        host: See `load_file`.

    Returns:
        A survey for each file; none if the folder is too large to copy.
    """
    with TemporaryDirectory(prefix="airflow-compat-") as scratch:
        copy = Path(scratch, top.absolute().name or "dags")
        if not _copied(top, copy, texts):
            return {}
        for name in BESIDE:
            if (beside := top.absolute().parent / name).is_dir():
                Path(scratch, name).symlink_to(beside)
        path_of = {str(copy / os.path.relpath(file, top)): file for file in files}
        folders = [*(os.path.abspath(each) for each in search_path), str(top.absolute().parent)]  # noqa: PTH100
        found = survey(copy, airflow_version=airflow_version, search_path=folders, host=host, only=path_of)
        return {path_of[each.file]: _placed(each, str(copy), top) for each in found.files}


def _copied(top: Path, copy: Path, texts: Mapping[str, bytes]) -> bool:
    """Copy a folder: write the changed files, and link to all other files."""
    number = 0
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        target = copy / os.path.relpath(folder, top)
        target.mkdir(parents=True, exist_ok=True)
        number += len(names)
        if number > _MOST_FILES:
            return False
        for name in names:
            source = Path(folder, name)
            if (text := texts.get(str(source))) is not None:
                (target / name).write_bytes(text)
            else:
                (target / name).symlink_to(source.absolute())
    return True


def _placed(found: FileSurvey, copy: str, top: Path) -> FileSurvey:
    """Return a survey whose problems name the real files instead of the copies."""
    problems = (replace(each, file=each.file.replace(copy, str(top))) for each in found.problems)
    return replace(found, problems=tuple(problems))
