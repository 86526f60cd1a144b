"""Reads objects such as alerts from Python modules and YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..errors import AirflowCompatError
from .content import content
from .python_modules import objects_of_module
from .yaml_documents import yaml_documents

T = TypeVar("T")


def objects_of_files(
    files: Iterable[str],
    kind: type[T],
    described: Callable[[Path, bytes], list[T]],
    *,
    suffixes: tuple[str, ...],
    forms: str,
    error: type[AirflowCompatError],
    missing: str,
) -> tuple[T, ...]:
    """Return the objects of files, in order and without duplicates.

    Args:
        files: Paths of Python modules, and of files with a suffix in `suffixes`.
        kind: The objects' class.
        described: A function that reads the objects of a file with one of the `suffixes`.
        suffixes: The suffixes of supported files other than Python modules.
        forms: A description of the supported files, for messages.
        error: Raised for an unusable file.
        missing: The message if a Python module has no objects.
    """
    found: list[T] = []
    for path in map(Path, files):
        data = content(path, error)
        if path.suffix == ".py":
            objects = objects_of_module(path, data, kind, error=error, missing=missing)
        elif path.suffix in suffixes:
            objects = described(path, data)
        else:
            raise error(f"{path}: the file's name ends in none of {', '.join(['.py', *suffixes])}; pass {forms}")
        found += [each for each in objects if each not in found]
    return tuple(found)


def objects_of_yaml(
    path: Path,
    data: bytes,
    read: Callable[[Mapping[str, Any]], T],
    *,
    key: str,
    thing: str,
    write: str,
    error: type[AirflowCompatError],
) -> Iterator[tuple[int, str, T]]:
    """Yield each object of a YAML file, with its first line and with a text for messages that names its place.

    Args:
        path: The name of the file, for messages.
        data: The file's content.
        read: A function that makes an object from a document of the file.
        key: The key whose value is a list of objects.
        thing: The kind of object, such as `an alert`.
        write: A description of the expected content, for messages.
        error: Raised for an invalid document, with the line.
    """
    for line, document in yaml_documents(path, data, key, error):
        where = f"{path}, line {line}"
        if not isinstance(document, Mapping):
            raise error(f"{where}: found a {type(document).__name__} instead of {thing}; use a mapping with {write}")
        if isinstance(name := document.get("name"), str):
            where += f", {thing.partition(' ')[2]} {name!r}"
        try:
            found = read(document)
        except AirflowCompatError as exc:
            raise error(f"{where}: {exc}") from None
        yield line, where, found
