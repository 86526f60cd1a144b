"""Airflow's settings and version, as in `airflow.configuration`, `airflow.settings` and `airflow`.

While a DAG file is loaded or one of its tasks runs, the values are those that apply to this file. Outside of DAG files
and their tasks, the values are those of Airflow 3, with the configuration of the folder `dags` in the working
directory. `airflow_compat.sdk.conf` is the whole configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dags._load_values import value_here

if TYPE_CHECKING:
    import datetime as dt
    import json
    from collections.abc import Callable, Mapping

    AIRFLOW_CONFIG: str
    """The path of `airflow.cfg`."""
    AIRFLOW_HOME: str
    """Airflow's folder: `$AIRFLOW_HOME`, or the parent of the DAG folder."""
    DAGS_FOLDER: str
    """The DAG folder."""
    PLUGINS_FOLDER: str
    """The folder of plugins."""
    LOGGING_LEVEL: str
    """The level of logs: `[logging] logging_level`."""
    LOG_FORMAT: str
    """The format of logs: `[logging] log_format`."""
    SIMPLE_LOG_FORMAT: str
    """The short format of logs: `[logging] simple_log_format`."""
    TIMEZONE: dt.tzinfo
    """The default time zone: `[core] default_timezone`."""
    AIRFLOW_V_2_10_PLUS: bool
    """True if the file is loaded for Airflow 2.10 or later."""
    AIRFLOW_V_2_11_PLUS: bool
    """True if the file is loaded for Airflow 2.11 or later."""
    AIRFLOW_V_3_0_PLUS: bool
    """True if the file is loaded for Airflow 3."""
    AIRFLOW_V_3_1_PLUS: bool
    """True if the file is loaded for Airflow 3."""
    AIRFLOW_V_3_2_PLUS: bool
    """True if the file is loaded for Airflow 3."""
    AIRFLOW_V_3_3_PLUS: bool
    """True if the file is loaded for Airflow 3."""
    version: str
    """The release of Airflow that the file is loaded for, such as `3.3.2`."""
    version_info: tuple[int, ...]
    """The numbers of `version`."""
    sdk_version: str
    """The release of Airflow's Task SDK."""

    expand_env_var: Callable[[str | None], str | None]
    """Returns a text with the values of the environment variables, and of `~`, that it names."""
    get: Callable[..., Any]
    """Returns an option; see `conf.get`."""
    getboolean: Callable[..., bool]
    """Returns an option as a boolean."""
    getfloat: Callable[..., float]
    """Returns an option as a number."""
    getint: Callable[..., int]
    """Returns an option as a whole number."""
    getsection: Callable[[str], Mapping[str, Any] | None]
    """Returns the options of a section."""
    has_option: Callable[[str, str], bool]
    """Returns True if an option has a value."""
    get_airflow_home: Callable[[], str]
    """Returns `AIRFLOW_HOME`."""
    get_airflow_config: Callable[..., str]
    """Returns the path of `airflow.cfg` in a folder, by default in `AIRFLOW_HOME`."""
    get_dagbag_import_timeout: Callable[[str], float]
    """Returns the time limit in seconds for loading a DAG file."""


__all__ = [
    "AIRFLOW_CONFIG",
    "AIRFLOW_HOME",
    "AIRFLOW_V_2_10_PLUS",
    "AIRFLOW_V_2_11_PLUS",
    "AIRFLOW_V_3_0_PLUS",
    "AIRFLOW_V_3_1_PLUS",
    "AIRFLOW_V_3_2_PLUS",
    "AIRFLOW_V_3_3_PLUS",
    "DAGS_FOLDER",
    "LOGGING_LEVEL",
    "LOG_FORMAT",
    "PLUGINS_FOLDER",
    "SIMPLE_LOG_FORMAT",
    "TIMEZONE",
    "expand_env_var",
    "get",
    "get_airflow_config",
    "get_airflow_home",
    "get_dagbag_import_timeout",
    "getboolean",
    "getfloat",
    "getint",
    "getsection",
    "has_option",
    "json",
    "sdk_version",
    "version",
    "version_info",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return value_here(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
