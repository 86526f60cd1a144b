"""What was asked for: arguments merged with `default_args` by Airflow's rule, and looked at by the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._airflow.argument_values import mapping
from .._airflow.arguments import check_arguments, check_spelling
from .._airflow.dag_arguments import DAG_ARGUMENTS
from .._airflow.task_arguments import OF_THE_DAG, TASK_ARGUMENTS
from .._airflow.version import AirflowVersion


@dataclass(frozen=True)
class Given:
    """Arguments of Airflow's, known to be its own.

    Attributes:
        where: Of what they are arguments, for messages.
        values: By name.
        version: The Airflow to be faithful to.
        warnings: How those that are approximated differ.
        told: All that the author gave, as the context shows it.
    """

    where: str
    values: Mapping[str, Any]
    version: AirflowVersion
    warnings: tuple[str, ...]
    told: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an argument, or the default where it wasn't given or is None."""
        value = self.values.get(name)
        return default if value is None else value


def given_to_task(
    default_args: Mapping[str, Any] | None, arguments: Mapping[str, Any], version: AirflowVersion
) -> Given:
    """A task's: its own arguments win over `default_args`, None too.

    What `default_args` has for other operators is not looked at, nor what it says for the DAG.

    Raises:
        InvalidArgumentError: An argument isn't Airflow's.
        UnsupportedFeatureError: One that is refused asks for something.
    """
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
    return Given(where, values, version, tuple(check_arguments(where, values, TASK_ARGUMENTS)), told)


def given_to_dag(arguments: Mapping[str, Any], version: AirflowVersion) -> Given:
    """A DAG's. What `default_args` says for the DAG holds where the DAG says nothing itself.

    Raises:
        InvalidArgumentError: An argument isn't Airflow's.
        UnsupportedFeatureError: One that is refused asks for something.
    """
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
    warnings = list(check_arguments(where, values, DAG_ARGUMENTS))
    return Given(where, values, version, tuple(warnings), values)
