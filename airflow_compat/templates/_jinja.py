"""Jinja2's environment with Airflow's settings: strict, sandboxed, and with a context that is read key by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment, is_internal_attribute
from jinja2.utils import missing

from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError
from .errors import file_not_found
from .filters import FILTERS
from .undefined import undefined_class

# No name in a template can be this one.
_VALUES = " values"


class _Values:
    """The caller's mapping. A traceback that prints locals comes by it, so it doesn't show what it holds."""

    __slots__ = ("mapping",)

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self.mapping = mapping


class LazyContext(Context):
    """Jinja2's context, which asks the mapping for a name only when the template has it.

    Jinja2 copies its own dict of values for loops, blocks and includes, so the mapping is one entry of that dict.
    """

    def resolve_or_missing(self, key: str) -> Any:
        """The value of a name; an error of ours goes on to the caller, any other absent name is undefined."""
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
    """Jinja2's loader of files, whose error tells where they were looked for."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except jinja2.TemplateNotFound:
            raise file_not_found(template, self.searchpath) from None


class Sandboxed(SandboxedEnvironment):
    """Renders text. As in Airflow, a name with one leading underscore may be read, one with two may not."""

    context_class = LazyContext

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 - Jinja2's signature
        """Whether a template may read it."""
        return not is_internal_attribute(obj, attr)


class Native(NativeEnvironment):
    """Renders to Python's types; without a sandbox, as in Airflow."""

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
    """An environment; the options are Jinja2's own, and go before Airflow's settings."""
    settings: dict[str, Any] = {
        "loader": _Loader(search_path),
        "extensions": ["jinja2.ext.do"],
        **options,
        "undefined": undefined_class(options.get("undefined", jinja2.StrictUndefined), airflow_version),
    }
    environment = (Native if native else Sandboxed)(**settings)
    environment.filters.update({**FILTERS, **filters})
    environment.globals.update(names)
    return environment


def values_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """What Jinja2 is given as the values: the whole mapping, unread."""
    return {_VALUES: _Values(context)}


def run(template: jinja2.Template, values: dict[str, Any]) -> Any:
    """Render a template with what `values_of` gave."""
    environment = template.environment
    context = environment.context_class(environment, values, template.name, template.blocks)
    try:
        rendered = environment.concat(template.root_render_func(context))
    except Exception:  # noqa: BLE001 - Jinja2 raises it again, with the template's own lines in the traceback
        environment.handle_exception()
    # The native environment gives an undefined value back as it is; to read it is an error.
    return str(rendered) if isinstance(rendered, jinja2.Undefined) else rendered
