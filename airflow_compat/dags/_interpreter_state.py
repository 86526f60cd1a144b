"""Restores what a DAG file has changed in the interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ._finder import restore_modules
from ._imports import Imports


@contextmanager
def restored(imports: Imports) -> Iterator[None]:
    """Restore `sys.modules`, `sys.path` and the working directory after the file has run."""
    modules, before = sys.modules, sys.modules.copy()
    folder = _working_directory()
    try:
        yield
    finally:
        sys.modules = modules
        # The modules that this file has imported stay in `sys.modules`, and replace those of an earlier load.
        restore_modules(before, but=imports.owns)
        imports.keep_path()
        if folder and folder != _working_directory():
            os.chdir(folder)


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""
