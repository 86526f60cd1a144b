"""Airflow's templates: `render()` fills in what an operator's templated field holds.

Jinja2 does it, with Airflow's settings, filters and macros. Templates are compiled once and kept.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from . import macros
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._templates.environment import build_environment, run, values_of
from ._templates.errors import InvalidTemplateError, TemplateFileNotFoundError, invalid_template

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["InvalidTemplateError", "LiteralValue", "TemplateFileNotFoundError", "literal", "render"]

_NEWLINE = re.compile(r"\r\n?")


@dataclass(frozen=True)
class LiteralValue:
    """What `literal` gives: `render` gives its value back as it is."""

    value: Any


def literal(value: Any) -> LiteralValue:
    """Keep a value from being rendered, as Airflow's own `literal` does.

    Args:
        value: Any value: text with braces in it, or with a file's name at its end.
    """
    return LiteralValue(value)


def render(
    value: Any,
    context: Mapping[str, Any],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
    template_ext: Sequence[str] = (),
    native: bool = False,
    user_defined_macros: Mapping[str, Any] | None = None,
    user_defined_filters: Mapping[str, Callable[..., Any]] | None = None,
    jinja_environment_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Render a value as Airflow renders a templated field.

    Texts are templates. Lists, tuples, sets and the values of dicts are rendered at any depth, into new ones; the keys
    of dicts are not. An object with `template_fields` is copied, and the fields are rendered in the copy. Anything else
    is given back as it is.

    The context is asked for a name only when a template has it. A name that neither the context nor Airflow's filters
    and macros have is an error. An error of the context's own reaches the caller.

    Args:
        value: The value of a templated field.
        context: What the names in templates stand for: Airflow's context, or any mapping.
        airflow_version: Both versions render alike. It tells which names belong to the other version, so that the error
            about one says what to write.
        search_path: The folders of template files, as a DAG's folder and its `template_searchpath`; also for
            `{% include %}`.
        template_ext: A text that ends with one of these is the name of a file in `search_path`, as with an operator's
            `template_ext`: `(".sql",)`.
        native: Whether a template gives a Python value instead of text, as `render_template_as_native_obj`. As in
            Airflow there is no sandbox then.
        user_defined_macros: More names, as of a DAG. The context goes before them.
        user_defined_filters: More filters, as of a DAG.
        jinja_environment_kwargs: Options of Jinja2's `Environment`, as of a DAG.

    Raises:
        InvalidTemplateError: A template can't be parsed. Also a `jinja2.TemplateSyntaxError`.
        TemplateFileNotFoundError: A template's file is in none of the folders. Also a `jinja2.TemplateNotFound`.
        jinja2.UndefinedError: A template has a name or an attribute that there isn't.
        jinja2.exceptions.SecurityError: A template reads what the sandbox keeps from it, such as `__class__`.
        UnsupportedFeatureError: The context has no counterpart for a name of Airflow's.

    Example:
        ```python
        from airflow_compat import templates

        templates.render("DELETE FROM sales WHERE day = '{{ ds }}'", {"ds": "2024-03-05"})
        ```
    """
    # Most texts of a DAG are no templates; they need no environment.
    fixed = not (native or template_ext or jinja_environment_kwargs)
    if fixed and value.__class__ is str and _is_literal(value):
        return _as_read(value)
    environment = _environment(
        airflow_version,
        native=native,
        search_path=_folders(search_path) if search_path else (),
        names=_Pinned(user_defined_macros) if user_defined_macros else None,
        filters=_Pinned(user_defined_filters) if user_defined_filters else None,
        options=_Pinned(jinja_environment_kwargs) if jinja_environment_kwargs else None,
    )
    endings = (template_ext,) if isinstance(template_ext, str) else tuple(template_ext)
    return _Rendering(environment, values_of(context), endings, fixed).value(value)


class _Rendering:
    """One call of `render`, on its way through the value."""

    __slots__ = ("_endings", "_environment", "_fixed", "_inside", "_values")

    def __init__(self, environment: Environment, values: dict[str, Any], endings: tuple[str, ...], fixed: bool) -> None:
        self._environment = environment
        self._values = values
        self._endings = endings
        self._fixed = fixed
        self._inside: list[Any] = []

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, tuple):
            rendered = tuple(self.value(inner) for inner in value)
            return rendered if value.__class__ is tuple else value.__class__(*rendered)
        if isinstance(value, (list, set)):
            kind = list if isinstance(value, list) else set
            return kind(self.value(inner) for inner in value)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, LiteralValue):
            return value.value
        return self._object(value)

    def _text(self, text: str) -> Any:
        is_file = bool(self._endings) and text.endswith(self._endings)
        if self._fixed and not is_file and _is_literal(text):
            return _as_read(text)
        try:
            template = self._environment.get_template(text) if is_file else _compiled(self._environment, text)
            return run(template, self._values)
        except TemplateSyntaxError as error:
            if isinstance(error, InvalidTemplateError):
                raise
            invalid = invalid_template(text, error)
        raise invalid

    def _object(self, value: Any) -> Any:
        fields = () if isinstance(value, type) else getattr(value, "template_fields", ())
        if not fields or any(value is other for other in self._inside):
            return value
        # Airflow renders in place, in a process for one run; here the next run would find the first one's text.
        rendered = copy.copy(value)
        self._inside.append(value)
        for name in fields:
            setattr(rendered, name, self.value(getattr(value, name)))
        self._inside.pop()
        return rendered


class _Pinned:
    """A mapping as a key of a cache: equal to one that has the same objects under the same names."""

    __slots__ = ("_identity", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        # It holds the objects, so that no other can get the id of one while it is kept.
        self.values = dict(values)
        self._identity = tuple(sorted((name, id(value)) for name, value in self.values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pinned) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


@lru_cache(maxsize=32)
def _environment(
    airflow_version: AirflowVersion,
    *,
    native: bool,
    search_path: tuple[str, ...],
    names: _Pinned | None,
    filters: _Pinned | None,
    options: _Pinned | None,
) -> Environment:
    return build_environment(
        airflow_version,
        native=native,
        search_path=search_path,
        names={"macros": macros, **(names.values if names else {})},
        filters=filters.values if filters else {},
        options=options.values if options else {},
    )


@lru_cache(maxsize=512)
def _compiled(environment: Environment, text: str) -> Template:
    return environment.from_string(text)


def _folders(search_path: str | PathLike[str] | Sequence[str | PathLike[str]]) -> tuple[str, ...]:
    paths = (search_path,) if isinstance(search_path, (str, PathLike)) else search_path
    return tuple(os.fspath(path) for path in paths)


def _is_literal(text: str) -> bool:
    return "{" not in text or ("{{" not in text and "{%" not in text and "{#" not in text)


def _as_read(text: str) -> str:
    """What Jinja2 makes of a text without a template: newlines of one kind, and none at the end."""
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    return text.removesuffix("\n")
