"""`BaseNotifier`, which notifiers written for Airflow inherit from, unchanged."""

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

# `sla_miss_callback` of Airflow 2 calls by position.
_SLA_KEYS = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")


class BaseNotifier:
    """What a notifier inherits from: a callable that takes a context, renders its template fields, and notifies.

    A class that was written for `airflow.sdk.bases.notifier.BaseNotifier` or `airflow.notifications.basenotifier` needs
    only another import. As there, the values of the template fields stand in the context under their own names, and
    what `notify` raises goes on to the caller.

    One thing differs. Airflow renders a notifier in place, so one that several tasks share keeps the first one's text.
    Here each call renders a copy, which is `self` in `notify`.

    Attributes:
        template_fields: The names of the attributes that are rendered.
        template_ext: Endings of file names: a field with such a value is read from that file, in the flow's folder.
        context: What `await notifier` works with.
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
        """The arguments that it was made with, by name: what another process needs to make one like it.

        Raises:
            InvalidCallbackError: Some have no name.
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
                    f"{type(self).__name__} was made with arguments that have no name, so that no other process can "
                    "make one like it; make it in a module, and give its import path, 'module:name'"
                )
            else:
                found[name] = value
        found.pop("context", None)
        return found

    def notify(self, context: NotifierContext) -> None:
        """Send the notification; for subclasses to write.

        Args:
            context: The callback's context. The template fields of `self` are rendered already.
        """
        raise NotImplementedError(f"{type(self).__name__} has no notify(context): write it, callbacks call it")

    async def async_notify(self, context: NotifierContext) -> None:
        """Send the notification from a coroutine; for subclasses to write. `await notifier` calls it.

        Args:
            context: The context that the notifier was made with. The template fields are rendered already.
        """
        raise NotImplementedError(f"{type(self).__name__} has no async_notify(context): write it, awaiting calls it")

    def __call__(self, *args: Any) -> None:
        """Render the template fields, on a copy, and notify.

        Args:
            args: One context; or what an `sla_miss_callback` gets: dag, task_list, blocking_task_list, slas,
                blocking_tis.

        Raises:
            InvalidCallbackError: It is called with another number of arguments.
        """
        context = self._context_from(args)
        self._rendered(context).notify(context)

    def __await__(self) -> Generator[Any, None, None]:
        return self._send().__await__()

    def render_template_fields(self, context: NotifierContext, jinja_env: Any = None) -> None:
        """Render the attributes that `template_fields` names, in place.

        A call of the notifier does this on a copy. An empty field stays as it is.

        Args:
            context: What the templates may use.
            jinja_env: Airflow's second argument, which nothing but None may be given for.

        Raises:
            UnsupportedFeatureError: There is a `jinja_env`.
        """
        if jinja_env is not None:
            raise UnsupportedFeatureError(
                f"{type(self).__name__}.render_template_fields takes no jinja_env here: leave it out, fields are "
                "rendered with Airflow's filters and macros"
            )
        for name in self.template_fields:
            value = getattr(self, name)
            if value:
                setattr(self, name, self.render_template(value, context))

    def render_template(self, content: Any, context: NotifierContext) -> Any:
        """Render text, or the texts in a list, tuple, set or dict, with the context; a callable is called with it.

        Args:
            content: What to render.
            context: What the templates may use.
        """
        from ..templates import render

        if callable(content):
            return content(context=context, jinja_env=None)
        # Ours knows which Airflow it is faithful to; a plain dict doesn't.
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
        """The active run's logger, else a plain one."""
        from .._prefect.logs import run_logger

        return run_logger()

    def _update_context(self, context: NotifierContext) -> NotifierContext:
        """Put the template fields into the context; subclasses of Airflow's add more here."""
        # One by one: a context may find its values late, and its `update` would go past that.
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
            f"{type(self).__name__} was called with {len(args)} arguments: call it with one context, or with the five "
            "of an sla_miss_callback"
        )

    def _rendered(self, context: NotifierContext) -> BaseNotifier:
        notifier = copy.copy(self)
        notifier._update_context(context)
        notifier.render_template_fields(context)
        return notifier

    async def _send(self) -> None:
        await self._rendered(self.context).async_notify(self.context)


class ReadyNotifier(BaseNotifier):
    """A notifier whose `notify` is written; `async_notify` runs it in a thread."""

    async def async_notify(self, context: NotifierContext) -> None:
        """`notify` for coroutines: the event loop goes on meanwhile."""
        await asyncio.to_thread(self.notify, context)


def _folder_of_dag(context: NotifierContext) -> tuple[str, ...]:
    fileloc = getattr(context["dag"], "fileloc", "") if "dag" in context else ""
    return (str(Path(fileloc).parent),) if fileloc else ()
