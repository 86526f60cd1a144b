"""Make `help()` show the keys of the `TypedDict` that describes a function's `**options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _NotGiven:
    def __repr__(self) -> str:
        return "..."


def shows_options(options: type) -> Callable[[F], F]:
    """Show the keys of a `TypedDict` in a function's signature, in place of `**options`.

    Args:
        options: The `TypedDict`. Annotations that are text are not evaluated.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        named = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        shown = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_NotGiven(),
                annotation=getattr(annotation, "__forward_arg__", annotation),
            )
            for name, annotation in options.__annotations__.items()
            # `task_options` also has `default_args` as a named parameter, and a signature must not repeat a name.
            if name not in signature.parameters
        ]
        vars(function)["__signature__"] = signature.replace(parameters=[*named, *shown])
        return function

    return decorate
