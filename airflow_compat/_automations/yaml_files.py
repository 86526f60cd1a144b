"""Prefect's YAML of automations: read and written as `prefect automation create --from-file` has it, by PyYAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .._specs.automation_plan import AutomationItem
from .._specs.automations import AutomationSpec
from ..errors import AirflowCompatError, AlertFileError
from .documents import documents_from_items, spec_from_document


def specs_of_yaml(path: Path, data: bytes, *, owner: str) -> list[AutomationSpec]:
    """The automations of a file: one, a list of them, or a list below `automations`.

    Raises:
        AlertFileError: It is no YAML, or what it holds is no automation; the message names the line and the field.
    """
    specs: list[AutomationSpec] = []
    lines: dict[str, int] = {}
    for line, document in _documents(path, data):
        where = f"{path}, line {line}"
        if not isinstance(document, Mapping):
            kind = type(document).__name__
            raise AlertFileError(f"{where}: a {kind} stands for an automation; write its name, trigger and actions")
        if isinstance(name := document.get("name"), str):
            where += f", automation {name!r}"
        try:
            spec = spec_from_document(document, owner=owner)
        except AirflowCompatError as error:
            raise AlertFileError(f"{where}: {error}") from None
        if spec.key in lines:
            raise AlertFileError(f"{where}: the one of line {lines[spec.key]} has its key, too; give each a `key:`")
        lines[spec.key] = line
        specs.append(spec)
    if not specs:
        raise AlertFileError(f"{path}: there is no automation in it; write one as for `prefect automation create`")
    return specs


def to_yaml(items: tuple[AutomationItem, ...]) -> str:
    """A file of what a plan's items are to be."""
    # Sets of labels are one object in several places; a reader wants to see each.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    dumper.add_representer(str, _text)
    content = {"automations": documents_from_items(items)}
    return str(yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf")))


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _documents(path: Path, data: bytes) -> Iterator[tuple[int, Any]]:
    """Each automation, as plain data, and the line that it begins in."""
    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if node is not None:
            _check(node, path, (), set())
        for each in _automations(node, path):
            yield each.start_mark.line + 1, loader.construct_document(each)
        return
    except yaml.MarkedYAMLError as exc:
        where = f"{path}, line {exc.problem_mark.line + 1}" if exc.problem_mark else str(path)
        problem = f"{where}: not YAML, or more than one document of plain data: {exc.problem}; mend it there"
    except yaml.YAMLError:
        problem = f"{path}: not text that YAML allows; check the file"
    except RecursionError:
        problem = f"{path}: nested too deeply; check the file"
    except ValueError as exc:
        if isinstance(exc, AlertFileError):
            raise
        problem = f"{path}: a date or number in it is none; put it in quotes"
    raise AlertFileError(problem)


def _automations(node: Any, path: Path) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        if "automations" not in keys:
            return [node]
        if others := sorted(set(keys) - {"automations"}):
            raise AlertFileError(f"{path}: {others[0]} stands beside automations; leave it out, or move it below")
        node = keys["automations"]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return []
    raise AlertFileError(f"{path}, line {node.start_mark.line + 1}: automations are no list; begin each with `-`")


def _check(node: Any, path: Path, above: tuple[Any, ...], checked: set[int]) -> None:
    """Refuse what PyYAML lets pass: a key that is there twice, of which the last would count, and an endless loop."""
    if any(node is each for each in above):
        raise AlertFileError(f"{path}, line {node.start_mark.line + 1}: it contains itself; write it without the alias")
    if id(node) in checked:
        return
    if isinstance(node, yaml.MappingNode):
        keys: set[Any] = set()
        for key, value in node.value:
            where = f"{path}, line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise AlertFileError(f"{where}: a name in it is no text; check the file")
            if key.value in keys:
                raise AlertFileError(f"{where}: {key.value!r} is there twice; leave one of them out")
            keys.add(key.value)
            _check(value, path, (*above, node), checked)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _check(each, path, (*above, node), checked)
    checked.add(id(node))
