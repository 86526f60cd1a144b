"""Reads work pools from files: Python modules with work pools, or YAML or JSON with arguments of `recommend`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._files.object_files import objects_of_files, objects_of_yaml
from ..errors import WorkPoolFileError
from ._recommend import recommended_pool
from ._specs import WorkPoolSpec

_INPUTS = tuple(inspect.signature(recommended_pool).parameters)


def read_work_pools_files(files: Iterable[str]) -> tuple[WorkPoolSpec, ...]:
    """Read the work pools of files, in order and without duplicates.

    Raises:
        WorkPoolFileError: A file can't be read, raises an error, has no work pool, or has an invalid one.
    """
    return objects_of_files(
        files,
        WorkPoolSpec,
        _described,
        # JSON files are valid YAML.
        suffixes=(".yaml", ".yml", ".json"),
        forms="a Python module, or YAML or JSON",
        error=WorkPoolFileError,
        missing="the module has no work pool; assign the result of work_pools.recommend() to a variable",
    )


def _described(path: Path, data: bytes) -> list[WorkPoolSpec]:
    found = objects_of_yaml(
        path,
        data,
        _spec,
        key="work_pools",
        thing="a work pool",
        write=f"any of {', '.join(_INPUTS)}",
        error=WorkPoolFileError,
    )
    specs = [spec for _, _, spec in found]
    if not specs:
        raise WorkPoolFileError(f"{path} has no work pool. Add a list of pools under work_pools.")
    return specs


def _spec(document: Mapping[str, Any]) -> WorkPoolSpec:
    kinds: dict[str, type] = {"name": str, "executor": str, "queue": str, "concurrency_limit": int}
    for name, value in document.items():
        if name not in _INPUTS:
            raise WorkPoolFileError(f"{name} is not an argument of a work pool. Use any of {', '.join(_INPUTS)}.")
        kind = kinds.get(name, Mapping)
        if value is not None and not isinstance(value, kind):
            raise WorkPoolFileError(f"{name} is a {type(value).__name__}. Use {_WRITTEN[kind]}.")
    texts = {name: document.get(name) or "" for name in ("name", "executor", "queue")}
    return recommended_pool(**{**dict.fromkeys(_INPUTS), **document, **texts})


_WRITTEN: dict[type, str] = {str: "a text", int: "a whole number", Mapping: "a mapping of argument names and values"}
