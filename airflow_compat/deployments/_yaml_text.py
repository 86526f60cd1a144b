"""Load and dump a `prefect.yaml`, and keep its comments, order and indentation."""

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
# The lines before the content of a document, or the whole text if the document is empty. ruamel itself keeps a comment
# after `---`.
_HEAD = re.compile(rf"{_COMMENTS}---[ \t]*(?:#[^\n]*)?\n{_NOTHING}|{_NOTHING}|{_COMMENTS}---(?:[ \t]*\n|(?=[ \t]+#))")

_PLAIN = re.compile(r"\w[\w ./@+-]{0,30}")


def load_document(text: str, path: Path) -> CommentedMap:
    """Return the content of a file together with its formatting; for an empty file, an empty mapping.

    Raises:
        PrefectFileError: The text isn't YAML, or its content isn't a mapping.
    """
    try:
        # In a text with \r\n, the comments that ruamel reads would end with \r.
        found = _yaml(text).load(text.replace("\r\n", "\n"))
    except MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        # The rest of ruamel's message may quote the file's content, so it is left out.
        why = str(exc.problem or "it can't be parsed").splitlines()[0].partition('"')[0].strip()
        raise PrefectFileError(f"{path}{line}: the file is not YAML: {why}. Correct the file first") from None
    except YAMLError:
        raise PrefectFileError(f"{path}: the file is not YAML. Correct the file first") from None
    except (RecursionError, ValueError):
        raise PrefectFileError(
            f"{path}: the file is nested too deeply, or has an invalid value. Correct the file first"
        ) from None
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise PrefectFileError(f"{path}: the file is not a mapping with `deployments:`. Correct the file first")
    return found


def dump_document(document: CommentedMap, like: str) -> str:
    """Return the text of a document. Use the lines before the content, the indentation and the line ends of `like`."""
    out = io.StringIO()
    plain_like = like.replace("\r\n", "\n")
    if head := _HEAD.match(plain_like):
        out.write(head[0])
        if head.end() == len(plain_like) and not head[0].endswith("\n"):
            out.write("\n" if head[0] else "")
    _yaml(plain_like).dump(document, out)
    return out.getvalue().replace("\n", "\r\n") if "\r\n" in like else out.getvalue()


def to_yaml_value(value: Any) -> Any:
    """Convert plain data for ruamel, so that Prefect's YAML 1.1 parser reads the same data."""
    match value:
        case str():
            return _text(value)
        case dict():
            return CommentedMap({_text(key, as_key=True): to_yaml_value(each) for key, each in value.items()})
        case list():
            items = CommentedSeq(to_yaml_value(each) for each in value)
            # In a list in brackets, YAML 1.1 interprets some characters differently.
            short = all(isinstance(each, int) or (isinstance(each, str) and _PLAIN.fullmatch(each)) for each in value)
            if short and len(str(value)) < 100:
                items.fa.set_flow_style()
            return items
        case float():
            return _Float(value)
    return value


def plain(value: Any) -> Any:
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
    return DoubleQuotedScalarString(text) if not text.isprintable() or _is_another_value(text) else text


def _fits_a_block(text: str) -> bool:
    """Return True if a block scalar can store the text without changing its spaces and line ends."""
    lines = text.removesuffix("\n").split("\n")
    return (
        lines[-1] != ""
        and not text.startswith((" ", "\n"))
        and all(line == line.rstrip() and line.isprintable() for line in lines)
    )


def _is_another_value(text: str) -> bool:
    """Return True if YAML 1.1 would read the text without quotes as another type, such as `on` or `12:30`."""
    resolvers = SafeLoader.yaml_implicit_resolvers
    return any(pattern.match(text) for sign in (text[:1], None) for _, pattern in resolvers.get(sign, ()))


class _Float(float):
    """A float that is written in the notation of YAML 1.1."""


class _Representer(RoundTripRepresenter):
    def represent_number(self, number: _Float) -> ScalarNode:
        digits, _, exponent = float.__repr__(number).partition("e")
        point = "" if "." in digits else ".0"
        # YAML 1.1 requires a decimal point and a sign of the exponent, which Python may leave out.
        text = f"{digits}{point}e{int(exponent):+03d}" if exponent else f"{digits}{point}"
        return self.represent_scalar("tag:yaml.org,2002:float", text)


_Representer.add_representer(_Float, _Representer.represent_number)


def _yaml(like: str) -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = 1 << 30
    if found := _FIRST_ITEM.search(like):
        offset = len(found[2]) - len(found[1])
        yaml.indent(mapping=2, sequence=offset + 1 + len(found[3]), offset=max(offset, 0))
    else:
        yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
