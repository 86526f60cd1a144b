"""Find and read the DAG files below folders, as Airflow's scheduler finds them, without running them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import DagFileError
from .dags import DagFile, read_dag_source
from .ignore import IgnoreRule, IgnoreSyntax, is_ignored, read_ignore_rules
from .module_files import FolderModules, read_source
from .modules import Neighbours
from .problems import Problem

IGNORE_FILE = ".airflowignore"


@dataclass(frozen=True)
class FoundFile:
    """A file that may contain DAGs, or the reason why it can't be read.

    Attributes:
        top: The given folder, or the parent folder of a given file.
        problem: The reason why the file can't be read; empty if it can.
    """

    path: str
    place: str
    top: Path
    problem: str = ""


def read_files(paths: Iterable[str | os.PathLike[str]], *, syntax: IgnoreSyntax) -> tuple[DagFile, ...]:
    """Read all DAG files under the paths, sorted by name.

    Raises:
        DagFileError: A path doesn't exist.
    """
    tops: dict[Path, Neighbours] = {}
    return tuple(
        _read(found, tops.setdefault(found.top, Neighbours(FolderModules(found.top))))
        for found in find_files(paths, syntax)
    )


def path_of(given: str | os.PathLike[str]) -> Path:
    """Return the path that a caller gave.

    Raises:
        DagFileError: The value is not a path, or is empty.
    """
    if not isinstance(given, (str, os.PathLike)) or not os.fspath(given):
        raise DagFileError(f"{given!r} is not a path. Pass a DAG file, or the folder of the DAG files")
    return Path(given)


def find_files(paths: Iterable[str | os.PathLike[str]], syntax: IgnoreSyntax) -> Iterator[FoundFile]:
    """Yield each possible DAG file below the paths, and each problem of a folder, once."""
    seen: set[str] = set()
    for given in paths:
        path = path_of(given)
        if path.is_dir():
            found: Iterable[FoundFile] = _Folder(path, syntax).files()
        elif path.exists() or path.is_symlink():
            found = (FoundFile(str(path), path.name, path.parent),)
        else:
            raise DagFileError(f"{path}: no such file or folder. Pass the folder of the DAG files")
        for each in found:
            real = os.path.realpath(each.path)
            if each.problem or real not in seen:
                seen.add(real)
                yield each


class _Folder(NamedTuple):
    """A folder that the caller gave."""

    top: Path
    syntax: IgnoreSyntax

    def files(self) -> Iterator[FoundFile]:
        """Yield the files at any depth. Reads each folder once, even if several links lead to it."""
        todo: list[tuple[str, list[IgnoreRule]]] = [("", [])]
        entered = {os.path.realpath(self.top)}
        while todo:
            folder, rules = todo.pop()
            try:
                entries = sorted(os.scandir(self.top / folder), key=lambda entry: entry.name)
            except OSError as exc:
                yield self._found(folder, f"the folder can't be read ({exc.strerror}); check its permissions")
                continue
            if any(entry.name == IGNORE_FILE for entry in entries):
                more, problems = self._rules(folder)
                rules = [*rules, *more]
                for problem in problems:
                    yield self._found(f"{folder}/{IGNORE_FILE}".lstrip("/"), problem)
            folders: list[tuple[str, list[IgnoreRule]]] = []
            for entry in entries:
                place = f"{folder}/{entry.name}" if folder else entry.name
                is_folder = _is_folder(entry)
                if entry.name == IGNORE_FILE or is_ignored(place, rules, is_folder=is_folder):
                    continue
                if not is_folder:
                    if place.rpartition(".")[2] in ("py", "zip"):
                        yield self._found(place)
                elif (real := os.path.realpath(entry.path)) in entered:
                    yield self._found(place, "the link leads to a folder that was already read, so it is skipped")
                else:
                    entered.add(real)
                    folders.append((place, rules))
            todo += reversed(folders)

    def _found(self, place: str, problem: str = "") -> FoundFile:
        return FoundFile(str(self.top / place), place, self.top, problem)

    def _rules(self, folder: str) -> tuple[list[IgnoreRule], list[str]]:
        try:
            text = (self.top / folder / IGNORE_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError as exc:
            return [], [f"the ignore file can't be read ({exc.strerror}), so no DAG file is ignored"]
        return read_ignore_rules(text, folder, self.syntax)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _read(found: FoundFile, neighbours: Neighbours) -> DagFile:
    path = found.path
    if found.problem:
        return _refused(path, found.problem, found.place)
    if path.endswith(".zip"):
        return _refused(path, "DAGs in a zip file are not read; unpack the file and pass the folder", found.place)
    try:
        data = read_source(path)
    except OSError as exc:
        return _refused(path, f"the file can't be read ({exc.strerror or 'not a file'})", found.place)
    except DagFileError as exc:
        return _refused(path, str(exc), found.place)
    return read_dag_source(data, path, place=found.place, full_path=str(Path(path).absolute()), neighbours=neighbours)


def _refused(path: str, why: str, place: str) -> DagFile:
    return DagFile(path, problems=(Problem(path, why),), place=place)
