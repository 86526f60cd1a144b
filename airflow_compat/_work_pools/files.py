"""Files of work pools: Python modules that make them, and YAML or JSON of what `recommend` is given."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._files.content import content
from .._files.python_modules import objects_of_module
from .._files.yaml_documents import yaml_documents
from .._specs.work_pool_recommendation import recommended_pool
from .._specs.work_pools import WorkPoolSpec
from ..errors import AirflowCompatError, WorkPoolFileError

_INPUTS = tuple(inspect.signature(recommended_pool).parameters)


def read_work_pools_files(files: Iterable[str]) -> tuple[WorkPoolSpec, ...]:
    """The work pools of files, in their order. One that several of them have, as by an import, is there once.

    Args:
        files: Paths that end in `.py`, `.yaml`, `.yml` or `.json`.

    Raises:
        WorkPoolFileError: A file can't be read, raises, holds no work pool, or holds what is none.
    """
    found: list[WorkPoolSpec] = []
    for file in files:
        found += [spec for spec in _read(Path(file)) if spec not in found]
    return tuple(found)


def _read(path: Path) -> list[WorkPoolSpec]:
    data = content(path, WorkPoolFileError)
    if path.suffix == ".py":
        missing = "there is no work pool in it; keep what work_pools.recommend() returns in a variable"
        return objects_of_module(path, data, WorkPoolSpec, error=WorkPoolFileError, missing=missing)
    # JSON is YAML, too.
    if path.suffix in (".yaml", ".yml", ".json"):
        return _described(path, data)
    raise WorkPoolFileError(
        f"{path}: its name ends in none of .py, .yaml, .yml, .json; give a Python module, or YAML or JSON"
    )


def _described(path: Path, data: bytes) -> list[WorkPoolSpec]:
    specs = []
    for line, document in yaml_documents(path, data, "work_pools", WorkPoolFileError):
        where = f"{path}, line {line}"
        if not isinstance(document, Mapping):
            kind = type(document).__name__
            raise WorkPoolFileError(f"{where}: a {kind} stands for a work pool; write any of {', '.join(_INPUTS)}")
        if isinstance(name := document.get("name"), str):
            where += f", work pool {name!r}"
        try:
            specs.append(_spec(document))
        except AirflowCompatError as error:
            raise WorkPoolFileError(f"{where}: {error}") from None
    if not specs:
        raise WorkPoolFileError(f"{path}: there is no work pool in it; write a list of them below work_pools")
    return specs


def _spec(document: Mapping[str, Any]) -> WorkPoolSpec:
    kinds: dict[str, type] = {"name": str, "executor": str, "queue": str, "concurrency_limit": int}
    for name, value in document.items():
        if name not in _INPUTS:
            raise WorkPoolFileError(f"{name} says nothing of a work pool; write any of {', '.join(_INPUTS)}")
        kind = kinds.get(name, Mapping)
        if value is not None and not isinstance(value, kind):
            raise WorkPoolFileError(f"{name} is a {type(value).__name__}; write {_WRITTEN[kind]}")
    return recommended_pool(
        document.get("name") or "",
        executor=document.get("executor") or "",
        queue=document.get("queue") or "",
        kubernetes_pod_operator=document.get("kubernetes_pod_operator"),
        docker_operator=document.get("docker_operator"),
        executor_config=document.get("executor_config"),
        concurrency_limit=document.get("concurrency_limit"),
    )


_WRITTEN: dict[type, str] = {str: "a text", int: "a whole number", Mapping: "its arguments by their names"}
