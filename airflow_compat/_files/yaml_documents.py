"""Reads the documents of a user's YAML file, with their line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import AirflowCompatError


def yaml_documents(path: Path, data: bytes, key: str, error: type[AirflowCompatError]) -> Iterator[tuple[int, Any]]:
    """Yield the first line and the data of each document: of the whole file, or of each entry of the list in it.

    Args:
        path: The file, for messages.
        data: The file's content.
        key: The key whose value is a list of documents.
        error: Raised for unusable YAML, with the line.
    """
    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if node is not None:
            _check(node, path, (), set())
        for each in _listed(node, path, key):
            yield each.start_mark.line + 1, loader.construct_document(each)
        return
    except _UnusableError as exc:
        problem = str(exc)
    except yaml.MarkedYAMLError as exc:
        where = f"{path}, line {exc.problem_mark.line + 1}" if exc.problem_mark else str(path)
        problem = f"{where}: the file is not one YAML document of plain data: {exc.problem}; correct the file"
    except yaml.YAMLError:
        problem = f"{path}: the file is not text that YAML allows; check its characters"
    except RecursionError:
        problem = f"{path}: the file is nested too deeply; check its content"
    except ValueError:
        problem = f"{path}: a date or number in the file is invalid; put the value in quotes"
    raise error(problem)


class _UnusableError(Exception):
    """The YAML is not usable. The text is a message for the user."""


def _listed(node: Any, path: Path, key: str) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        keys = {name.value: value for name, value in node.value if isinstance(name, yaml.ScalarNode)}
        if key not in keys:
            return [node]
        if others := sorted(set(keys) - {key}):
            raise _UnusableError(
                f"{path}: the key {others[0]} can't be next to {key}; remove {others[0]}, or move it below {key}"
            )
        node = keys[key]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return []
    raise _UnusableError(f"{path}, line {node.start_mark.line + 1}: {key} is not a list; start each entry with `-`")


def _check(node: Any, path: Path, above: tuple[Any, ...], checked: set[int]) -> None:
    """Refuse two things that PyYAML accepts: duplicate keys, and nodes that contain themselves by an alias."""
    if any(node is each for each in above):
        raise _UnusableError(
            f"{path}, line {node.start_mark.line + 1}: an alias makes the value contain itself; remove the alias"
        )
    if id(node) in checked:
        return
    if isinstance(node, yaml.MappingNode):
        keys: set[Any] = set()
        for key, value in node.value:
            where = f"{path}, line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise _UnusableError(f"{where}: a key is not text; put the key in quotes")
            if key.value in keys:
                raise _UnusableError(f"{where}: the key {key.value!r} appears twice; remove one of the two")
            keys.add(key.value)
            _check(value, path, (*above, node), checked)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _check(each, path, (*above, node), checked)
    checked.add(id(node))
