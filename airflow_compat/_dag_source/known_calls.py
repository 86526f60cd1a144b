"""Functions and methods that can be evaluated without running a file, by imported name."""

from __future__ import annotations

import ntpath
import posixpath
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import partial
from inspect import cleandoc
from pathlib import PurePath, PurePosixPath
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from .._airflow.zones import zone_name
from .values import LONGEST_TEXT, AirflowCall, PastMoment, RuntimeValue, computed_parts

OWN_NAMES = frozenset("dict list tuple set frozenset str int float bool len sorted min max range open".split())
"""Python's own functions that a file may call without importing them."""

READERS: Mapping[str, str] = MappingProxyType(
    {
        "Variable.get": "reads an Airflow Variable",
        "airflow.models.Variable.get": "reads an Airflow Variable",
        "airflow.models.variable.Variable.get": "reads an Airflow Variable",
        "airflow.sdk.Variable.get": "reads an Airflow Variable",
        "get_connection": "reads an Airflow connection",
        "os.environ": "reads the environment",
        "os.environ.get": "reads the environment",
        "os.getenv": "reads the environment",
        "getenv": "reads the environment",
        "open": "reads a file",
        "read_text": "reads a file",
    }
)
"""Calls and subscripts that read a value from outside the file, each with a message."""

OWN_ASSET = "<asset>"
"""A name for Airflow's `Asset` that a file cannot rebind."""

_DEFAULT_ZONE = AirflowCall("TIMEZONE")
CONSTANTS: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys("datetime.timezone.utc datetime.UTC pendulum.UTC pytz.UTC pytz.utc".split(), timezone.utc),
        # In files that this package has rewritten, `TIMEZONE` comes from `airflow_compat.utils.configuration`.
        **dict.fromkeys(("airflow.settings.TIMEZONE", "airflow.utils.configuration.TIMEZONE"), _DEFAULT_ZONE),
    }
)
"""Names in other modules whose values are known."""

_ASSETS = frozenset(("Asset", "Dataset"))
# Calls of these classes are kept as they are instead of being evaluated. The code that reads schedules and params
# interprets the kept calls.
_MARKS = frozenset(
    "Asset AssetAlias AssetAll AssetAny AssetOrTimeSchedule AssetRef Dataset DatasetAlias DatasetAll DatasetAny "
    "DatasetOrTimeSchedule Param ParamsDict PartitionedAtRuntime relativedelta".split()
)
_TEXT_METHODS = frozenset(
    "capitalize join lower lstrip partition removeprefix removesuffix replace rpartition rsplit rstrip split "
    "splitlines strip title upper endswith startswith".split()
)
_NOT_KNOWN = object()


def call_function(path: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any], line: int) -> Any:
    name = path.rpartition(".")[2]
    top = path.partition(".")[0]
    if name in _ASSETS:
        # Watchers, access control and extra do not affect a schedule.
        names = {key: value for key, value in keywords.items() if key in ("name", "uri")}
        return AirflowCall(name, arguments[:2], MappingProxyType(names))
    is_timetable = name.endswith(("Timetable", "Schedule")) or (top == "airflow" and "timetables" in path.split("."))
    if name in _MARKS or is_timetable:
        return AirflowCall(name, arguments, keywords)
    if path.endswith(("Asset.ref", "Dataset.ref")):
        return AirflowCall("AssetRef", arguments, keywords)
    function = _FUNCTIONS.get(path) or (_AIRFLOWS.get(name) if top == "airflow" else None)
    if function is None:
        return RuntimeValue(f"calls {path.removeprefix('airflow.')}()", line)
    return _call(function, path, arguments, keywords, line)


def call_method(owner: Any, name: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any], line: int) -> Any:
    if isinstance(owner, str) and name == "format":
        return _format(owner, arguments, keywords, line)
    if isinstance(owner, dict) and name in ("copy", "get", "keys", "values", "items"):
        found = _call(getattr(owner, name), f".{name}", arguments, keywords, line, partly=True)
        return list(found) if name in ("keys", "values", "items") and not isinstance(found, RuntimeValue) else found
    function = _method(owner, name, [*arguments, *keywords.values()])
    if function is None:
        return RuntimeValue(f"calls .{name}()", line)
    return _call(function, name, arguments, keywords, line)


def _method(owner: Any, name: str, given: list[Any]) -> Any:
    match owner, name:
        case str(), _ if name in _TEXT_METHODS:
            longest = max((len(each) for each in given if isinstance(each, str)), default=0)
            return getattr(owner, name) if len(owner) * (1 + longest) <= LONGEST_TEXT else None
        case PurePath(), ("resolve" | "absolute"):
            return lambda: owner
        case datetime(), ("add" | "subtract"):
            return partial(_shift, owner, -1 if name == "subtract" else 1)
        case PastMoment(), ("add" | "subtract"):
            return partial(_shift_past, owner, -1 if name == "subtract" else 1)
        case (
            (list(), "copy")
            | (PurePath(), "with_suffix" | "with_name" | "joinpath" | "as_posix")
            | (datetime(), "replace" | "date")
        ):
            return getattr(owner, name)
    return None


def _call(
    function: Callable[..., Any],
    path: str,
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any],
    line: int,
    *,
    partly: bool = False,
) -> Any:
    if not partly and function not in _PARTLY:
        for unknown in computed_parts([*arguments, *keywords.values()]):
            return unknown
    try:
        result = function(*arguments, **keywords)
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, RecursionError):
        result = _NOT_KNOWN
    return RuntimeValue(f"calls {path}() in an unknown way", line) if result is _NOT_KNOWN else result


def _format(text: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any], line: int) -> Any:
    given = [*arguments, *keywords.values()]
    for unknown in computed_parts(given):
        return unknown
    plain = all(isinstance(each, (str, int, float)) for each in given) and not set(text) & set("!:.[")
    if not plain or text.count("{") * max((len(str(each)) for each in given), default=0) > LONGEST_TEXT:
        return RuntimeValue("formats a value", line)
    try:
        return text.format(*arguments, **keywords)
    except (LookupError, ValueError):
        return RuntimeValue("formats a value", line)


def _zone(given: Any = "UTC") -> tzinfo:
    if isinstance(given, tzinfo):
        return given
    return timezone.utc if given in ("UTC", "utc") else ZoneInfo(given)


def _aware(*arguments: Any, tz: Any = "UTC", tzinfo: Any = None, **keywords: Any) -> datetime:
    return datetime(*arguments, **keywords).replace(tzinfo=_zone(tzinfo or tz))  # noqa: DTZ001 - `replace` sets it


def _parse(text: str, tz: Any = "UTC", **_: Any) -> datetime:
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=_zone(tz))


def _duration(**parts: float) -> Any:
    has_months = {"years", "months"} & set(parts)
    return AirflowCall("relativedelta", (), MappingProxyType(parts)) if has_months else timedelta(**parts)


def _days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    return (
        PastMoment(n)
        if isinstance(n, int) and n >= 0 and (hour, minute, second, microsecond) == (0,) * 4
        else _NOT_KNOWN
    )


def _now(tz: Any = None) -> PastMoment:
    return PastMoment(0, "" if tz is None else _name_of_zone(tz), is_day=False)


def _name_of_zone(tz: Any) -> str:
    return "" if tz == _DEFAULT_ZONE else zone_name(_zone(tz))


def _shift(moment: datetime, sign: int, /, **parts: float) -> Any:
    return _NOT_KNOWN if {"years", "months"} & set(parts) else moment + sign * timedelta(**parts)


def _shift_past(moment: PastMoment, sign: int, /, *, days: int = 0, weeks: int = 0) -> Any:
    ago = moment.days - sign * (days + 7 * weeks)
    return replace(moment, days=ago) if ago >= 0 else _NOT_KNOWN


def _base(path: Any) -> str:
    return posixpath.basename(str(path)) if "\\" not in str(path) else ntpath.basename(str(path))


def _dict(*sources: Any, **given: Any) -> dict[Any, Any]:
    return dict(*(dict(each) for each in sources), **given)


def _copy(value: Any) -> Any:
    return value if isinstance(value, (dict, list)) else _NOT_KNOWN


def _list(given: Any = ()) -> Any:
    return list(given) if isinstance(given, (list, tuple)) else _NOT_KNOWN


def _fixed(text: Any) -> Any:
    return str(text) if isinstance(text, (str, int, float, PurePath)) else _NOT_KNOWN


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"datetime.{kind.__name__}": kind for kind in (datetime, date, time, timedelta, timezone)},
    "datetime.datetime.strptime": datetime.strptime,
    "datetime.datetime.fromisoformat": datetime.fromisoformat,
    "pendulum.datetime": _aware,
    "pendulum.parse": _parse,
    "pendulum.duration": _duration,
    "pendulum.timezone": _zone,
    "pendulum.tz.timezone": _zone,
    "pendulum.Timezone": _zone,
    "pendulum.today": lambda tz="UTC": PastMoment(0, _name_of_zone(tz)),
    "pendulum.yesterday": lambda tz="UTC": PastMoment(1, _name_of_zone(tz)),
    "pendulum.now": _now,
    "datetime.datetime.now": _now,
    "datetime.datetime.today": _now,
    "datetime.datetime.utcnow": lambda: PastMoment(0, is_day=False),
    "pytz.timezone": _zone,
    "zoneinfo.ZoneInfo": _zone,
    "dateutil.tz.gettz": _zone,
    "pathlib.Path": PurePosixPath,
    "pathlib.PurePath": PurePosixPath,
    "os.path.basename": _base,
    "os.path.splitext": lambda path: posixpath.splitext(str(path)),
    "os.path.dirname": lambda path: posixpath.dirname(str(path)),
    "os.path.abspath": str,
    "os.path.realpath": str,
    "textwrap.dedent": textwrap.dedent,
    "inspect.cleandoc": cleandoc,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "dict": _dict,
    "list": _list,
    "tuple": _list,
    "set": _list,
    "str": _fixed,
}
_AIRFLOWS: dict[str, Callable[..., Any]] = {"days_ago": _days_ago, "datetime": _aware, "parse": _parse}
_PARTLY = frozenset((_dict, _list, _copy))
