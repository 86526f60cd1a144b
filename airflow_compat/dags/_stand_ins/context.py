"""Stand-ins for functions of `airflow.utils.context` and `airflow.utils.operator_helpers`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

_VARIABLES = {
    "AIRFLOW_CTX_DAG_EMAIL": ("task", "email"),
    "AIRFLOW_CTX_DAG_OWNER": ("task", "owner"),
    "AIRFLOW_CTX_DAG_ID": ("task_instance", "dag_id"),
    "AIRFLOW_CTX_TASK_ID": ("task_instance", "task_id"),
    "AIRFLOW_CTX_LOGICAL_DATE": ("task_instance", "logical_date"),
    "AIRFLOW_CTX_EXECUTION_DATE": ("task_instance", "execution_date"),
    "AIRFLOW_CTX_TRY_NUMBER": ("task_instance", "try_number"),
    "AIRFLOW_CTX_DAG_RUN_ID": ("dag_run", "run_id"),
}


def context_merge(context: Any, *args: Any, **kwargs: Any) -> None:
    """Add values to a context."""
    context.update(*args, **kwargs)


def context_to_airflow_vars(context: Mapping[str, Any], in_env_var_format: bool = False) -> dict[str, str]:
    """Return the environment variables about a run that Airflow sets for Bash commands."""
    found = {}
    for name, (key, attribute) in _VARIABLES.items():
        value = getattr(context.get(key), attribute, None)
        if value:
            shown = name if in_env_var_format else name.replace("AIRFLOW_CTX_", "airflow.ctx.").lower()
            if isinstance(value, Collection) and not isinstance(value, str):
                value = ",".join(map(str, value))
            found[shown] = value if isinstance(value, str) else getattr(value, "isoformat", value.__str__)()
    return found


def determine_kwargs(func: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return those values of the context that a function accepts as keyword arguments.

    Raises:
        ValueError: A parameter that a positional argument fills has the same name as a key of the context.
    """
    parameters = inspect.signature(func).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        taken = {name for name, _ in zip(parameters, args, strict=False)}
        return {key: value for key, value in kwargs.items() if key not in taken}
    positional = {name for name, _ in zip(parameters, args, strict=False)}
    if reserved := sorted(positional & kwargs.keys()):
        raise ValueError(f"The key {reserved[0]!r} in args is a part of kwargs and therefore reserved.")
    return {key: value for key, value in kwargs.items() if key in parameters}


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a wrapper around a function that passes only those keyword arguments that the function accepts."""

    def with_known_arguments(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return with_known_arguments
