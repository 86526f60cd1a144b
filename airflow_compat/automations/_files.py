"""Reads alerts from files, which are either Python modules that define alerts or YAML files in Prefect's format."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from .._files.object_files import objects_of_files
from ..errors import AlertFileError
from ._specs import AutomationSpec


def read_alerts(files: Iterable[str], *, owner: str) -> tuple[AutomationSpec, ...]:
    """Read the alerts of files, in order and without duplicates.

    Raises:
        AlertFileError: A file can't be read, raises an error, contains no alert, or contains an invalid alert.
    """
    from ._yaml import specs_of_yaml

    return objects_of_files(
        files,
        AutomationSpec,
        partial(specs_of_yaml, owner=owner),
        suffixes=(".yaml", ".yml"),
        forms="a Python module or a YAML file",
        error=AlertFileError,
        missing="the module has no alert; assign the result of automations.on_failure() or another builder to a "
        "variable",
    )
