"""Which parameters of a function Airflow's `@task` fills in from the context, and how.

The rules are those of `airflow.sdk.bases.decorator` (`DecoratedOperator`, `KeywordParameters`): a parameter with the
name of a key, and all keys where the function takes `**context`; what the caller gives wins.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..errors import AirflowCompatError, InvalidArgumentError
from .context import ASKED_FOR_KEYS, KEYS, Refused
from .version import AirflowVersion

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_REST = inspect.Parameter.VAR_KEYWORD

# `@task` is a PythonOperator, which adds its own key to the context.
_OF_PYTHON_OPERATOR: dict[str, Any] = {"templates_dict": None}


class _NotGiven(Enum):
    """The default of a parameter that has none, but comes after one that is filled in; the same in every process."""

    VALUE = "not given"


@dataclass(frozen=True)
class ContextParameters:
    """What is filled in for one function.

    Attributes:
        signature: The function's, in which the caller may leave out what is filled in.
        names: The parameters that have a key's name.
        rest: The parameter that takes all other keys, by its name; None where there is none.
    """

    signature: inspect.Signature
    names: tuple[str, ...]
    rest: str | None

    def fill(self, args: tuple[Any, ...], kwargs: dict[str, Any], context: Mapping[str, Any]) -> Arguments:
        """The arguments of a call with what the caller left out, or gave as None.

        Raises:
            TypeError: They don't fit the function.
        """
        bound = self.signature.bind(*args, **kwargs)
        given = bound.arguments
        for name in self.names:
            if given.get(name) is None:
                given[name] = context[name]
        if self.rest is not None:
            others = {key: _value(context, key) for key in context if key not in self.signature.parameters}
            given[self.rest] = {**_OF_PYTHON_OPERATOR, **others, **given.get(self.rest, {})}
        bound.apply_defaults()
        if missing := [name for name, value in bound.arguments.items() if value is _NotGiven.VALUE]:
            raise TypeError(f"missing required argument(s): {', '.join(missing)}")
        return bound.args, bound.kwargs


def context_parameters(fn: Callable[..., Any], where: str, version: AirflowVersion) -> ContextParameters | None:
    """What Airflow fills in for a function; None where that is nothing.

    Args:
        fn: The function.
        where: What to name in messages.
        version: Whose context.

    Raises:
        InvalidArgumentError: A parameter has a key's name and a default other than None, as Airflow refuses too.
    """
    parameters = _parameters(fn)
    names = tuple(each.name for each in parameters if each.name in KEYS[version] and each.kind is not _REST)
    rest = next((each.name for each in parameters if each.kind is _REST), None)
    if not names and rest is None:
        return None
    taken = [each.name for each in parameters if each.name in names and each.default not in (None, each.empty)]
    if taken:
        raise InvalidArgumentError(
            f"{where}: Airflow fills in {taken[0]} from the context, and refuses a default other than None; write "
            f"{taken[0]}=None, or give the parameter another name"
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
    """The parameters that the other version of Airflow fills in, and this one leaves as None."""
    others = (KEYS["2"] | KEYS["3"]) - KEYS[version]
    return tuple(each.name for each in _parameters(fn) if each.name in others and each.default is None)


def _parameters(fn: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    try:
        return tuple(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        # Some builtins don't tell.
        return ()


def _value(context: Mapping[str, Any], key: str) -> Any:
    """A key's value. That of one that asks the server is found when it is first used, as in Airflow.

    What can't be found says so when it is used: the function may have no use for it.
    """
    if key in ASKED_FOR_KEYS:
        from lazy_object_proxy import Proxy

        return Proxy(lambda: context[key])
    try:
        return context[key]
    except AirflowCompatError as exc:
        return Refused(key, exc)
