"""The values that contexts of flow runs, task runs and tests share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from .._airflow.context_keys import DATE_FORMS, UnsupportedValue
from .._airflow.data_interval import RunDates, run_id
from ._accessors import ConnectionAccessor, VariableAccessor
from ._version_keys import Values, keys_of_2, keys_of_3, previous_keys

if TYPE_CHECKING:
    from datetime import datetime

    from prefect.client.schemas.objects import FlowRun

    from .._airflow.version import AirflowVersion
    from ._lazy_dict import Context


def common_values(
    context: Context, dates: Callable[[], RunDates], flow_run: Callable[[], FlowRun | None], version: AirflowVersion
) -> Values:
    def form(to_text: Callable[[datetime], str]) -> Callable[[], str]:
        return lambda: to_text(context["logical_date"])

    def date(name: str) -> Callable[[], datetime]:
        return lambda: getattr(dates(), name)

    return {
        "ti": lambda: context["task_instance"],
        "task_instance_key_str": lambda: _key_str(context),
        "run_id": lambda: run_id(dates(), airflow_version=version),
        "conn": ConnectionAccessor,
        "var": lambda: VariableAccessor(version),
        "macros": _macros,
        "inlets": list,
        "outlets": list,
        "map_index_template": lambda: None,
        **{key: partial(UnsupportedValue, key) for key in ("inlet_events", "outlet_events")},
        **{key: date(key) for key in ("logical_date", "data_interval_start", "data_interval_end")},
        **{key: form(to_text) for key, to_text in DATE_FORMS.items()},
        **previous_keys(flow_run, version),
        **(keys_of_2(dates, flow_run, lambda: context) if version == "2" else keys_of_3(flow_run)),
    }


def _key_str(context: Context) -> str:
    # `airflow.models.taskinstance.TaskInstance.get_template_context`
    return f"{context['dag'].dag_id}__{context['task'].task_id}__{context['ds_nodash']}"


def _macros() -> ModuleType:
    from .. import macros

    return macros
