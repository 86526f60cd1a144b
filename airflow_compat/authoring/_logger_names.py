"""The names of the loggers of operators, which Airflow's logging configurations use."""

from __future__ import annotations

_OURS = "airflow_compat.operators."
_FOLDERS = ("decorators", "sensors")


def logger_name(kind: type) -> str:
    """Return the name of an operator class's logger.

    Operators of this package log under the names of Airflow's operators.
    """
    module = kind.__module__
    if module.startswith(_OURS):
        rest = module.removeprefix(_OURS)
        module = f"airflow.providers.standard.{rest if rest.startswith(_FOLDERS) else f'operators.{rest}'}"
    return f"airflow.task.operators.{module}.{kind.__name__}"
