"""The arguments for which `partial` sets defaults, and these defaults. `expand` does not accept these arguments."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

from .._airflow.version import AirflowVersion
from ._current import setting
from ._rules import TriggerRule

# The arguments that Airflow 2's `partial` sets to None.
_NONE_IN_2 = (
    "start_date end_date email max_retry_delay sla max_active_tis_per_dag max_active_tis_per_dagrun run_as_user "
    "executor on_execute_callback on_failure_callback on_retry_callback on_success_callback on_skipped_callback "
    "executor_config "
    "resources doc doc_json doc_md doc_rst doc_yaml task_display_name logger_name"
).split()


def partial_defaults(operator_class: type, airflow_version: AirflowVersion) -> dict[str, Any]:
    """Return the defaults that `partial` sets for an operator class.

    In Airflow 3, the defaults are those of the operator class's `__init__`; in Airflow 2, they are those of
    `BaseOperator`.
    """
    defaults: dict[str, Any] = {
        "allow_nested_operators": True,
        "depends_on_past": False,
        "execution_timeout": setting("core", "default_task_execution_timeout"),
        "ignore_first_depends_on_past": airflow_version == "2",
        "inlets": [],
        "map_index_template": None,
        "outlets": [],
        "owner": setting("operators", "default_owner"),
        "pool_slots": 1,
        "priority_weight": 1,
        "queue": setting("operators", "default_queue"),
        "retries": setting("core", "default_task_retries"),
        "retry_delay": timedelta(seconds=setting("core", "default_task_retry_delay")),
        "retry_exponential_backoff": False if airflow_version == "2" else 0,
        "trigger_rule": TriggerRule.ALL_SUCCESS,
        "wait_for_downstream": False,
        "wait_for_past_depends_before_skipping": False,
        "weight_rule": setting("core", "default_task_weight_rule"),
    }
    if airflow_version == "2":
        return {**defaults, **dict.fromkeys(_NONE_IN_2), "pool": "default_pool"}
    defaults |= {
        "email_on_failure": setting("email", "default_email_on_failure"),
        "email_on_retry": setting("email", "default_email_on_retry"),
        "executor_config": {},
        "max_retry_delay": None,
        "retry_policy": None,
        **{f"on_{event}_callback": [] for event in ("execute", "failure", "retry", "skipped", "success")},
    }
    return defaults | _own_defaults(operator_class, defaults)


def _own_defaults(operator_class: type, names: dict[str, Any]) -> dict[str, Any]:
    from ._operator import BaseOperator

    found = {}
    for cls in reversed(operator_class.__mro__[: operator_class.__mro__.index(BaseOperator)]):
        init = vars(cls).get("__init__")
        for name, parameter in inspect.signature(init).parameters.items() if init is not None else ():
            if name in names and parameter.default is not parameter.empty:
                found[name] = parameter.default
    return found
