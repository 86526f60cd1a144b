"""Fill in a function's parameters from the context, as Airflow's `@task` does.

Follows `airflow.sdk.bases.decorator` (`DecoratedOperator`, `KeywordParameters`). A parameter named like a context key
gets the key's value, and `**context` gets all keys. Arguments that the caller passes are kept, except None.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .._airflow.context_keys import ASKED_FOR_KEYS, KEYS, UnsupportedValue
from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError, InvalidArgumentError

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_REST = inspect.Parameter.VAR_KEYWORD

# `@task` is a PythonOperator, which adds this key to the context.
_OF_PYTHON_OPERATOR: dict[str, Any] = {"templates_dict": None}


class _NotGiven(Enum):
    """The default of a required parameter after a filled-in one: an enum, whose members stay the same when pickled."""

    VALUE = "not given"


@dataclass(frozen=True)
class ContextParameters:
    """The parameters of one function that are filled in from the context.

    Attributes:
        signature: The function's signature, with the filled-in parameters made optional.
        names: The parameters named like a context key.
        rest: The name of the `**` parameter, if any.
    """

    signature: inspect.Signature
    names: tuple[str, ...]
    rest: str | None

    def fill(self, args: tuple[Any, ...], kwargs: dict[str, Any], context: Mapping[str, Any]) -> Arguments:
        """Return a call's arguments, with values from the context for omitted arguments and for None.

        Raises the TypeError that calling the function would raise.
        """
        bound = self.signature.bind(*args, **kwargs)
        given = bound.arguments
        for name in self.names:
            if given.get(name) is None:
                given[name] = context[name]
        if self.rest is not None:
            others = {key: context_value(context, key) for key in context if key not in self.signature.parameters}
            given[self.rest] = {**_OF_PYTHON_OPERATOR, **others, **given.get(self.rest, {})}
        bound.apply_defaults()
        if missing := [name for name, value in bound.arguments.items() if value is _NotGiven.VALUE]:
            raise TypeError(f"missing required argument(s): {', '.join(missing)}")
        return bound.args, bound.kwargs


def context_parameters(fn: Callable[..., Any], where: str, version: AirflowVersion) -> ContextParameters | None:
    """Return the parameters that Airflow fills in for a function, or None if there are none.

    Raises:
        InvalidArgumentError: A parameter named like a context key has a default other than None.
    """
    parameters = _parameters(fn)
    names = tuple(each.name for each in parameters if each.name in KEYS[version] and each.kind is not _REST)
    rest = next((each.name for each in parameters if each.kind is _REST), None)
    if not names and rest is None:
        return None
    taken = [each.name for each in parameters if each.name in names and each.default not in (None, each.empty)]
    if taken:
        raise InvalidArgumentError(
            f"{where}: Airflow fills in {taken[0]} from the context, so its default must be None. Use {taken[0]}=None, "
            "or rename the parameter."
        )
    found, may_be_left_out = [], False
    for each in parameters:
        parameter = each.replace(default=None) if each.name in names else each
        may_be_left_out |= parameter.default is not each.empty
        if may_be_left_out and parameter.kind in _POSITIONAL and parameter.default is each.empty:
            parameter = parameter.replace(default=_NotGiven.VALUE)
        found.append(parameter)
    return ContextParameters(inspect.Signature(found), names, rest)


def unfilled_parameters(fn: Callable[..., Any], version: AirflowVersion) -> tuple[str, ...]:
    others = (KEYS["2"] | KEYS["3"]) - KEYS[version]
    return tuple(each.name for each in _parameters(fn) if each.name in others and each.default is None)


def _parameters(fn: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    try:
        return tuple(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        # Some builtins have no signature.
        return ()


def context_value(context: Mapping[str, Any], key: str) -> Any:
    """Return the context's value for a key.

    Values that need the server are looked up on first use, as in Airflow; if the lookup fails, this first use raises
    the error.
    """
    if key in ASKED_FOR_KEYS:
        from lazy_object_proxy import Proxy

        return Proxy(lambda: context[key])
    try:
        return context[key]
    except AirflowCompatError as exc:
        return UnsupportedValue(key, exc)
