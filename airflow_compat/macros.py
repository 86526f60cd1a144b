"""Airflow's macros: what a template knows as `macros`, for Python code too.

`datetime`, `timedelta`, `dateutil`, `json`, `random`, `time`, `uuid` and `yaml` are those that their names say;
`random` is the function. Airflow 2.11 and 3.3 have the same names.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta
from importlib import import_module as _import_module
from random import random
from typing import TYPE_CHECKING, Any

from .errors import MissingPackageError, UnsupportedFeatureError

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "datetime",
    "datetime_diff_for_humans",
    "dateutil",
    "ds_add",
    "ds_format",
    "ds_format_locale",
    "json",
    "random",
    "time",
    "timedelta",
    "uuid",
    "yaml",
]

_OF_HIVE = ("closest_ds_partition", "hive", "max_partition")


class _Yaml:
    """PyYAML, whose `dump` writes plain YAML alone, as Airflow's does."""

    def dump(self, data: Any, **options: Any) -> Any:
        """PyYAML's `safe_dump`."""
        return _import_module("yaml").safe_dump(data, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(_import_module("yaml"), name)


dateutil: Any = _import_module("dateutil")
yaml: Any = _Yaml()


def ds_add(ds: str, days: float) -> str:
    """Add days to a date: `ds_add("2024-01-31", 1)` is `2024-02-01`.

    Args:
        ds: A date as `YYYY-MM-DD`.
        days: How many days; a negative number goes back.

    Raises:
        ValueError: The date has another form.
    """
    if not days:
        return str(ds)
    return (_parsed(ds, "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Write a date in another form: `ds_format("2024-01-31", "%Y-%m-%d", "%d.%m.%y")` is `31.01.24`.

    Args:
        ds: A date.
        input_format: Its form, as `strptime` has it.
        output_format: The form to write it in, as `strftime` has it.

    Raises:
        ValueError: The date has another form than `input_format`.
    """
    return _parsed(ds, input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """Write a date in a language: `ds_format_locale("31-01-2024", "%d-%m-%Y", "EEEE", "de")` is `Mittwoch`.

    Args:
        ds: A date.
        input_format: Its form, as `strptime` has it.
        output_format: The form to write it in, as Babel has it.
        locale: A name such as `en_US`, or Babel's `Locale`; None is that of the environment.

    Raises:
        ValueError: The date has another form than `input_format`.
        MissingPackageError: Babel isn't installed.
    """
    try:
        dates = _import_module("babel.dates")
    except ImportError:
        raise MissingPackageError(
            "macros.ds_format_locale needs Babel, which isn't installed; run `pip install babel`"
        ) from None
    moment = _parsed(ds, input_format)
    return str(dates.format_datetime(moment, format=output_format, locale=locale or dates.LC_TIME))


def datetime_diff_for_humans(dt: date, since: datetime | None = None) -> str:
    """How long a moment is before or after another, in words: `2 days before`.

    Args:
        dt: A moment.
        since: The other; without it, now: `2 days ago`.
    """
    import pendulum

    return pendulum.instance(dt).diff_for_humans(since)


def _parsed(ds: str, form: str) -> datetime:
    return datetime.strptime(str(ds), form)  # noqa: DTZ007 - a date has no zone


def __getattr__(name: str) -> Any:
    if name in _OF_HIVE:
        raise UnsupportedFeatureError(
            f"macros.{name} is of Airflow's Hive provider, and has no counterpart here; "
            "give a function of your own in user_defined_macros"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
