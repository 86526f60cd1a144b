"""The host's main module: makes a package from the source texts that the run sends, and runs the package's `main`.

The global variable `FILES` maps each module's name to its source text, and `s` is the socket to the run.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from typing import Any

PACKAGE = "airflow_compat_host"
FILES = globals().get("FILES", {})


class _Files(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            return importlib.util.spec_from_loader(name, self, is_package=name == PACKAGE)
        return None

    def is_package(self, name: str) -> bool:
        return name == PACKAGE

    def get_source(self, name: str) -> Any:
        return FILES.get(name[len(PACKAGE) + 1 :] or "__init__")


sys.meta_path.insert(0, _Files())
# Don't import modules from the working folder.
sys.path[:] = [folder for folder in sys.path if folder]
importlib.import_module(PACKAGE + ".process").main(globals()["s"])
