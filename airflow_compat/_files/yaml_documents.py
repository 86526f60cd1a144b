"""YAML that a user writes: a list of documents, each with the line that it begins in, by PyYAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import AirflowCompatError


def yaml_documents(path: Path, data: bytes, key: str, error: type[AirflowCompatError]) -> Iterator[tuple[int, Any]]:
    """Each document of a file, as plain data, and the line that it begins in: one, a list, or a list below `key`.

    Args:
        path: The file, for messages.
        data: What it holds.
        key: What the list may stand below.
        error: What is raised for what is no such YAML; the message names the line.
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
        problem = f"{where}: not YAML, or more than one document of plain data: {exc.problem}; mend it there"
    except yaml.YAMLError:
        problem = f"{path}: not text that YAML allows; check the file"
    except RecursionError:
        problem = f"{path}: nested too deeply; check the file"
    except ValueError:
        problem = f"{path}: a date or number in it is none; put it in quotes"
    raise error(problem)


class _UnusableError(Exception):
    """YAML, but not of this form; its text is for the user."""


def _listed(node: Any, path: Path, key: str) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        keys = {name.value: value for name, value in node.value if isinstance(name, yaml.ScalarNode)}
        if key not in keys:
            return [node]
        if others := sorted(set(keys) - {key}):
            raise _UnusableError(f"{path}: {others[0]} stands beside {key}; leave it out, or move it below")
        node = keys[key]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return []
    raise _UnusableError(f"{path}, line {node.start_mark.line + 1}: {key} are no list; begin each with `-`")


def _check(node: Any, path: Path, above: tuple[Any, ...], checked: set[int]) -> None:
    """Refuse what PyYAML lets pass: a key that is there twice, of which the last would count, and an endless loop."""
    if any(node is each for each in above):
        raise _UnusableError(f"{path}, line {node.start_mark.line + 1}: it contains itself; write it without the alias")
    if id(node) in checked:
        return
    if isinstance(node, yaml.MappingNode):
        keys: set[Any] = set()
        for key, value in node.value:
            where = f"{path}, line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise _UnusableError(f"{where}: a name in it is no text; check the file")
            if key.value in keys:
                raise _UnusableError(f"{where}: {key.value!r} is there twice; leave one of them out")
            keys.add(key.value)
            _check(value, path, (*above, node), checked)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _check(each, path, (*above, node), checked)
    checked.add(id(node))
