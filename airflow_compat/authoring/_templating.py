"""Render the template fields of operators."""

from __future__ import annotations

import copy
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..errors import DagDefinitionError
from ._dependencies import Resolve, ResolveMixin, iter_references

_log = logging.getLogger(__name__)
_resolve: ContextVar[Resolve | None] = ContextVar("airflow_compat_resolve", default=None)


@contextmanager
def resolving(resolve: Resolve) -> Iterator[None]:
    """In the `with` block, replace each reference to a task's result by the result.

    Args:
        resolve: A function that returns the value of each `PlainXComArg`.
    """
    token = _resolve.set(resolve)
    try:
        yield
    finally:
        _resolve.reset(token)


def resolver_for(context: Mapping[str, Any]) -> Resolve:
    """Return the function passed to the open `resolving` block or, outside a block, one that pulls XComs."""
    return _resolve.get() or (lambda arg: context["ti"].xcom_pull(task_ids=arg.operator.task_id, key=arg.key))


class Templater:
    """Base class of operators and triggers, whose `template_fields` are rendered."""

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()

    def prepare_template(self) -> None:
        """Change the template fields after the content of template files has been read.

        Subclasses override this.
        """

    def resolve_template_files(self) -> None:
        """Replace the names of template files in the fields by the files' content."""
        endings = tuple(self.template_ext)
        for name in self.template_fields if endings else ():
            content = getattr(self, name, None)
            if isinstance(content, str) and content.endswith(endings):
                setattr(self, name, self._source(content))
            elif isinstance(content, list):
                content[:] = [
                    self._source(each) if isinstance(each, str) and each.endswith(endings) else each for each in content
                ]
        self.prepare_template()

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: Any = None) -> None:
        """Render all template fields in place."""
        for name in self.template_fields:
            try:
                value = getattr(self, name)
            except AttributeError:
                raise DagDefinitionError(
                    f"{name!r} is configured as a template field but {type(self).__name__} does not have this "
                    "attribute. Set it in __init__."
                ) from None
            rendered = (
                value(context=context, jinja_env=jinja_env)
                if callable(value) and not isinstance(value, type)
                else self.render_template(value, context, jinja_env)
            )
            setattr(self, name, rendered)

    def render_template(
        self,
        content: Any,
        context: Mapping[str, Any],
        jinja_env: Any = None,  # noqa: ARG002 - the environment is that of the DAG
        seen_oids: set[int] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return a value with its templates rendered and its references to results replaced."""
        from ..templates import render

        dag = self._template_dag()
        native = self._is_native(dag)
        if dag is None:
            return render(_with_results(content, context), context, template_ext=self.template_ext, native=native)
        return render(
            _with_results(content, context),
            context,
            airflow_version=dag.airflow_version,
            search_path=self._search_path(),
            template_ext=self.template_ext,
            native=native,
            user_defined_macros=dag.user_defined_macros,
            user_defined_filters=dag.user_defined_filters,
            jinja_environment_kwargs=dag.jinja_options,
        )

    def get_template_env(self, dag: Any = None) -> Any:
        """Return the Jinja environment of the DAG, for code that renders templates by itself."""
        owner = dag or self._template_dag()
        return environment_of(owner, native=self._is_native(owner))

    def _is_native(self, dag: Any) -> bool:
        own = getattr(self, "render_template_as_native_obj", None)
        return bool(dag is not None and dag.render_template_as_native_obj) if own is None else bool(own)

    def _source(self, name: str) -> str:
        from jinja2 import Environment, FileSystemLoader, TemplateNotFound

        try:
            return FileSystemLoader(self._search_path()).get_source(Environment(), name)[0]  # noqa: S701
        except TemplateNotFound:
            # As in Airflow, the missing file is only logged here. The task fails later, when it renders the template
            # field.
            _log.warning("Template file %r of %r was not found.", name, self)
            return name

    def _template_dag(self) -> Any:
        get_dag = getattr(self, "get_dag", None)
        return get_dag() if get_dag is not None else None

    def _search_path(self) -> list[str]:
        dag = self._template_dag()
        return [dag.folder, *(dag.template_searchpath or ())] if dag is not None else []


def environment_of(dag: Any, *, native: bool) -> Any:
    """Return a new Jinja environment with the settings of a DAG, or with the default settings if there is no DAG."""
    from .. import macros
    from ..templates._jinja import build_environment

    if dag is None:
        return build_environment("3", native=native, search_path=(), names={"macros": macros}, filters={}, options={})
    return build_environment(
        dag.airflow_version,
        native=native,
        search_path=(dag.folder, *(dag.template_searchpath or ())),
        names={"macros": macros, **(dag.user_defined_macros or {})},
        filters=dag.user_defined_filters or {},
        options=dag.jinja_options,
    )


def _with_results(value: Any, context: Mapping[str, Any]) -> Any:
    """Return a value with references to results replaced by the results, whose templates are not rendered."""
    if isinstance(value, ResolveMixin):
        from ..templates import literal

        return literal(value.resolve(context))
    if type(value) in (tuple, list, set):
        return type(value)(_with_results(each, context) for each in value)
    if type(value) is dict:
        return {key: _with_results(each, context) for key, each in value.items()}
    names = getattr(value, "template_fields", ())
    if isinstance(value, type) or not names:
        return value
    if next(iter_references([getattr(value, name, None) for name in names]), None) is not None:
        twin = copy.copy(value)
        for name in names:
            setattr(twin, name, _with_results(getattr(value, name), context))
        return twin
    return value
