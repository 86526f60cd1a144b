"""Read the types and contents of YAML nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from .._dag_source.problems import Level
from . import _yaml_keys as keys

_BOOLS = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")


@dataclass(frozen=True)
class Finding:
    """A problem that was found in a YAML node."""

    node: Any
    message: str
    level: Level = "error"


def tag(node: Any) -> str:
    """Return the name of a node's type, such as `str` or `map`."""
    return str(node.tag).rpartition(":")[2]


def is_null(node: Any) -> bool:
    return tag(node) == "null"


def is_template(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and "{{" in node.value


def fits(node: Any, kind: str) -> bool:
    """Return True if Prefect accepts the node as a value of this type.

    Prefect also converts texts to numbers and booleans.
    """
    if isinstance(node, yaml.ScalarNode):
        is_text = tag(node) == "str"
        is_bool = tag(node) == "bool" or node.value.lower() in _BOOLS
        of_scalars = {
            keys.TEXT: is_text,
            keys.TEXTS: is_text,
            keys.BOOL: is_bool,
            keys.SWITCH: is_text or is_bool,
            keys.WHOLE: tag(node) == "int" or node.value.strip().lstrip("+-").isdigit(),
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
    words = {"map": "a mapping", "seq": "a list", "str": "a text", "int": "a whole number", "bool": "true or false"}
    return words.get(tag(node), f"a {tag(node)}")


def entries(node: Any) -> dict[str, Any]:
    """Return the value nodes of a mapping by key; empty if the node is not a mapping."""
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def texts(node: Any) -> list[Any]:
    """Return all scalar nodes inside a node, except keys of mappings.

    A scalar to which several aliases refer is listed once.
    """
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
