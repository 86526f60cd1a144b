"""Files of alerts: Python modules that make them, and Prefect's YAML."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .._specs.automations import AutomationSpec
from ..errors import AirflowCompatError, AlertFileError


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


def content(path: Path, error: type[AirflowCompatError]) -> bytes:
    """The bytes of a file.

    Args:
        path: The file.
        error: What is raised where it is missing, or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such file; check its name") from None
    except IsADirectoryError:
        raise error(f"{path}: a directory; give the files in it by name") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "its name can't be one"
        raise error(f"{path}: can't be read ({reason}); check its name and its permissions") from None


def _read(path: Path, owner: str) -> list[AutomationSpec]:
    data = content(path, AlertFileError)
    if path.suffix == ".py":
        from .python_files import specs_of_module

        return specs_of_module(path, data)
    if path.suffix in (".yaml", ".yml"):
        from .yaml_files import specs_of_yaml

        return specs_of_yaml(path, data, owner=owner)
    raise AlertFileError(f"{path}: its name ends in none of .py, .yaml, .yml; give a Python module or a YAML file")
