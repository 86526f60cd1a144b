"""Airflow's `macros`, for templates and for Python code.

`datetime` and `timedelta` are the classes of the module `datetime`, and `random` is the function `random.random`.
`dateutil`, `json`, `time`, `uuid` and `yaml` are the modules. The macros of Airflow 2.11 and of Airflow 3.3 are the
same.
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


class _Yaml:
    """Replaces the module `yaml`: as in Airflow's macros, `dump` is PyYAML's `safe_dump`."""

    def dump(self, data: Any, **options: Any) -> Any:
        return _import_module("yaml").safe_dump(data, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(_import_module("yaml"), name)


dateutil: Any = _import_module("dateutil")
yaml: Any = _Yaml()


def ds_add(ds: str, days: float) -> str:
    """Add days to a date: `ds_add("2024-01-31", 1)` is `2024-02-01`.

    Args:
        ds: A date in the format `YYYY-MM-DD`.
        days: The number of days; negative for earlier dates.

    Raises:
        ValueError: `ds` does not have this format.
    """
    if not days:
        return str(ds)
    return (_parsed(ds, "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Convert a date to another format: `ds_format("2024-01-31", "%Y-%m-%d", "%d.%m.%y")` is `31.01.24`.

    Args:
        ds: A date.
        input_format: The format of `ds`, with the codes of `strptime`.
        output_format: The format of the result, with the codes of `strftime`.

    Raises:
        ValueError: `ds` doesn't match `input_format`.
    """
    return _parsed(ds, input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """Convert a date to a locale's format: `ds_format_locale("31-01-2024", "%d-%m-%Y", "EEEE", "de")` is `Mittwoch`.

    Args:
        ds: A date.
        input_format: The format of `ds`, with the codes of `strptime`.
        output_format: The format of the result, in Babel's syntax.
        locale: A name such as `en_US`, or a Babel `Locale`. Defaults to the locale of the environment.

    Raises:
        ValueError: `ds` doesn't match `input_format`.
        MissingPackageError: Babel is not installed.
    """
    try:
        dates = _import_module("babel.dates")
    except ImportError:
        raise MissingPackageError(
            "macros.ds_format_locale needs Babel, which is not installed; run `pip install babel`"
        ) from None
    return str(dates.format_datetime(_parsed(ds, input_format), format=output_format, locale=locale or dates.LC_TIME))


def datetime_diff_for_humans(dt: date, since: datetime | None = None) -> str:
    """Return how long `dt` is before or after `since`, in words: `2 days before`.

    Args:
        dt: The date and time to describe.
        since: The date and time to compare `dt` with. Defaults to the current time: `2 days ago`.
    """
    import pendulum

    return pendulum.instance(dt).diff_for_humans(since)


def _parsed(ds: str, form: str) -> datetime:
    return datetime.strptime(str(ds), form)  # noqa: DTZ007 - a date has no zone


def __getattr__(name: str) -> Any:
    if name in ("closest_ds_partition", "hive", "max_partition"):
        raise UnsupportedFeatureError(
            f"macros.{name} belongs to Airflow's Hive provider, and is not supported; define your own function, and "
            "pass it in user_defined_macros"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
