"""Asks git about changed files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path


def uncommitted(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return the changed and new files in these paths; none if git is missing or there is no repository."""
    found: dict[str, None] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        command = ["git", "-C", str(folder), "status", "--porcelain", "-z", "--untracked-files=all", "--"]
        try:
            done = subprocess.run(  # noqa: S603 - git, and paths behind `--`
                [*command, str(path.absolute())], capture_output=True, text=True, errors="replace", check=False
            )
        except FileNotFoundError:
            return ()
        found |= dict.fromkeys(entry[3:] for entry in done.stdout.split("\0") if entry[2:3] == " ")
    return tuple(found)
