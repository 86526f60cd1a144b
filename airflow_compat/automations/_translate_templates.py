"""Replaces the Airflow names in Jinja templates with Prefect's expressions.

Jinja's parser finds the names, and Jinja's lexer finds their positions. The rest of each template stays unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import jinja2
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from .._airflow.names import variable_name
from ..errors import UnsupportedFeatureError
from ..templates._errors import invalid_template
from ._template_names import PREFECT_NAMES, TemplateNames

# The filters that only Prefect has, and the methods that replace Airflow's filters.
_PREFECT_FILTERS = ("flow_run_id", "ui_resource_events_url", "ui_url")
_DATE_FILTERS = {
    "ds": "strftime('%Y-%m-%d')",
    "ds_nodash": "strftime('%Y%m%d')",
    "ts": "isoformat()",
    "ts_nodash": "strftime('%Y%m%dT%H%M%S')",
    "ts_nodash_with_tz": "strftime('%Y%m%dT%H%M%S%z')",
}
_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_VARIABLES = ("var.value", "var.json")


@dataclass
class _Token:
    kind: str
    text: str
    inside: bool


def translate(text: str, to: TemplateNames) -> str:
    """Return the template that Prefect's server renders.

    Raises:
        InvalidTemplateError: The text has a syntax error.
        UnsupportedFeatureError: The text uses a name or filter that the server doesn't have.
    """
    if "{" not in text:
        return text
    tree = check(text)
    _refuse_what_the_server_lacks(tree)
    return _Translation(list(_tokens(text)), _free_names(tree), to).text()


def check(text: str) -> nodes.Template:
    """Check the syntax of a Prefect template, and return the template's syntax tree.

    Raises:
        InvalidTemplateError: The text has a syntax error.
    """
    try:
        return _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        problem = invalid_template(text, error)
    raise problem


@dataclass(frozen=True)
class _Translation:
    _tokens: list[_Token]
    _free: set[str]
    _to: TemplateNames

    def text(self) -> str:
        out: list[str] = []
        position = 0
        while position < len(self._tokens):
            token = self._tokens[position]
            if token.inside and token.text == "|":
                position = self._filter(position, out)
            elif token.inside and token.kind == "name" and self._is_free(position):
                position = self._name(position, out)
            else:
                out.append(token.text)
                position += 1
        return "".join(out)

    def _is_free(self, position: int) -> bool:
        """Return True for a token that begins a name which the template doesn't define itself."""
        if self._tokens[position].text not in self._free:
            return False
        before, after = self._near(position, -1), self._near(position, 1)
        # A name is not translated if it is an attribute, a test, an argument or an assigned variable.
        return before not in (".", "is") and not (after == "=" and before in ("(", ","))

    def _name(self, position: int, out: list[str]) -> int:
        """Append the expression that replaces a name, and return the position after the name."""
        parts = [(self._tokens[position].text, position)]
        while self._near(parts[-1][1], 1) == ".":
            attribute = self._after(self._after(parts[-1][1]))
            if self._tokens[attribute].kind != "name":
                break
            parts.append((self._tokens[attribute].text, attribute))
        names = [name for name, _ in parts]
        if names[0] in PREFECT_NAMES:
            out.append(names[0])
            return position + 1
        if len(parts) > 2 and ".".join(names[:2]) in _VARIABLES:
            if names[2] == "get":
                raise _unsupported("var.value.get", "write var.value.NAME")
            out.append(f"variables[{variable_name(names[2])!r}]")
            return parts[2][1] + 1
        for length in range(len(parts), 0, -1):
            expression = self._to.expressions.get(".".join(names[:length]))
            if expression is not None:
                out.append(expression)
                return parts[length - 1][1] + 1
        raise self._refusal(names)

    def _filter(self, position: int, out: list[str]) -> int:
        name = self._after(position)
        method = _DATE_FILTERS.get(self._tokens[name].text)
        if method is None:
            out.append("|")
            return position + 1
        while out and out[-1].isspace():
            out.pop()
        out.append(f".{method}")
        return name + 1

    def _refusal(self, names: list[str]) -> UnsupportedFeatureError:
        name = ".".join(names[:2])
        other = self._to.reasons.get(names[0], "the server doesn't have it; leave it out")
        return _unsupported(name, self._to.reasons.get(name, other))

    def _near(self, position: int, step: int) -> str:
        neighbour = self._after(position, step)
        return self._tokens[neighbour].text if 0 <= neighbour < len(self._tokens) else ""

    def _after(self, position: int, step: int = 1) -> int:
        position += step
        while 0 <= position < len(self._tokens) and self._tokens[position].kind == "whitespace":
            position += step
        return position


def _tokens(text: str) -> Iterator[_Token]:
    inside = False
    for _, kind, value in _environment().lex(text):
        if kind in ("variable_begin", "block_begin"):
            inside = True
        elif kind in ("variable_end", "block_end"):
            inside = False
        yield _Token(kind, value, inside)


def _free_names(tree: nodes.Template) -> set[str]:
    free = find_undeclared_variables(tree) - set(jinja2.defaults.DEFAULT_NAMESPACE)
    if both := sorted(free & {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}):
        raise _unsupported(both[0], "the template defines a variable with the same name; rename that variable")
    return free


def _refuse_what_the_server_lacks(tree: nodes.Template) -> None:
    for node in tree.find_all(_FILES):
        raise _unsupported(
            type(node).__name__.lower(), "the server has no template files; put the file's text into the template"
        )
    for found in tree.find_all(nodes.Filter):
        if found.name not in _environment().filters:
            raise _unsupported(found.name, "the server has no such filter; leave the filter out")
        if found.name in _DATE_FILTERS and not isinstance(found.node, (nodes.Name, nodes.Getattr, nodes.Getitem)):
            raise _unsupported(found.name, "the filter can only follow a name, as in 'logical_date | ds'")


def _unsupported(name: str, reason: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(f"An alert's text can't use {name!r}: {reason}")


@cache
def _environment() -> jinja2.Environment:
    """Return a Jinja environment that parses as the server's does, with the same filters and tests."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - it renders nothing
    environment.filters.update(dict.fromkeys((*_PREFECT_FILTERS, *_DATE_FILTERS), str))
    return environment
