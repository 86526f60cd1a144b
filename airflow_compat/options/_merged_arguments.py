"""Merge arguments with `default_args` by Airflow's rule, and check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._airflow.argument_table import check_arguments, check_spelling
from .._airflow.argument_values import mapping, seconds, text
from .._airflow.callback import Callback, Kind, check_callbacks
from .._airflow.task_arguments import OF_THE_DAG, TASK_ARGUMENTS
from .._airflow.version import AirflowVersion, check_version
from ._dag_arguments import DAG_ARGUMENTS


@dataclass(frozen=True)
class MergedArguments:
    """Checked Airflow arguments. The methods raise `InvalidArgumentError` for values of a wrong type.

    Attributes:
        where: The text that names the DAG or task in messages.
        values: The arguments by name.
        warnings: Messages about arguments that Prefect only approximates.
        told: All arguments as the author wrote them, which contexts show.
    """

    where: str
    values: Mapping[str, Any]
    version: AirflowVersion
    warnings: tuple[str, ...]
    told: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        value = self.values.get(name)
        return default if value is None else value

    def text(self, name: str) -> str | None:
        """Return the argument's text, or None if it is missing or empty."""
        value = self.get(name)
        return None if value is None else text(self.where, name, value)

    def texts(self, *names: str) -> list[str]:
        """Return the texts of these arguments, leaving out missing and empty texts."""
        return [text(self.where, name, self.values[name]) for name in names if self.values.get(name)]

    def seconds(self, name: str, *, only_timedelta: bool = False) -> float | None:
        value = self.get(name)
        return None if value is None else seconds(self.where, name, value, only_timedelta=only_timedelta)

    def mapping(self, name: str) -> Mapping[str, Any]:
        return mapping(self.where, name, self.values.get(name))

    def callbacks(self, kind: Kind) -> list[Callback]:
        """Return the callbacks of an event such as `on_failure`.

        Raises:
            InvalidCallbackError: A callback doesn't accept one argument, the context.
        """
        name = f"{kind}_callback"
        value = self.get(name)
        return [] if value in (None, []) else list(check_callbacks(f"{self.where}: {name}", [value]))


def given_to_task(
    default_args: Mapping[str, Any] | None, arguments: Mapping[str, Any], version: AirflowVersion
) -> MergedArguments:
    """Merge a task's arguments with `default_args`. The task's own values win, even if they are None.

    Arguments in `default_args` for other operators or the DAG are ignored.

    Raises:
        InvalidArgumentError: Airflow has no argument of this name.
        UnsupportedFeatureError: A refused argument has a value other than its default.
    """
    check_version(version)
    own = dict(arguments)
    where = f"task {own['task_id']!r}" if own.get("task_id") else "task"
    inherited = {
        **mapping(where, "default_args", default_args),
        **mapping(where, "default_args", own.pop("default_args", None)),
    }
    check_spelling(f"{where}: default_args", inherited, TASK_ARGUMENTS)
    values = {name: value for name, value in inherited.items() if name in TASK_ARGUMENTS and name not in OF_THE_DAG}
    values |= own
    told = {name: value for name, value in inherited.items() if name in TASK_ARGUMENTS} | own
    told["default_args"] = inherited
    return MergedArguments(where, values, version, tuple(check_arguments(where, values, TASK_ARGUMENTS)), told)


def given_to_dag(arguments: Mapping[str, Any], version: AirflowVersion) -> MergedArguments:
    """Merge a DAG's arguments with `default_args`, where they apply to DAGs. Raises the errors of `given_to_task`."""
    check_version(version)
    where = f"dag {arguments['dag_id']!r}" if arguments.get("dag_id") else "dag"
    inherited = mapping(where, "default_args", arguments.get("default_args"))
    check_spelling(f"{where}: default_args", inherited, TASK_ARGUMENTS)
    values = dict(arguments)
    for name in ("start_date", "end_date"):
        if values.get(name) is None and name in inherited:
            values[name] = inherited[name]
    if "params" in inherited:
        values["params"] = {
            **mapping(where, "params", values.get("params")),
            **mapping(where, "params", inherited["params"]),
        }
    return MergedArguments(where, values, version, tuple(check_arguments(where, values, DAG_ARGUMENTS)), values)
