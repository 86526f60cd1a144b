"""The text of a `prefect.yaml`, to and fro, with its comments, its order and its indents."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString
from yaml import SafeLoader

from ..errors import PrefectFileError

if TYPE_CHECKING:
    from ruamel.yaml.nodes import ScalarNode

_FIRST_ITEM = re.compile(r"^( *)deployments:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)-( +)", re.MULTILINE)

_COMMENTS = r"(?:[ \t]*(?:#[^\n]*)?\n)*"
_NOTHING = rf"{_COMMENTS}[ \t]*(?:#[^\n]*)?\Z"
# What stands before a document, or in place of one; ruamel has the comment behind `---`.
_HEAD = re.compile(rf"{_COMMENTS}---[ \t]*(?:#[^\n]*)?\n{_NOTHING}|{_NOTHING}|{_COMMENTS}---(?:[ \t]*\n|(?=[ \t]+#))")

_PLAIN = re.compile(r"\w[\w ./@+-]{0,30}")


def load_document(text: str, path: Path) -> CommentedMap:
    """The file's content, with what belongs to its looks; an empty mapping for a file without any.

    Raises:
        PrefectFileError: It is no YAML, or no mapping.
    """
    try:
        # Comments would have a \r at their ends.
        found = _yaml(text).load(text.replace("\r\n", "\n"))
    except MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        # Its first sentence; what follows quotes the file.
        why = str(exc.problem or "it can't be parsed").splitlines()[0].partition('"')[0].strip()
        raise PrefectFileError(f"{path}{line}: no YAML: {why}; repair it first") from None
    except YAMLError:
        raise PrefectFileError(f"{path}: no YAML; repair it first") from None
    except (RecursionError, ValueError):
        raise PrefectFileError(f"{path}: nested too deeply, or with a value that is none; repair it first") from None
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise PrefectFileError(f"{path}: no mapping with `deployments:` in it; repair it first")
    return found


def dump_document(document: CommentedMap, like: str) -> str:
    """The text of a document, with the head, the indents and the line ends of another text."""
    out = io.StringIO()
    plain_like = like.replace("\r\n", "\n")
    if head := _HEAD.match(plain_like):
        out.write(head[0])
        if head.end() == len(plain_like) and not head[0].endswith("\n"):
            out.write("\n" if head[0] else "")
    _yaml(plain_like).dump(document, out)
    return out.getvalue().replace("\n", "\r\n") if "\r\n" in like else out.getvalue()


def to_yaml_value(value: Any) -> Any:
    """Plain data as ruamel is to write it, so that Prefect, which reads YAML 1.1, finds the same."""
    match value:
        case str():
            return _text(value)
        case dict():
            return CommentedMap({_text(key, as_key=True): to_yaml_value(each) for key, each in value.items()})
        case list():
            items = CommentedSeq(to_yaml_value(each) for each in value)
            # In brackets YAML 1.1 reads some signs in another way.
            short = all(isinstance(each, int) or (isinstance(each, str) and _PLAIN.fullmatch(each)) for each in value)
            if short and len(str(value)) < 100:
                items.fa.set_flow_style()
            return items
        case float():
            return _Float(value)
    return value


def plain(value: Any) -> Any:
    """What ruamel read, as plain data, to be compared."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    for kind in (bool, str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _text(text: str, *, as_key: bool = False) -> Any:
    if "\n" in text and not as_key and _fits_a_block(text):
        return LiteralScalarString(text)
    if not text.isprintable() or _is_another_value(text):
        return DoubleQuotedScalarString(text)
    return text


def _fits_a_block(text: str) -> bool:
    """Whether a block has room for it as it is: no odd spaces, nothing unprintable, one line's end at most."""
    lines = text.removesuffix("\n").split("\n")
    return (
        lines[-1] != ""
        and not text.startswith((" ", "\n"))
        and all(line == line.rstrip() and line.isprintable() for line in lines)
    )


def _is_another_value(text: str) -> bool:
    """Whether YAML 1.1 would read the bare text as something else, such as `on` or `12:30`."""
    resolvers = [
        *SafeLoader.yaml_implicit_resolvers.get(text[:1], ()),
        *SafeLoader.yaml_implicit_resolvers.get(None, ()),
    ]
    return any(pattern.match(text) for _, pattern in resolvers)


class _Float(float):
    """A number that is written so that YAML 1.1 reads one, too."""


class _Representer(RoundTripRepresenter):
    def represent_number(self, number: _Float) -> ScalarNode:
        digits, _, exponent = float.__repr__(number).partition("e")
        point = "" if "." in digits else ".0"
        # 1.1 wants a point and a sign, which Python leaves out.
        text = f"{digits}{point}e{int(exponent):+03d}" if exponent else f"{digits}{point}"
        return self.represent_scalar("tag:yaml.org,2002:float", text)


_Representer.add_representer(_Float, _Representer.represent_number)


def _yaml(like: str) -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = 1 << 30
    found = _FIRST_ITEM.search(like)
    if found:
        offset = len(found[2]) - len(found[1])
        yaml.indent(mapping=2, sequence=offset + 1 + len(found[3]), offset=max(offset, 0))
    else:
        yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
