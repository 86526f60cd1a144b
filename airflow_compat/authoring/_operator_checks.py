"""Check and convert the arguments of operators."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .._airflow.version import AirflowVersion
from ..errors import DagDefinitionError
from ._current import setting
from ._rules import RENAMED_RULES, TriggerRule, WeightRule, rules_of

CALLBACKS = tuple(f"on_{event}_callback" for event in ("execute", "failure", "success", "retry", "skipped"))

# As in Airflow, an argument in this table raises an error if its value has another type.
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        "task_id queue pool trigger_rule run_as_user map_index_template executor doc doc_md doc_json doc_yaml doc_rst "
        "task_display_name logger_name".split(),
        str,
    ),
    **dict.fromkeys(
        "email_on_retry email_on_failure depends_on_past ignore_first_depends_on_past "
        "wait_for_past_depends_before_skipping wait_for_downstream do_xcom_push multiple_outputs "
        "allow_nested_operators".split(),
        bool,
    ),
    **dict.fromkeys("retries priority_weight pool_slots max_active_tis_per_dag max_active_tis_per_dagrun".split(), int),
    "email": (str, Iterable),
    "start_date": datetime,
    "end_date": datetime,
}

_TYPES_OF: Mapping[AirflowVersion, Mapping[str, type | tuple[type, ...]]] = {
    "2": {**_TYPES, "retry_exponential_backoff": bool},
    "3": {**_TYPES, "retry_exponential_backoff": (int, float)},
}


def check_types(task_id: str, values: Mapping[str, Any], airflow_version: AirflowVersion) -> None:
    """Check the types of a task's arguments.

    Raises:
        DagDefinitionError: An argument does not have the type that Airflow requires.
    """
    for name, expected in _TYPES_OF[airflow_version].items():
        value = values.get(name)
        if value is not None and not isinstance(value, expected):
            raise DagDefinitionError(
                f"{name!r} for task {task_id!r} expects {expected}, got {type(value)} with value {value!r}. Change the "
                "value."
            )


def refuse_arguments(
    class_name: str, task_id: str, arguments: Mapping[str, Any], airflow_version: AirflowVersion
) -> None:
    """Raise an error for arguments that an operator does not accept, or warn if Airflow 2's configuration says so.

    Raises:
        DagDefinitionError: An argument is unknown, and the configuration does not allow unknown arguments.
    """
    text = (
        f"Invalid arguments were passed to {class_name} (task_id: {task_id}): "
        f"{', '.join(map(repr, sorted(arguments)))}. Remove them, or pass them to another class."
    )
    if airflow_version == "3" or not setting("operators", "allow_illegal_arguments"):
        raise DagDefinitionError(text)
    warnings.warn(text, stacklevel=4)


def check_execution_timeout(value: Any, task_id: str) -> None:
    if value is not None and not isinstance(value, timedelta):
        raise DagDefinitionError(
            f"execution_timeout must be timedelta object but passed as type: {type(value)} for task {task_id!r}. Use a "
            "timedelta."
        )


def check_pool_slots(value: int, task_id: str) -> None:
    if value < 1:
        raise DagDefinitionError(f"pool slots for {task_id} cannot be less than 1. Pass 1 or more.")


def checked_trigger_rule(value: Any, task_id: str, airflow_version: AirflowVersion) -> TriggerRule:
    """Return the trigger rule under its current name."""
    if airflow_version == "2" and value in RENAMED_RULES:
        return RENAMED_RULES[TriggerRule(value)]
    rules = rules_of(airflow_version)
    if value not in rules:
        raise DagDefinitionError(
            f"The trigger_rule must be one of {[str(rule) for rule in rules]}, but task {task_id!r} has {value!r}. Use "
            "one of them."
        )
    return TriggerRule(value)


def checked_weight_rule(value: Any, task_id: str) -> Any:
    """Return the weight rule; a custom strategy, or the dotted name of one, is returned unchanged."""
    if isinstance(value, str) and "." not in value:
        if not WeightRule.is_valid(value):
            names = [str(rule) for rule in WeightRule]
            raise DagDefinitionError(f"The weight_rule of task {task_id!r} is {value!r}. Use one of {names}.")
        return WeightRule(value)
    return value


def checked_retries(value: Any) -> int:
    if value is None:
        return 0
    try:
        return value if type(value) is int else int(value)
    except (TypeError, ValueError):
        raise DagDefinitionError(
            f"'retries' type must be int, not {type(value).__name__}: {value!r}. Pass a number."
        ) from None


def as_timedelta(value: float | timedelta | None) -> timedelta | None:
    """Return a value as a timedelta; a number is read as seconds."""
    return value if value is None or isinstance(value, timedelta) else timedelta(seconds=value)


def as_list(value: Any) -> list[Any]:
    """Return the elements of a collection as a list; put a single value into a list of its own."""
    if not value:
        return []
    return list(value) if isinstance(value, Collection) and not isinstance(value, (str, Mapping)) else [value]


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "retries": checked_retries,
    "retry_delay": as_timedelta,
    "max_retry_delay": as_timedelta,
}
"""The functions that convert an operator's attributes whenever they are set."""
