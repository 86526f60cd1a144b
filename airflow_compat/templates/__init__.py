"""Airflow's templates: `render()` renders the value of an operator's templated field.

`render` uses Jinja2 with Airflow's settings, filters and macros, and caches compiled templates.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from .. import macros
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._errors import InvalidTemplateError, TemplateFileNotFoundError, invalid_template
from ._jinja import build_environment, run, values_of

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["InvalidTemplateError", "LiteralValue", "TemplateFileNotFoundError", "literal", "render"]


@dataclass(frozen=True)
class LiteralValue:
    """A value that `render` returns unchanged; see `literal`."""

    value: Any


def literal(value: Any) -> LiteralValue:
    """Protect a value from rendering, as Airflow's own `literal` does.

    Args:
        value: Any value, such as text with braces, or text that ends like the name of a template file.
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

    Strings are templates. Lists, tuples, sets and the values of dicts are rendered at any depth into new objects; keys
    of dicts stay unchanged. An object with `template_fields` is copied, and these fields are rendered in the copy.
    Other values are returned unchanged.

    Names are looked up when a template uses them: first in the context, then among the macros. Unknown names raise an
    error. Errors that the context raises are not caught.

    Args:
        value: The value of a templated field.
        context: Airflow's context, or any mapping of names to values.
        airflow_version: Selects the error message for names that only the other version has. Both versions render
            alike.
        search_path: The folders of template files: the DAG's folder and its `template_searchpath`.
        template_ext: Endings of the names of template files, as an operator's `template_ext`: `(".sql",)`.
        native: Return Python values, like `render_template_as_native_obj`. As in Airflow, this option disables the
            sandbox.
        user_defined_macros: The DAG's additional names for templates. The context's names take precedence over these
            names.
        user_defined_filters: The DAG's additional filters.
        jinja_environment_kwargs: The DAG's options for Jinja2's `Environment`.

    Raises:
        InvalidTemplateError: A template can't be parsed. The error is also a `jinja2.TemplateSyntaxError`.
        TemplateFileNotFoundError: No folder has the template file. The error is also a `jinja2.TemplateNotFound`.
        jinja2.UndefinedError: A name or attribute is undefined.
        jinja2.exceptions.SecurityError: A template reads a forbidden attribute, such as `__class__`.
        UnsupportedFeatureError: An Airflow name has no counterpart.

    Example:
        ```python
        from airflow_compat import templates

        templates.render("DELETE FROM sales WHERE day = '{{ ds }}'", {"ds": "2024-03-05"})
        ```
    """
    # Most strings of a DAG are not templates and need no environment.
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


@dataclass(slots=True, eq=False, repr=False)
class _Rendering:
    """The state of one call of `render`."""

    _environment: Environment
    _values: dict[str, Any]
    _endings: tuple[str, ...]
    _fixed: bool
    _inside: list[Any] = field(default_factory=list)

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
        # In Airflow, each run has its own process, which renders the object itself. Here, several runs share the
        # object, so copy it.
        rendered = copy.copy(value)
        self._inside.append(value)
        for name in fields:
            setattr(rendered, name, self.value(getattr(value, name)))
        self._inside.pop()
        return rendered


class _Pinned:
    """A mapping as a cache key: equal to a mapping with the same objects under the same names."""

    __slots__ = ("_identity", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        # Keeping the objects alive makes sure that no new object reuses an id.
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
    """Return a text without templates as Jinja2 renders it: with one kind of newline, and without the final newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
