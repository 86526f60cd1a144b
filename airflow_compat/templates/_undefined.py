"""What a name that isn't there is to a template: an error, and one that helps."""

from __future__ import annotations

import operator
from typing import Any

import jinja2
from jinja2.utils import missing

from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError
from .names import ONLY_IN_2, ONLY_IN_3


def undefined_class(base: type[jinja2.Undefined], airflow_version: AirflowVersion) -> type[jinja2.Undefined]:
    """A class for undefined names that does what the base does, and knows Airflow.

    About a name that only the other version of Airflow has, its error says so. An attribute or item that is refused by
    an error of ours raises it: Jinja2 takes any AttributeError or KeyError for "undefined".
    """
    elsewhere = ONLY_IN_3 if airflow_version == "2" else ONLY_IN_2

    class AirflowUndefined(base):  # type: ignore[valid-type,misc]
        __slots__ = ()

        def __init__(
            self,
            hint: str | None = None,
            obj: Any = missing,
            name: str | None = None,
            exc: type[jinja2.TemplateRuntimeError] = jinja2.UndefinedError,
        ) -> None:
            if hint is None and obj is not missing:
                _raise_refusal(obj, name)
            elif hint is None and name is not None and name in elsewhere:
                hint = f"{name!r} is undefined: Airflow {airflow_version} has no such name"
                hint += f"; write {elsewhere[name]!r}" if elsewhere[name] else ""
            super().__init__(hint, obj, name, exc)

    return AirflowUndefined


def _raise_refusal(obj: Any, name: Any) -> None:
    """Ask again for what Jinja2 took for undefined, so that its refusal is heard."""
    for ask in (operator.getitem, getattr) if isinstance(name, str) else (operator.getitem,):
        try:
            ask(obj, name)
        except Exception as error:
            if isinstance(error, AirflowCompatError):
                raise
