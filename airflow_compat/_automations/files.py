"""Files of alerts: Python modules that make them, and Prefect's YAML."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .._files.content import content
from .._files.python_modules import objects_of_module
from .._specs.automations import AutomationSpec
from ..errors import AlertFileError


def read_alerts(files: Iterable[str], *, owner: str) -> tuple[AutomationSpec, ...]:
    """The alerts of files, in their order. One that several of them have, as by an import, is there once.

    Args:
        files: Paths that end in `.py`, `.yaml` or `.yml`.
        owner: Whose the alerts are to be.

    Raises:
        AlertFileError: A file can't be read, raises, holds no alert, or holds what is none.
    """
    found: list[AutomationSpec] = []
    for file in files:
        found += [spec for spec in _read(Path(file), owner) if spec not in found]
    return tuple(found)


def _read(path: Path, owner: str) -> list[AutomationSpec]:
    data = content(path, AlertFileError)
    if path.suffix == ".py":
        missing = "there is no alert in it; keep what automations.on_failure() and the others return in a variable"
        return objects_of_module(path, data, AutomationSpec, error=AlertFileError, missing=missing)
    if path.suffix in (".yaml", ".yml"):
        from .yaml_files import specs_of_yaml

        return specs_of_yaml(path, data, owner=owner)
    raise AlertFileError(f"{path}: its name ends in none of .py, .yaml, .yml; give a Python module or a YAML file")
