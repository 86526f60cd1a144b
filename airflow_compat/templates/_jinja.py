"""Jinja2's environment with Airflow's settings: strict, sandboxed, and with a lazy context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment, is_internal_attribute
from jinja2.utils import missing

from .._airflow.context_keys import DATE_FORMS
from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError
from ._errors import file_not_found
from ._undefined import undefined_class


def _but_none(to_text: Callable[[Any], str]) -> Callable[[Any], str | None]:
    return lambda value: None if value is None else to_text(value)


# Airflow's date filters; each returns None for None. Examples for one moment:
# 2024-03-05, 20240305, 2024-03-05T06:07:08+00:00, 20240305T060708 and 20240305T060708+0000.
_FILTERS: dict[str, Callable[..., Any]] = {name: _but_none(to_text) for name, to_text in DATE_FORMS.items()}

# The key of the context in Jinja2's dict of values. Templates can't use this name, because it contains a space.
_VALUES = " values"


class _Values:
    """The caller's mapping, without a repr, so that a traceback with locals does not show its values."""

    __slots__ = ("mapping",)

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self.mapping = mapping


class LazyContext(Context):
    """Jinja2's context that reads a name from the mapping only when the template uses it.

    Jinja2 copies its dict of values for loops, blocks and includes, so the mapping is one entry of that dict.
    """

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name.

        Errors of airflow_compat reach the caller; names that are missing for other reasons are undefined.
        """
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        if _VALUES in self.parent:
            mapping: Mapping[str, Any] = self.parent[_VALUES].mapping
            try:
                return mapping[key]
            except KeyError as error:
                refused = isinstance(error, AirflowCompatError) or key in mapping
                if refused and key not in self.environment.globals:
                    raise
        return self.environment.globals.get(key, missing)


class _Loader(jinja2.FileSystemLoader):
    """Jinja2's file loader, with the searched folders in its error."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except jinja2.TemplateNotFound:
            raise file_not_found(template, self.searchpath) from None


class Sandboxed(SandboxedEnvironment):
    """Renders text. As in Airflow, templates may read names with one leading underscore, but not with two."""

    context_class = LazyContext

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 - Jinja2's signature
        return not is_internal_attribute(obj, attr)


class Native(NativeEnvironment):
    """Renders to Python values, without a sandbox, as in Airflow."""

    context_class = LazyContext


def build_environment(
    airflow_version: AirflowVersion,
    *,
    native: bool,
    search_path: tuple[str, ...],
    names: Mapping[str, Any],
    filters: Mapping[str, Callable[..., Any]],
    options: Mapping[str, Any],
) -> jinja2.Environment:
    """Return an environment. `options` are arguments of Jinja2's `Environment`, and override Airflow's settings."""
    settings: dict[str, Any] = {
        "loader": _Loader(search_path),
        "extensions": ["jinja2.ext.do"],
        **options,
        "undefined": undefined_class(options.get("undefined", jinja2.StrictUndefined), airflow_version),
    }
    environment = (Native if native else Sandboxed)(**settings)
    environment.filters.update({**_FILTERS, **filters})
    environment.globals.update(names)
    return environment


def values_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for Jinja2: one entry with the whole context, of which no value is read yet."""
    return {_VALUES: _Values(context)}


def run(template: jinja2.Template, values: dict[str, Any]) -> Any:
    environment = template.environment
    context = environment.context_class(environment, values, template.name, template.blocks)
    try:
        rendered = environment.concat(template.root_render_func(context))
    except Exception:  # noqa: BLE001 - Jinja2 raises it again, with the template's own lines in the traceback
        environment.handle_exception()
    # The native environment returns undefined values; converting one to text raises its error.
    return str(rendered) if isinstance(rendered, jinja2.Undefined) else rendered
