"""The DAG files below folders, as Airflow's scheduler finds them; read, and never run."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._airflow.dag_ignore import IgnoreRule, IgnoreSyntax, is_ignored, read_ignore_rules
from .._airflow.dag_problems import Problem
from .._airflow.dag_source import DagFile, read_dag_source
from .._airflow.source_modules import Neighbours
from ..errors import DagFileError
from .module_files import FolderModules, read_source

IGNORE_FILE = ".airflowignore"


@dataclass(frozen=True)
class FoundFile:
    """A file that may hold DAGs, or why it can't be looked at.

    Attributes:
        path: The file, as it was found.
        place: Its path from the folder on that was given; its name, where the file itself was given.
        top: The folder that was given; the file's own, where the file itself was given.
        problem: What is wrong with it; empty for nothing.
    """

    path: str
    place: str
    top: Path
    problem: str = ""


def read_files(paths: Iterable[str | os.PathLike[str]], *, syntax: IgnoreSyntax) -> tuple[DagFile, ...]:
    """Read all DAG files that the paths name, in the order of their names.

    Raises:
        DagFileError: One of the paths doesn't exist.
    """
    tops: dict[Path, Neighbours] = {}
    with rare_collections():
        return tuple(
            _read(found, tops.setdefault(found.top, Neighbours(FolderModules(found.top))))
            for found in _all_files(paths, syntax)
        )


@contextmanager
def rare_collections() -> Iterator[None]:
    """For work that makes so many objects that Python looks for garbage all the time, and leaves none behind."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 200_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _all_files(paths: Iterable[str | os.PathLike[str]], syntax: IgnoreSyntax) -> Iterator[FoundFile]:
    seen: set[str] = set()
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found: Iterable[FoundFile] = _Folder(path, syntax).files()
        elif path.exists() or path.is_symlink():
            found = (FoundFile(str(path), path.name, path.parent),)
        else:
            raise DagFileError(f"{path}: there is no such file or folder; give the folder that the DAG files are in")
        for each in found:
            real = os.path.realpath(each.path)
            if each.problem or real not in seen:
                seen.add(real)
                yield each


class _Folder:
    """One folder that was given."""

    def __init__(self, path: Path, syntax: IgnoreSyntax) -> None:
        self.top = path
        self.syntax = syntax

    def files(self) -> Iterator[FoundFile]:
        """The files in it, on a stack of our own; a folder that was there already, through a link, isn't entered."""
        todo: list[tuple[str, list[IgnoreRule]]] = [("", [])]
        entered = {os.path.realpath(self.top)}
        while todo:
            folder, rules = todo.pop()
            try:
                entries = sorted(os.scandir(self.top / folder), key=lambda entry: entry.name)
            except OSError as exc:
                yield self._found(folder, f"the folder can't be read ({exc.strerror})")
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
                    yield from self._file(place)
                    continue
                real = os.path.realpath(entry.path)
                if real in entered:
                    yield self._found(place, "a link leads to a folder that was read already; it isn't entered again")
                    continue
                entered.add(real)
                folders.append((place, rules))
            todo += reversed(folders)

    def _found(self, place: str, problem: str = "") -> FoundFile:
        return FoundFile(str(self.top / place), place, self.top, problem)

    def _file(self, place: str) -> Iterator[FoundFile]:
        suffix = place.rpartition(".")[2]
        if suffix in ("py", "zip"):
            yield self._found(place)

    def _rules(self, folder: str) -> tuple[list[IgnoreRule], list[str]]:
        try:
            text = (self.top / folder / IGNORE_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError as exc:
            return [], [f"it can't be read ({exc.strerror}), so nothing is ignored"]
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
        return _refused(path, "DAGs in a zip file aren't read; unpack it, and give the folder", found.place)
    try:
        data = read_source(path)
    except OSError as exc:
        return _refused(path, f"it can't be read ({exc.strerror or 'it is no file'})", found.place)
    except DagFileError as exc:
        return _refused(path, str(exc), found.place)
    full_path = str(Path(path).absolute())
    return read_dag_source(data, path, place=found.place, full_path=full_path, neighbours=neighbours)


def _refused(path: str, why: str, place: str) -> DagFile:
    return DagFile(path, problems=(Problem(path, why),), place=place)
