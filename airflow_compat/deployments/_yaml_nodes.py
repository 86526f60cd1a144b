"""The nodes of a YAML document: what each is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from .._airflow.dag_problems import Level
from .._specs import prefect_yaml_keys as keys

_BOOLS = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong at a node.

    Attributes:
        node: The node.
        message: What is wrong, and the next step.
        level: `error` or `warning`.
    """

    node: Any
    message: str
    level: Level = "error"


def tag(node: Any) -> str:
    """The name of a node's type, such as `str` or `map`."""
    return str(node.tag).rpartition(":")[2]


def is_null(node: Any) -> bool:
    """Return True for a null."""
    return tag(node) == "null"


def is_template(node: Any) -> bool:
    """Return True for a text with a placeholder in it."""
    return isinstance(node, yaml.ScalarNode) and "{{" in node.value


def fits(node: Any, kind: str) -> bool:
    """Return True if Prefect takes the node for a value of this kind. It reads texts as numbers and booleans, too."""
    if isinstance(node, yaml.ScalarNode):
        is_text = tag(node) == "str"
        is_bool = tag(node) == "bool" or node.value.lower() in _BOOLS
        is_whole = tag(node) == "int" or node.value.strip().lstrip("+-").isdigit()
        of_scalars = {
            keys.TEXT: is_text,
            keys.TEXTS: is_text,
            keys.BOOL: is_bool,
            keys.SWITCH: is_text or is_bool,
            keys.WHOLE: is_whole,
        }
        return of_scalars.get(kind, kind == keys.ANY)
    shapes: dict[str, Any] = {
        keys.LIST: yaml.SequenceNode,
        keys.TEXTS: yaml.SequenceNode,
        keys.MAPPING: yaml.MappingNode,
        keys.STEPS: (yaml.SequenceNode, yaml.MappingNode),
        keys.ANY: yaml.Node,
    }
    return kind in shapes and isinstance(node, shapes[kind])


def kind_of(node: Any) -> str:
    """What a node is, in words."""
    words = {"map": "a mapping", "seq": "a list", "str": "a text", "int": "a whole number", "bool": "true or false"}
    return words.get(tag(node), f"a {tag(node)}")


def entries(node: Any) -> dict[str, Any]:
    """The values of a mapping by their keys; empty for anything else."""
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def texts(node: Any) -> list[Any]:
    """All scalars in a node, but for the keys of mappings. One that several aliases stand for is there once."""
    found, seen, todo = [], set(), [node]
    while todo:
        each = todo.pop()
        if each is None or each in seen:
            continue
        seen.add(each)
        if isinstance(each, yaml.ScalarNode):
            found.append(each)
        elif isinstance(each, yaml.SequenceNode):
            todo += reversed(each.value)
        elif isinstance(each, yaml.MappingNode):
            todo += [value for _, value in reversed(each.value)]
    return found
