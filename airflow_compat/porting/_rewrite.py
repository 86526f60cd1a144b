"""Rewrite files: find them, apply the rules, write the changed ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from .._dag_source.files import path_of
from .._dag_source.module_files import read_source
from ..errors import DagFileError, RewriteError
from ._git import uncommitted
from ._python_files import python_files
from ._rewrite_file import FileRewrite, rewrite_file
from ._rule import Finding, Rule
from ._rules import chosen_rules


@dataclass(frozen=True)
class Rewrite:
    """The files after the rules were applied. Nothing is written before `write()`.

    Attributes:
        files: The files that have a finding or a problem.
        waiting: The number of files whose edits were left for the next call, because of `max_changes`.
    """

    files: tuple[FileRewrite, ...]
    waiting: int
    _paths: tuple[Path, ...]

    @property
    def changed(self) -> tuple[FileRewrite, ...]:
        """The files with edits."""
        return tuple(each for each in self.files if each.is_changed)

    @property
    def fixed(self) -> tuple[Finding, ...]:
        """The findings that the edits fix."""
        return tuple(finding for each in self.files for finding in each.fixed)

    @property
    def left(self) -> tuple[Finding, ...]:
        """The findings without an edit."""
        return tuple(finding for each in self.files for finding in each.left)

    @property
    def diff(self) -> str:
        """All edits as a unified diff."""
        return "".join(each.diff for each in self.files)

    def write(self, *, force: bool = False) -> None:
        """Write the changed files.

        Args:
            force: Write the files even if git has uncommitted changes in the paths.

        Raises:
            RewriteError: Git has uncommitted changes, or a file changed since it was read.
        """
        if self.changed and not force and (found := uncommitted(self._paths)):
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise RewriteError(f"Git has uncommitted changes in {found[0]}{more}. Commit them, or pass --force")
        for each in self.changed:
            path = Path(each.path)
            if path.read_bytes() != each.before:
                raise RewriteError(f"{path} changed while it was rewritten. Run the command again")
            path.write_bytes(each.after)


def rewrite_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    select: Collection[str],
    ignore: Collection[str],
    unsafe: bool,
    max_changes: int | None,
) -> Rewrite:
    """See `airflow_compat.porting.rewrite`."""
    given = tuple(map(path_of, paths))
    rules = chosen_rules(select, ignore)
    files: list[FileRewrite] = []
    changed = waiting = 0
    for path in python_files(given):
        made = _rewritten(path, rules, unsafe=unsafe)
        if made is None:
            continue
        if made.is_changed and max_changes is not None and changed >= max_changes:
            waiting += 1
            continue
        changed += made.is_changed
        if made.is_changed or made.left or made.problem:
            files.append(made)
    return Rewrite(tuple(files), waiting, given)


def _rewritten(path: Path, rules: tuple[Rule, ...], *, unsafe: bool) -> FileRewrite | None:
    """Return the rewritten file; None if the file does not mention Airflow."""
    name = str(path)
    try:
        data = read_source(name)
    except OSError as exc:
        return FileRewrite(name, b"", b"", problem=f"the file can't be read ({exc.strerror or 'not a file'})")
    except DagFileError as exc:
        return FileRewrite(name, b"", b"", problem=str(exc))
    return rewrite_file(name, data, rules, unsafe=unsafe) if b"airflow" in data else None
