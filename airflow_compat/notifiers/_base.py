"""Provides `BaseNotifier`, the base class of notifiers that were written for Airflow."""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
from collections.abc import Generator, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidCallbackError, UnsupportedFeatureError

if TYPE_CHECKING:
    from typing_extensions import Self

NotifierContext: TypeAlias = MutableMapping[str, Any]
"""The type of the context that a notifier receives."""

# The names of the arguments that Airflow 2 passes to an `sla_miss_callback`, by position.
_SLA_KEYS = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")


class BaseNotifier:
    """Base class of notifiers. When a notifier is called with a context, it renders its template fields and notifies.

    For a notifier class that was written for Airflow, you only have to change the import. As in Airflow, the values of
    the template fields are added to the context, and an exception in `notify` reaches the caller.

    Airflow renders the templates of the notifier object itself, so if several tasks share a notifier, all of them send
    the first task's text. In this class, each call copies the notifier and renders the copy, and `self` in `notify` is
    this copy.

    Attributes:
        template_fields: The names of the attributes whose templates are rendered.
        template_ext: File name endings. If the value of a template field has one of these endings, it is the name of a
            file in the flow's folder, whose text is rendered instead.
        context: The context that `await notifier` uses.
    """

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()
    _made_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        notifier = super().__new__(cls)
        notifier._made_with = args, kwargs
        return notifier

    def __init__(self, context: NotifierContext | None = None) -> None:
        self.context: NotifierContext = {} if context is None else context

    def made_with(self) -> dict[str, Any]:
        """Return the constructor's arguments by name, so that another process can create the same notifier.

        Raises:
            InvalidCallbackError: The constructor got an argument that can't be passed by name.
        """
        args, kwargs = self._made_with
        bound = inspect.signature(type(self)).bind(*args, **kwargs)
        found: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                found |= value
            elif kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
                raise InvalidCallbackError(
                    f"{type(self).__name__} has positional arguments, so another process can't recreate the notifier. "
                    "Create the notifier in a module, and pass its import path, 'module:name'"
                )
            else:
                found[name] = value
        found.pop("context", None)
        return found

    def connection_ids(self) -> list[str]:
        """Return the ids of the connections that a call reads: the values of the attributes named `...conn_id`."""
        return [
            value for name, value in vars(self).items() if name.endswith("conn_id") and isinstance(value, str) and value
        ]

    def notify(self, context: NotifierContext) -> None:
        """Send the notification. Subclasses override this.

        Args:
            context: The callback's context. Before this call, the template fields of `self` have been rendered.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no notify(context). Define this method; callbacks call it"
        )

    async def async_notify(self, context: NotifierContext) -> None:
        """Send the notification from a coroutine. Subclasses override this method, which `await notifier` calls.

        Args:
            context: The context that was passed to the constructor.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no async_notify(context). Define this method; `await` on the notifier calls it"
        )

    def __call__(self, *args: Any) -> None:
        """Copy the notifier, render the copy's template fields, and notify.

        Args:
            args: One context, or the five arguments of an `sla_miss_callback`: dag, task_list, blocking_task_list,
                slas, blocking_tis.

        Raises:
            InvalidCallbackError: The number of arguments is neither 1 nor 5.
        """
        context = self._context_from(args)
        self._rendered(context).notify(context)

    def __await__(self) -> Generator[Any, None, None]:
        return self._rendered(self.context).async_notify(self.context).__await__()

    def render_template_fields(self, context: NotifierContext, jinja_env: Any = None) -> None:
        """Replace the values of the attributes named in `template_fields` by the rendered values.

        Fields with empty values are not rendered.

        Args:
            context: The values that the templates use.
            jinja_env: An argument of Airflow's method. Only None is supported.

        Raises:
            UnsupportedFeatureError: `jinja_env` is given.
        """
        if jinja_env is not None:
            raise UnsupportedFeatureError(
                f"{type(self).__name__}.render_template_fields takes no jinja_env here. Remove the argument; fields "
                "are rendered with Airflow's filters and macros"
            )
        for name in self.template_fields:
            value = getattr(self, name)
            if value:
                setattr(self, name, self.render_template(value, context))

    def render_template(self, content: Any, context: NotifierContext) -> Any:
        """Render text, or the texts in a list, tuple, set or dict.

        If `content` is callable, call it with the context instead.

        Args:
            content: The value to render.
            context: The values that the templates use.
        """
        from ..templates import render

        if callable(content):
            return content(context=context, jinja_env=None)
        # A context of this package has the attribute `airflow_version`; a plain dict doesn't.
        version: AirflowVersion = getattr(context, "airflow_version", DEFAULT_VERSION)
        return render(
            content,
            context,
            airflow_version=version,
            search_path=_folder_of_dag(context) if self.template_ext else (),
            template_ext=self.template_ext,
            native=getattr(self, "render_template_as_native_obj", False),
        )

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """Return the active run's logger, or an ordinary logger outside a run."""
        from .._prefect.run_logger import run_logger

        return run_logger()

    def _update_context(self, context: NotifierContext) -> NotifierContext:
        """Add the values of the template fields to the context. Subclasses may add further values."""
        # Set the values one by one: a context may compute its values only when they are read, and `update` would bypass
        # this.
        for name in self.template_fields:
            context[name] = getattr(self, name)
        return context

    def _context_from(self, args: tuple[Any, ...]) -> NotifierContext:
        if len(args) == 1:
            context: NotifierContext = args[0]
            return context
        if len(args) == len(_SLA_KEYS):
            return dict(zip(_SLA_KEYS, args, strict=True))
        raise InvalidCallbackError(
            f"{type(self).__name__} was called with {len(args)} arguments. Pass one context, or the five arguments of "
            "an sla_miss_callback"
        )

    def _rendered(self, context: NotifierContext) -> BaseNotifier:
        notifier = copy.copy(self)
        notifier._update_context(context)
        notifier.render_template_fields(context)
        return notifier


class ReadyNotifier(BaseNotifier):
    """Base class whose `async_notify` runs `notify` in a thread."""

    async def async_notify(self, context: NotifierContext) -> None:
        await asyncio.to_thread(self.notify, context)


def _folder_of_dag(context: NotifierContext) -> tuple[str, ...]:
    fileloc = getattr(context["dag"], "fileloc", "") if "dag" in context else ""
    return (str(Path(fileloc).parent),) if fileloc else ()
