"""The decorator `@dag`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from ..errors import DagDefinitionError
from ._current import definition_release
from ._dag import DAG
from ._xcom_arg import XCOM_RETURN_KEY, PlainXComArg


def dag(dag_id: Any = "", *arguments: Any, **kwargs: Any) -> Any:
    """Turn a function that defines tasks into one that returns a `DAG`.

    Each argument of the function becomes a param of the DAG. Inside the function, the argument is a reference to the
    param of the same name.

    Args:
        dag_id: The id; by default, the function's name. For `@dag` without parentheses, the function.
        arguments: Arguments of `DAG`.
        kwargs: Arguments of `DAG`.
    """
    if callable(dag_id):
        if definition_release() == "2":
            raise DagDefinitionError(
                f"@dag has no parentheses on {dag_id.__name__}(), which Airflow 2 needs. Write @dag()."
            )
        return _factory(dag_id, "", (), {})
    return lambda function: _factory(function, dag_id, arguments, kwargs)


def _factory(
    function: Callable[..., Any], dag_id: str, arguments: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[..., DAG]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def factory(*args: Any, **kw: Any) -> DAG:
        bound = signature.bind(*args, **kw)
        bound.apply_defaults()
        with DAG(dag_id.strip() or function.__name__, *arguments, **kwargs) as made:
            made.doc_md = made.doc_md or function.__doc__
            made.fileloc = sys._getframe(1).f_code.co_filename
            result = function(**{name: made.param(name, value) for name, value in bound.arguments.items()})
            if made.airflow_version == "3" and isinstance(result, PlainXComArg) and result.key == XCOM_RETURN_KEY:
                made.add_result(result)
        return made

    return factory
