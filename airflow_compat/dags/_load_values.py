"""Stand-ins whose values differ between DAG files, because they depend on Airflow's configuration or release."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from .._airflow.configuration import Configuration
from .._airflow.import_names import StandIn
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import DagFileError
from ._finder import active_imports
from ._stand_ins.versions import SDK_VERSION, VERSION_2, VERSION_3


def read_configuration(
    *, airflow_version: AirflowVersion, dag_folder: Path, airflow_cfg: str | os.PathLike[str] | None
) -> Configuration:
    """Return Airflow's configuration for the DAG files of a folder.

    The configuration is read from the given file, `$AIRFLOW_CONFIG`, or `$AIRFLOW_HOME/airflow.cfg`. A file that the
    caller gives must exist; the other files may be missing.

    Raises:
        DagFileError: The given file can't be read.
        ConfigurationError: The file is not an airflow.cfg.
    """
    home = Path(os.environ.get("AIRFLOW_HOME") or dag_folder.parent).expanduser()
    file = Path(airflow_cfg or os.environ.get("AIRFLOW_CONFIG") or home / "airflow.cfg").expanduser()
    text = ""
    if airflow_cfg is not None or file.is_file():
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise DagFileError(f"{file}: the file can't be read ({type(exc).__name__}). Pass an airflow.cfg") from None
    values = {
        ("core", "airflow_home"): str(home),
        ("core", "dags_folder"): str(dag_folder),
        ("core", "plugins_folder"): str(dag_folder.parent / "plugins"),
    }
    return Configuration(os.environ, airflow_version=airflow_version, text=text, file=str(file), values=values)


def definition_settings(configuration: Configuration) -> dict[tuple[str, str], Any]:
    """Return the values of Airflow's options that set defaults of DAGs and tasks, by section and option."""
    boolean = configuration.getboolean
    integer = configuration.getint
    found: dict[tuple[str, str], Any] = {}
    readers: dict[tuple[str, str], Callable[..., Any]] = {
        ("core", "default_task_retries"): integer,
        ("core", "default_task_retry_delay"): integer,
        ("core", "default_task_weight_rule"): configuration.get,
        ("core", "default_timezone"): configuration.get,
        ("core", "max_active_runs_per_dag"): integer,
        ("core", "max_active_tasks_per_dag"): integer,
        ("core", "max_consecutive_failed_dag_runs_per_dag"): integer,
        ("email", "default_email_on_failure"): boolean,
        ("email", "default_email_on_retry"): boolean,
        ("operators", "allow_illegal_arguments"): boolean,
        ("operators", "default_owner"): configuration.get,
        ("operators", "default_queue"): configuration.get,
        ("scheduler", "catchup_by_default"): boolean,
        ("scheduler", "create_cron_data_intervals"): boolean,
        ("sensors", "default_timeout"): configuration.getfloat,
    }
    for place, read in readers.items():
        found[place] = read(*place)
    return found


def values_of_load(
    configuration: Configuration, *, airflow_version: AirflowVersion, import_module: Callable[[str], ModuleType]
) -> Mapping[StandIn, Any]:
    """Return the stand-ins of this module for one loaded DAG file."""
    named = {
        **_versions(airflow_version),
        **_settings(configuration),
        "import_string": functools.partial(_import_string, import_module),
    }
    for name in ("get", "getboolean", "getfloat", "getint", "getsection", "has_option"):
        named[name] = getattr(configuration, name)
    return _LoadValues(named, airflow_version)


def value_here(name: str) -> Any:
    """Return a stand-in of this module by its name, for code that imports the stand-in from `airflow_compat`.

    The result is the stand-in for the active DAG file. Without an active DAG file, the stand-in follows Airflow 3, and
    Airflow's configuration is read as for a DAG file in the folder `dags` of the working directory.
    """
    imports = active_imports()
    return (_values_elsewhere() if imports is None else imports.airflow.own)[StandIn(__name__, name)]


@functools.cache
def _values_elsewhere() -> Mapping[StandIn, Any]:
    # This function is called on first use, not at import, because it reads the environment and a file.
    configuration = read_configuration(
        airflow_version=DEFAULT_VERSION, dag_folder=Path.cwd() / "dags", airflow_cfg=None
    )
    return values_of_load(configuration, airflow_version=DEFAULT_VERSION, import_module=import_module)


class _LoadValues(dict[StandIn, Any]):
    """A dict of stand-ins. Some stand-ins are imported only on first use, because their modules import Prefect."""

    def __init__(self, named: Mapping[str, Any], release: AirflowVersion) -> None:
        super().__init__({StandIn(__name__, name): value for name, value in named.items()})
        self._release = release

    def __contains__(self, key: object) -> bool:
        return isinstance(key, StandIn) and key.module == __name__

    def __missing__(self, key: StandIn) -> Any:
        value = self[key] = _LATE[key.name](self._release)
        return value


def _variable(release: AirflowVersion) -> Any:
    from ..variables import Variable
    from ._stand_ins.variables import Variable2

    return Variable2 if release == "2" else Variable


def _current_context(release: AirflowVersion) -> Any:
    from ..context import get_current_context

    return functools.partial(get_current_context, airflow_version=release)


def _time_zone(release: AirflowVersion) -> Any:  # noqa: ARG001 - as the others
    from ._stand_ins.timezone import default_zone

    return default_zone()


_LATE: Mapping[str, Callable[[AirflowVersion], Any]] = {
    "TIMEZONE": _time_zone,
    "Variable": _variable,
    "get_current_context": _current_context,
}


def _versions(release: AirflowVersion) -> dict[str, Any]:
    version = VERSION_2 if release == "2" else VERSION_3
    parts = tuple(map(int, version.split(".")))
    least = {"2_10": (2, 10), "2_11": (2, 11), "3_0": (3, 0), "3_1": (3, 1), "3_2": (3, 2), "3_3": (3, 3)}
    return {
        "version": version,
        "version_info": parts,
        "sdk_version": SDK_VERSION,
        **{f"AIRFLOW_V_{name}_PLUS": parts >= numbers for name, numbers in least.items()},
    }


def _settings(configuration: Configuration) -> dict[str, Any]:
    home = configuration.get("core", "airflow_home")
    return {
        "conf": configuration,
        "AIRFLOW_HOME": home,
        "AIRFLOW_CONFIG": str(Path(home, "airflow.cfg")),
        "DAGS_FOLDER": configuration.get("core", "dags_folder"),
        "PLUGINS_FOLDER": configuration.get("core", "plugins_folder"),
        "LOGGING_LEVEL": configuration.get("logging", "logging_level"),
        "LOG_FORMAT": configuration.get("logging", "log_format"),
        "SIMPLE_LOG_FORMAT": configuration.get("logging", "simple_log_format"),
        "json": json,
        "get_airflow_home": lambda: home,
        "get_airflow_config": lambda airflow_home=home: str(Path(airflow_home, "airflow.cfg")),
        "expand_env_var": _expanded,
        "get_dagbag_import_timeout": lambda dag_file_path: configuration.getfloat("core", "dagbag_import_timeout"),  # noqa: ARG005
    }


def _expanded(env_var: str | None) -> str | None:
    return None if env_var is None else os.path.expanduser(os.path.expandvars(env_var))  # noqa: PTH111 - Airflow's result is text


def _import_string(import_module: Callable[[str], ModuleType], dotted_path: str) -> Any:
    """Import the object at a dotted path with the import function of the DAG file, and return it.

    Raises:
        ImportError: There is no object at this path.
    """
    module, _, name = dotted_path.rpartition(".")
    if not module:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    try:
        return getattr(import_module(module), name)
    except AttributeError:
        raise ImportError(f'Module "{module}" does not define a "{name}" attribute/class') from None
