"""The signature of a decorated function, as Prefect reads it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def keep_signature(wrapper: Any, function: Callable[..., Any]) -> None:
    """Give a wrapper the function's signature, with types in place of annotations that are text.

    Prefect looks up the names in a flow's text annotations in the globals of the function that it gets
    (`prefect._internal.pydantic.validated_func`). A wrapper has the globals of its own module, and a flow that is
    pickled by value has none of its module's.

    Args:
        wrapper: What is put around the function.
        function: The function. One whose annotations can't be resolved yet keeps its text annotations.
    """
    try:
        wrapper.__signature__ = inspect.signature(function, eval_str=True)
    except Exception:  # noqa: BLE001 - an annotation is code of the user's, which may raise anything
        return
